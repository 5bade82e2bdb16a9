from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from safemigrate.config import KEYS, Levels, Pair, Settings, load
from safemigrate.errors import ProjectError


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert load(tmp_path) == Settings()


def test_every_key_is_read_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "safemigrate.toml"
    path.write_text(
        'shadow = "embedded"\nshadow_url = "postgresql://u:p@h/db"\nsnapshot = "full"\nlock_timeout = 2\n'
        'retries = 0\nbatch_rows = 7\nkeep_limit_bytes = 1000\nguard = true\nretention = "30d"\n'
        'store = "backups"\nschema = "prisma/schema.prisma"\nmigrations = "history"\n'
        'baseline = "known.json"\npostgres = 14\n'
        '[pair]\nproduction = "prisma/schema.prisma"\ndevelopment = "prisma/schema.sqlite.prisma"\n'
        'development_migrations = "prisma/sqlite"\n'
        '[rules]\nlock = "notice"\n[[rules.override]]\npaths = ["old"]\ntables = ["audit_*"]\ndrop-table = "off"\n'
    )
    project = tmp_path / "apps" / "web"
    project.mkdir(parents=True)
    settings = load(project)
    assert settings == Settings(
        shadow="embedded",
        shadow_url="postgresql://u:p@h/db",
        snapshot="full",
        lock_timeout=2.0,
        retries=0,
        batch_rows=7,
        retention=timedelta(days=30),
        keep_limit_bytes=1000,
        guard=True,
        store=tmp_path / "backups",
        schema=tmp_path / "prisma" / "schema.prisma",
        migrations=tmp_path / "history",
        baseline=tmp_path / "known.json",
        postgres=14,
        pair=Pair(
            production=tmp_path / "prisma" / "schema.prisma",
            development=tmp_path / "prisma" / "schema.sqlite.prisma",
            development_migrations=tmp_path / "prisma" / "sqlite",
        ),
        rules=(
            Levels({"lock": "notice"}, root=tmp_path),
            Levels({"drop-table": "off"}, ("old",), ("audit_*",), tmp_path),
        ),
        path=path,
    )
    assert all(getattr(settings, key) != getattr(Settings(), key) for key in KEYS)
    assert "u:p@h" not in repr(settings)


def test_pyproject_without_a_table_is_passed_by(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.safemigrate]\nretries = 7\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load(inner).retries == 7


def test_own_file_comes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.safemigrate]\nretries = 7\n")
    (tmp_path / "safemigrate.toml").write_text("retries = 8\n")
    assert load(tmp_path).retries == 8


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / "safemigrate.toml").write_text("retries = 8\n")
    inner = tmp_path / "repository" / "web"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert load(inner).retries == Settings().retries


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lock-timeout = 3", ('unknown setting "lock-timeout"', "did you mean lock_timeout?")),
        ('retention = "30"', ("retention must be a time",)),
        ('pair = "prisma/schema.sqlite.prisma"', ("pair must be a table that names a schema",)),
        ("[pair]\n", ("pair must be a table that names a schema",)),
        ('[pair]\nsqlite = "a"\ndevelopment = "b"', ('unknown setting "pair.sqlite"', "a pair has production")),
        ("[pair]\ndevelopment = 1", ("pair.development must be a file or folder", "1")),
        ("retires = 3", ('unknown setting "retires"', "did you mean retries?")),
        ("zebra = 3", ('unknown setting "zebra"', "the settings are shadow, ")),
        ("retries = \nx = 1", ("is not valid TOML", "line 1")),
        ("retries = true", ("retries must be a whole number", "It is True.")),
        ("retries = -1", ("retries must be a whole number", "It is -1.")),
        ("lock_timeout = 0", ("lock_timeout must be a number of seconds above 0", "It is 0.")),
        ('lock_timeout = "3s"', ("lock_timeout must be a number of seconds", "'3s'")),
        ('snapshot = "all"', ("snapshot must be scoped, full or none", "'all'")),
        ('shadow = "postgresql://h/db"', ("a URL goes into shadow_url",)),
        ('store = ""', ("store must be a folder",)),
        ("postgres = 9", ("postgres must be a major version", "It is 9.")),
        ('postgres = "14"', ("postgres must be a major version",)),
        ('rules = "off"', ("rules must be a table",)),
        ('[rules]\nlock = "loud"', ("rules.lock must be off, notice, warning or error", "'loud'")),
        ('[rules]\npaths = ["a"]', ("rules.paths must be off",)),
        ("[rules]\noverride = 1", ("rules.override must be a list of tables",)),
        ('[[rules.override]]\npaths = "a"', ("paths of rules.override must be a list of patterns", "'a'")),
    ],
)
def test_bad_settings_are_named_with_their_file(tmp_path: Path, text: str, says: tuple[str, ...]) -> None:
    path = tmp_path / "safemigrate.toml"
    path.write_text(text)
    with pytest.raises(ProjectError) as caught:
        load(tmp_path)
    assert str(path) in caught.value.summary
    message = f"{caught.value.summary} {caught.value.why}"
    for part in says:
        assert part in message


@pytest.mark.parametrize("text", ['shadow_url = "u:hunter2@h/db"', 'shadow = "postgresql://u:hunter2@h/db"'])
def test_a_secret_in_a_bad_value_is_not_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "safemigrate.toml").write_text(text)
    with pytest.raises(ProjectError) as caught:
        load(tmp_path)
    assert "hunter2" not in caught.value.summary + caught.value.why

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from safemigrate.errors import ProjectError
from safemigrate.prisma import migrations, project
from safemigrate.prisma.project import Project

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    (tmp_path / ".git").mkdir()
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(SCHEMA)
    return project.find(tmp_path)


def add(found: Project, name: str, sql: bytes = b"SELECT 1;\n") -> Path:
    folder = found.migrations / name
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_bytes(sql)
    return folder


def test_no_folder_is_an_empty_history(empty: Project) -> None:
    assert migrations.migrations(empty) == []
    assert migrations.without_sql(empty) == []


def test_order_is_bytewise(empty: Project) -> None:
    """All of these are names of real projects' folders, or of their kind."""
    names = [
        "00000000000000_squashed",
        "0_init",
        "10_second",
        "20200101_short_date",
        "20220231999999_no_such_date",
        "2023010100000012345_seventeen",
        "20230101000000_a",
        "20230101000000_a copy",
        "20230101000000_a-dash",
        "20230101000000_a.sql",
        "20230101000000_a_",
        "20230101000000_b",
        "2_two",
        "Init",
        "_last",
        "init",
        "ünïcode",
    ]
    for name in reversed(names):
        add(empty, name)
    assert [migration.name for migration in migrations.migrations(empty)] == names


def test_what_is_no_migration(empty: Project, tmp_path: Path) -> None:
    add(empty, "20230101000000_a")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "migration.sql").write_text("DROP TABLE a;")
    (empty.migrations / "20230101000001_link").symlink_to(elsewhere, target_is_directory=True)
    (empty.migrations / "migration_lock.toml").write_text('provider = "postgresql"\n')
    (empty.migrations / "README.md").write_text("")
    (empty.migrations / "20230101000002_stray.sql").write_text("DROP TABLE a;")
    typescript = empty.migrations / "20230101000003_backfill"
    typescript.mkdir()
    (typescript / "migration.ts").write_text("export {}")
    assert [migration.name for migration in migrations.migrations(empty)] == ["20230101000000_a"]
    assert migrations.without_sql(empty) == [typescript]


def test_files_beside_migration_sql_do_no_harm(empty: Project) -> None:
    folder = add(empty, "20230101000000_a")
    (folder / "tests").mkdir()
    (folder / "tests" / "a.test.sql").write_text("x")
    (folder / "down.sql").write_text("x")
    assert len(migrations.migrations(empty)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-- This is an empty migration.",
        b"SELECT 1;\r\nSELECT 2;\r\n",
        b"\xef\xbb\xbfSELECT 1;\n",
        "INSERT INTO \"Ü\" VALUES ('🎉');\n".encode(),
        b"SELECT 1;\rSELECT 2;\n\n\n",
    ],
)
def test_the_checksum_is_over_bytes_and_the_text_keeps_every_character(content: bytes, empty: Project) -> None:
    add(empty, "20230101000000_a", content)
    [found] = migrations.migrations(empty)
    assert found.checksum == hashlib.sha256(content).hexdigest()
    assert found.sql.encode() == content


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        (b"SELECT 1;\n-- \xe9\n", "LATIN1", 2),
        ("SELECT 'é';".encode("utf-16"), "UTF-16", 1),
    ],
)
def test_not_utf8(content: bytes, encoding: str, line: int, empty: Project) -> None:
    folder = add(empty, "20230101000000_a", content)
    with pytest.raises(ProjectError, match=f"not UTF-8.*line {line}") as raised:
        migrations.migrations(empty)
    assert str(folder / "migration.sql") in raised.value.summary
    assert f"iconv -f {encoding}" in raised.value.fix[0]


def test_an_empty_folder_stops_as_in_prisma(empty: Project) -> None:
    (empty.migrations / "20230101000000_a").mkdir(parents=True)
    with pytest.raises(ProjectError, match=r"20230101000000_a/migration\.sql cannot be read \(Prisma: P3015\)"):
        migrations.migrations(empty)


def test_a_folder_with_another_sql_file_stops_too(empty: Project) -> None:
    folder = empty.migrations / "20230101000000_a"
    folder.mkdir(parents=True)
    (folder / "migrations.sql").write_text("SELECT 1;")
    with pytest.raises(ProjectError, match="P3015"):
        migrations.migrations(empty)


def test_a_folder_called_migration_sql(empty: Project) -> None:
    (empty.migrations / "20230101000000_a" / "migration.sql").mkdir(parents=True)
    with pytest.raises(ProjectError, match="P3015"):
        migrations.migrations(empty)


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf\n"])
def test_an_empty_pending_migration_is_refused(content: bytes, empty: Project) -> None:
    add(empty, "20230101000000_a", content)
    with pytest.raises(ProjectError, match=r"migration\.sql is empty"):
        migrations.refuse_empty(migrations.migrations(empty))


def test_prismas_own_empty_migration_is_not_refused(empty: Project) -> None:
    add(empty, "20230101000000_a", b"-- This is an empty migration.")
    migrations.refuse_empty(migrations.migrations(empty))


def test_an_empty_history_says_where_there_is_one(empty: Project) -> None:
    there = empty.migrations.parent / "postgresql-migrations"
    (there / "1_init").mkdir(parents=True)
    (there / "1_init" / "migration.sql").write_text("SELECT 1;")
    assert migrations.passed_over(empty) == (
        f"{empty.migrations} has no migrations",
        f'{there} has 1: migrations = "{there}" in safemigrate.toml takes them',
    )
    found = project.find(empty.root, history=there)
    assert [one.name for one in migrations.migrations(found)] == ["1_init"]
    assert migrations.passed_over(found) == ()

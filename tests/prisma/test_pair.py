from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from safemigrate.config import Pair, Settings, load
from safemigrate.errors import ProjectError
from safemigrate.prisma import pair as pairs
from safemigrate.prisma.migrations import passed_over


def schema(path: Path, provider: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'datasource db {{\n  provider = "{provider}"\n  url = env("URL")\n}}\n')


def history(folder: Path, provider: str = "") -> None:
    (folder / "1_init").mkdir(parents=True)
    (folder / "1_init" / "migration.sql").write_text("SELECT 1;\n")
    if provider:
        (folder / "migration_lock.toml").write_text(f'provider = "{provider}"\n')


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    return tmp_path


@pytest.mark.parametrize(
    ("production", "development", "locked", "toml", "folders"),
    [
        # prisma/migrations is the one's that its lock names, and without a lock schema.prisma's
        ("schema.prisma", "schema.sqlite.prisma", "", "d", ("migrations", "migrations.sqlite")),
        ("schema.prisma", "schema.sqlite.prisma", "postgresql", "d", ("migrations", "migrations.sqlite")),
        ("schema.prisma", "schema.sqlite.prisma", "sqlite", "d", ("migrations.postgresql", "migrations")),
        ("schema.prisma", "schema.sqlite.prisma", "", "pd", ("migrations", "migrations.sqlite")),
        ("schema.postgresql.prisma", "schema.prisma", "", "p", ("migrations.postgresql", "migrations")),
        ("schema.postgresql.prisma", "schema.prisma", "sqlite", "pd", ("migrations.postgresql", "migrations")),
        ("schema.postgresql.prisma", "schema.prisma", "postgresql", "pd", ("migrations", "migrations.sqlite")),
        ("production.prisma", "dev.prisma", "", "pd", ("migrations", "migrations.sqlite")),
        # a folder of its own is where Prisma looks, too
        ("schema.prisma", "sqlite/schema.prisma", "postgresql", "d", ("migrations", "sqlite/migrations")),
        (
            "postgresql/schema.prisma",
            "sqlite/schema.prisma",
            "",
            "pd",
            ("postgresql/migrations", "sqlite/migrations"),
        ),
    ],
)
def test_each_side_has_a_history_of_its_own(
    project: Path, production: str, development: str, locked: str, toml: str, folders: tuple[str, str]
) -> None:
    prisma = project / "prisma"
    schema(prisma / production, "postgresql")
    schema(prisma / development, "sqlite")
    if locked:
        history(prisma / "migrations", locked)
    lines = {"p": f'production = "prisma/{production}"', "d": f'development = "prisma/{development}"'}
    (project / "safemigrate.toml").write_text("[pair]\n" + "\n".join(lines[key] for key in toml))
    settings = load(project)
    found = pairs.pair(project, settings)
    assert found is not None
    sides = (found.production, found.development)
    assert tuple(one.migrations.relative_to(prisma).as_posix() for one in sides) == folders
    assert tuple(one.schema.relative_to(prisma).as_posix() for one in sides) == (production, development)
    # --schema chooses the side, and with it the history
    for one, name in zip(sides, (production, development), strict=True):
        assert pairs.side(project, Path("prisma", name), settings).migrations == one.migrations


def test_folders_that_the_settings_name_are_taken(project: Path) -> None:
    schema(project / "prisma" / "schema.prisma", "postgresql")
    schema(project / "dev" / "schema.prisma", "sqlite")
    (project / "safemigrate.toml").write_text(
        'migrations = "db/history"\n[pair]\ndevelopment = "dev/schema.prisma"\ndevelopment_migrations = "db/sqlite"\n'
    )
    found = pairs.pair(project, load(project))
    assert found is not None
    assert found.production.migrations == project / "db" / "history"
    assert found.development.migrations == project / "db" / "sqlite"


def test_a_schema_beside_another_s_history_is_refused_with_the_way_out(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prisma = project / "prisma"
    schema(prisma / "schema.prisma", "postgresql")
    schema(prisma / "schema.sqlite.prisma", "sqlite")
    history(prisma / "migrations", "postgresql")
    with pytest.raises(ProjectError) as caught:
        pairs.side(project, Path("prisma/schema.sqlite.prisma"), load(project))
    assert "P3019" in caught.value.summary
    monkeypatch.chdir(project)
    command = caught.value.fix[0].partition("   #")[0]
    (project / "safemigrate.toml").write_text("retries = 1\n")
    subprocess.run(command, shell=True, check=True)
    led = pairs.side(project, Path("prisma/schema.sqlite.prisma"), load(project))
    assert led.migrations == prisma / "migrations.sqlite"
    assert pairs.side(project, None, load(project)).migrations == prisma / "migrations"


def test_a_history_for_the_wrong_provider_is_refused_under_its_own_name_too(project: Path) -> None:
    prisma = project / "prisma"
    schema(prisma / "schema.prisma", "postgresql")
    schema(prisma / "schema.sqlite.prisma", "sqlite")
    history(prisma / "migrations", "postgresql")
    history(prisma / "migrations.sqlite", "postgresql")
    settings = Settings(pair=Pair(development=prisma / "schema.sqlite.prisma"))
    with pytest.raises(ProjectError, match=r"migrations.sqlite/migration_lock.toml says provider postgresql"):
        pairs.side(project, prisma / "schema.sqlite.prisma", settings)


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (Pair(development=Path("prisma/none.prisma")), "pair.development names .*none.prisma, which does not exist"),
        (Pair(development=Path("prisma/schema.prisma")), "is for postgresql"),
        (Pair(production=Path("prisma/schema.sqlite.prisma")), "is for sqlite"),
    ],
)
def test_what_is_no_pair_is_refused(project: Path, pair: Pair, says: str) -> None:
    schema(project / "prisma" / "schema.prisma", "postgresql")
    schema(project / "prisma" / "schema.sqlite.prisma", "sqlite")
    sides = {name: path and project / path for name in ("production", "development") if (path := getattr(pair, name))}
    with pytest.raises(ProjectError, match=says):
        pairs.pair(project, Settings(pair=Pair(**sides)))


def test_without_the_setting_there_is_no_pair(project: Path) -> None:
    schema(project / "prisma" / "schema.prisma", "postgresql")
    assert pairs.pair(project, load(project)) is None


@pytest.mark.parametrize(
    ("main", "provider", "name"),
    [
        ("prisma/schema.prisma", "postgresql", "prisma/schema.sqlite.prisma"),
        ("prisma/schema.prisma", "sqlite", "prisma/schema.production.prisma"),
        ("prisma/schema.prisma", "postgresql", "prisma/sqlite/schema.prisma"),
    ],
)
def test_the_other_schema_is_found_by_itself(project: Path, main: str, provider: str, name: str) -> None:
    schema(project / main, provider)
    schema(project / "prisma" / "z.mysql.prisma", "mysql")
    found = pairs.side(project, None, load(project))
    assert pairs.other(found) is None
    schema(project / name, "sqlite" if provider == "postgresql" else "postgresql")
    assert pairs.other(found) == project / name


def test_another_application_s_schema_is_no_pair(project: Path) -> None:
    for name, provider, model in (("schema.prisma", "postgresql", "A"), ("test.prisma", "sqlite", "B")):
        schema(project / "prisma" / name, provider)
        with (project / "prisma" / name).open("a") as file:
            file.write(f"model {model} {{\n  id Int @id\n}}\n")
    assert pairs.other(pairs.side(project, None, load(project))) is None


def test_the_other_side_s_history_is_not_offered(project: Path) -> None:
    prisma = project / "prisma"
    schema(prisma / "schema.prisma", "postgresql")
    schema(prisma / "schema.sqlite.prisma", "sqlite")
    history(prisma / "migrations", "postgresql")
    history(prisma / "archive")
    settings = Settings(pair=Pair(development=prisma / "schema.sqlite.prisma"))
    said = passed_over(pairs.side(project, prisma / "schema.sqlite.prisma", settings))
    assert [one for one in said if "/migrations has" in one] == []
    assert [one for one in said if "/archive has 1" in one]


@pytest.mark.parametrize(
    ("production", "development"),
    [
        ("prisma/postgres/schema.prisma", "prisma/sqlite/schema.prisma"),
        ("prisma/schema.postgres.prisma", "prisma/schema.sqlite.prisma"),
        ("prisma/postgres/schema_postgres.prisma", "prisma/sqlite/schema.prisma"),
    ],
)
def test_a_pair_with_neither_at_the_default_place_is_named_and_found(
    project: Path, production: str, development: str
) -> None:
    schema(project / production, "postgresql")
    schema(project / development, "sqlite")
    with pytest.raises(ProjectError, match="but 2 below it") as caught:
        pairs.side(project, None, load(project))
    led = pairs.side(project, Path(production), load(project))
    back = pairs.side(project, Path(development), load(project))
    beside = pairs.other(led), pairs.other(back)
    assert beside == (project / development, project / production)
    said = caught.value.fix[-1].partition("   #")[0]
    for command in (said, *(pairs.naming(path, one) for path, one in zip(beside, (led, back), strict=True) if path)):
        (project / "safemigrate.toml").unlink(missing_ok=True)
        subprocess.run(command, shell=True, check=True, cwd=project)
        settings = load(project)
        assert pairs.side(project, None, settings).schema == project / production
        found = pairs.pair(project, settings)
        assert found
        assert (found.production.schema, found.development.schema) == (project / production, project / development)
    (project / "safemigrate.toml").write_text(f'[pair]\ndevelopment = "{development}"\n')
    with pytest.raises(ProjectError) as caught:
        pairs.side(project, None, load(project))
    assert caught.value.fix[0].startswith('production = "PATH"   # under [pair]')

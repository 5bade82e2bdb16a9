from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.errors import ProjectError
from safemigrate.prisma import project
from safemigrate.prisma.config import ConfigUnreadable
from tests.prisma_cli import PrismaCli, only

BLOCK = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
MODEL = "model A {\n  id Int @id\n}\n"


def tree(root: Path, *names: str, **files: str) -> Path:
    """A repository with empty package.json files and schemas where their names end so."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}" if name.endswith("package.json") else BLOCK)
    return root


@pytest.mark.parametrize(
    ("names", "start", "root", "schema"),
    [
        (["package.json", "prisma/schema.prisma"], ".", ".", "prisma/schema.prisma"),
        (["package.json", "schema.prisma", "prisma/schema.prisma"], ".", ".", "schema.prisma"),
        (["package.json", "prisma/schema.prisma", "src/a/package.json"], "src/a", ".", "prisma/schema.prisma"),
        (["package.json", "prisma/schema.prisma"], "prisma", ".", "prisma/schema.prisma"),
        (["prisma/schema.prisma"], ".", ".", "prisma/schema.prisma"),
        (["prisma/schema.prisma"], "prisma", ".", "prisma/schema.prisma"),
        (
            ["package.json", "packages/db/package.json", "packages/db/prisma/schema.prisma"],
            "packages/db",
            "packages/db",
            "packages/db/prisma/schema.prisma",
        ),
        (["package.json", "prisma/schema/main.prisma"], ".", ".", "prisma/schema"),
        (["package.json", "prisma/schema.prisma", "prisma/schema.sqlite.prisma"], ".", ".", "prisma/schema.prisma"),
    ],
)
def test_where_it_is_found(names: list[str], start: str, root: str, schema: str, tmp_path: Path) -> None:
    tree(tmp_path, *names)
    (tmp_path / start).mkdir(parents=True, exist_ok=True)
    found = project.find(tmp_path / start)
    assert (found.root, found.schema) == ((tmp_path / root).resolve(), (tmp_path / schema).resolve())
    assert found.provider == "postgresql"
    assert found.config is None


def test_package_json_names_the_schema(tmp_path: Path) -> None:
    tree(tmp_path, "db/main.prisma", "prisma/schema.prisma")
    (tmp_path / "package.json").write_text('{"prisma": {"schema": "db/main.prisma"}}')
    found = project.find(tmp_path)
    assert found.schema == tmp_path / "db/main.prisma"
    assert found.migrations == tmp_path / "db/migrations"


@pytest.mark.parametrize("named", ["two/other.prisma", "two"])
def test_a_named_schema(named: str, tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "prisma/schema.prisma", "two/other.prisma")
    found = project.find(tmp_path, Path(named))
    assert (found.schema, found.root) == (tmp_path / named, tmp_path)


def test_a_named_schema_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "package.json", "two/other.prisma")
    monkeypatch.chdir(tmp_path / "two")
    assert project.find(tmp_path, Path("other.prisma")).schema == tmp_path / "two/other.prisma"


def test_a_named_schema_of_a_workspace_has_that_workspaces_root(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "packages/db/package.json", "packages/db/prisma/schema.prisma")
    found = project.find(tmp_path, Path("packages/db/prisma/schema.prisma"))
    assert found.root == tmp_path / "packages/db"


@pytest.mark.parametrize(
    ("major", "existing", "expected"),
    [
        ("5.22.0", (), "prisma/migrations"),
        ("6.19.3", (), "prisma/schema/migrations"),
        ("7.10.0", (), "prisma/schema/migrations"),
        ("5.22.0", ("prisma/schema/migrations",), "prisma/schema/migrations"),
        ("6.19.3", ("prisma/migrations",), "prisma/migrations"),
        ("6.19.3", ("prisma/migrations", "prisma/schema/migrations"), "prisma/schema/migrations"),
    ],
)
def test_migrations_of_a_folder(major: str, existing: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema/main.prisma")
    (tmp_path / "package.json").write_text(f'{{"devDependencies": {{"prisma": "{major}"}}}}')
    for name in existing:
        (tmp_path / name).mkdir(parents=True)
    assert project.find(tmp_path).migrations == tmp_path / expected


def test_the_datasource_may_be_in_any_file_of_a_folder(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "prisma/schema/z/datasource.prisma")
    (tmp_path / "prisma/schema/a.prisma").write_text(MODEL)
    found = project.find(tmp_path)
    assert found.datasource_file == tmp_path / "prisma/schema/z/datasource.prisma"
    assert len(found.files) == 2


# Refusals


def refusal(start: Path, schema: Path | None = None) -> ProjectError:
    with pytest.raises(ProjectError) as raised:
        project.find(start, schema)
    return raised.value


def test_nothing_at_all(tmp_path: Path) -> None:
    error = refusal(tree(tmp_path, "package.json"))
    assert error.summary == f"No Prisma schema in {tmp_path} or above it"
    assert error.fix


def test_no_folder(tmp_path: Path) -> None:
    assert "no folder" in refusal(tmp_path / "nowhere").summary


def test_several_below(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "apps/a/prisma/schema.prisma", "apps/b c/prisma/schema.prisma")
    tree(tmp_path, "node_modules/x/schema.prisma", ".cache/schema.prisma", "apps/a/dist/schema.prisma")
    (tmp_path / "apps/a/prisma/part.prisma").write_text(MODEL)
    assert refusal(tmp_path).fix == (
        "--schema apps/a/prisma/schema.prisma",
        "--schema 'apps/b c/prisma/schema.prisma'",
    )


def test_several_in_one_folder(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "prisma/main.prisma", "prisma/logs.prisma")
    assert refusal(tmp_path).fix == ("--schema prisma/logs.prisma", "--schema prisma/main.prisma")
    assert "2 datasource blocks" in refusal(tmp_path, Path("prisma")).summary


def test_a_named_schema_that_is_not_there(tmp_path: Path) -> None:
    error = refusal(tree(tmp_path, "prisma/schema.prisma"), Path("prisma/shcema.prisma"))
    assert "no schema prisma/shcema.prisma" in error.summary
    assert error.fix == ("--schema prisma/schema.prisma",)


def test_package_json_names_a_schema_that_is_not_there(tmp_path: Path) -> None:
    tree(tmp_path)
    (tmp_path / "package.json").write_text('{"prisma": {"schema": "gone.prisma"}}')
    assert "gone.prisma, which does not exist" in refusal(tmp_path).summary


def test_no_datasource(tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/schema.prisma").write_text(MODEL)
    assert "No datasource block" in refusal(tmp_path).summary


def test_a_schema_that_is_not_utf8(tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/schema.prisma").write_bytes(BLOCK.encode() + b"// \xe9\n")
    assert "schema.prisma is not UTF-8" in refusal(tmp_path).summary


@pytest.mark.parametrize("provider", ["mysql", "mongodb", "sqlserver", "cockroachdb", ""])
def test_other_providers(provider: str, tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/schema.prisma").write_text(BLOCK.replace("postgresql", provider))
    assert f"Provider {provider or '(none)'} is not supported" in refusal(tmp_path).summary


@pytest.mark.parametrize(("provider", "expected"), [("postgres", "postgresql"), ("sqlite", "sqlite")])
def test_provider(provider: str, expected: str, tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/schema.prisma").write_text(BLOCK.replace("postgresql", provider))
    assert project.find(tmp_path).provider == expected


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ('provider = "sqlite"\n', "P3019"),
        ('<<<<<<< HEAD\nprovider = "postgresql"\n', "cannot be read"),
    ],
)
def test_a_lock_file_that_does_not_fit(lock: str, words: str, tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/migrations").mkdir()
    (tmp_path / "prisma/migrations/migration_lock.toml").write_text(lock)
    assert words in refusal(tmp_path).summary


def test_a_lock_file_by_the_providers_other_name(tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/migrations").mkdir()
    (tmp_path / "prisma/migrations/migration_lock.toml").write_text('# comment\nprovider = "postgres"')
    assert project.find(tmp_path).provider == "postgresql"


def test_prisma_8_by_version(tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "8.0.0-rc.19"}}')
    assert "Prisma 8 project" in refusal(tmp_path).summary


@pytest.mark.parametrize("folder", ["20260101_a", "app/20260101_a"])
def test_prisma_8_by_its_files(folder: str, tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "prisma/migrations" / folder).mkdir(parents=True)
    (tmp_path / "prisma/migrations" / folder / "ops.json").write_text("[]")
    assert "Prisma 8 project" in refusal(tmp_path).summary


# prisma.config.*


def test_a_config_without_prisma_installed(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "prisma/schema.prisma")
    (tmp_path / "prisma.config.ts").write_text("export default {}")
    with pytest.raises(ConfigUnreadable, match="not installed") as caught:
        project.find(tmp_path)
    assert caught.value.fix[-1].startswith("safemigrate COMMAND --schema prisma/schema.prisma --url URL")
    # Named, the schema is enough; what the config would have said is asked for only when it is needed.
    found = project.find(tmp_path, Path("prisma/schema.prisma"))
    assert found.config_problem is not None
    assert found.migrations == tmp_path / "prisma/migrations"


def test_without_the_config_a_schema_that_is_there_is_named(tmp_path: Path) -> None:
    tree(tmp_path, "package.json", "schema/main.prisma")
    (tmp_path / "prisma.config.ts").write_text("export default {}")
    with pytest.raises(ConfigUnreadable) as caught:
        project.find(tmp_path)
    assert caught.value.fix[-1].startswith("safemigrate COMMAND --schema schema --url URL")


def test_5_knows_no_config(tmp_path: Path) -> None:
    tree(tmp_path, "prisma/schema.prisma")
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    (tmp_path / "prisma.config.ts").write_text("throw new Error()")
    assert project.find(tmp_path).config is None


@pytest.mark.prisma
@only("6.19.3", "7.10.0")  # 5.x knows no config
def test_a_config_moves_everything(prisma: PrismaCli, tmp_path: Path) -> None:
    root = prisma.project(tmp_path, MODEL)
    (root / "db").mkdir()
    (root / "prisma" / "schema.prisma").rename(root / "db" / "main.prisma")
    (root / "prisma.config.ts").write_text(
        "import { defineConfig } from 'prisma/config'\n"
        "import { spawnSync } from 'node:child_process'\n"
        "console.log('configs print')\n"
        "spawnSync('echo', ['and so do programs they start'], { stdio: 'inherit' })\n"
        "const name: string = 'main'\n"
        "export default defineConfig({ schema: `db/${name}.prisma`, migrations: { path: 'history' } })\n"
    )
    found = project.find(root / "db")
    assert found.config is not None
    assert (found.root, found.schema, found.migrations) == (root, root / "db/main.prisma", root / "history")


@pytest.mark.prisma
@only("6.19.3", "7.10.0")  # 5.x knows no config
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("export default { schema: 'prisma/schema.prisma', nonsense: 1 }", "cannot be loaded"),
        ("throw new Error('no such luck')", "no such luck"),
        ("export default {", "cannot be loaded"),
        ("process.exit(0)", "ended the process"),
        ("console.error('bad environment'); process.exit(1)", "bad environment"),
        ("import 'nowhere'\nexport default {}", "nowhere"),
    ],
)
def test_a_config_that_fails(config: str, words: str, prisma: PrismaCli, tmp_path: Path) -> None:
    root = prisma.project(tmp_path, MODEL)
    (root / "prisma.config.ts").write_text(config)
    error = refusal(root)
    assert words in error.summary + error.why
    assert str(root / "prisma.config.ts") in error.summary

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safemigrate.errors import ProjectError
from safemigrate.prisma import project, settings
from safemigrate.prisma.project import Project
from tests.prisma_cli import PrismaCli, only

MODEL = "model A {\n  id Int @id\n}\n"


def schema(root: Path, *lines: str, provider: str = "postgresql") -> Project:
    (root / ".git").mkdir(exist_ok=True)
    (root / "prisma").mkdir(exist_ok=True)
    text = "\n  ".join([f'provider = "{provider}"', *lines])
    (root / "prisma" / "schema.prisma").write_text(f"datasource db {{\n  {text}\n}}\n{MODEL}")
    return project.find(root)


def effective(found: Project, url: str | None = None, **environment: str) -> tuple[str, str]:
    database, source = settings.effective_url(found, url=url, environment=environment)
    return database.database, source


URL = 'url = env("DATABASE_URL")'
DIRECT = 'directUrl = env("DIRECT_URL")'


def test_precedence(tmp_path: Path) -> None:
    found = schema(tmp_path, URL)
    environment = {"DATABASE_URL": "postgresql://h/c", "SAFEMIGRATE_DATABASE_URL": "postgresql://h/b"}
    assert effective(found, "postgresql://h/a", **environment) == ("a", "--url")
    assert effective(found, **environment) == ("b", "SAFEMIGRATE_DATABASE_URL")
    del environment["SAFEMIGRATE_DATABASE_URL"]
    assert effective(found, **environment) == ("c", "DATABASE_URL (url in schema.prisma)")


def test_direct_url_comes_first(tmp_path: Path) -> None:
    found = schema(tmp_path, URL, DIRECT)
    (tmp_path / ".env").write_text(
        "DATABASE_URL=postgresql://h/pooled?pgbouncer=true\nDIRECT_URL=postgresql://h/direct\n"
    )
    assert effective(found) == ("direct", f"DIRECT_URL (directUrl in schema.prisma) from {tmp_path / '.env'}")


def test_a_missing_direct_url_is_not_replaced_by_the_pooled_one(tmp_path: Path) -> None:
    found = schema(tmp_path, URL, DIRECT)
    with pytest.raises(ProjectError, match=r"DIRECT_URL is not set; directUrl in schema\.prisma asks for it"):
        effective(found, DATABASE_URL="postgresql://h/pooled")


def test_another_databases_variable_does_not_fill_in(tmp_path: Path) -> None:
    found = schema(tmp_path, 'url = env("ANALYTICS_URL")')
    with pytest.raises(ProjectError, match="ANALYTICS_URL is not set"):
        effective(found, DATABASE_URL="postgresql://h/main")


def test_database_url_is_the_last_resort(tmp_path: Path) -> None:
    assert effective(schema(tmp_path), DATABASE_URL="postgresql://h/d") == ("d", "DATABASE_URL")


def test_no_url_anywhere(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"schema\.prisma names no database URL") as raised:
        effective(schema(tmp_path))
    assert any("--url" in line for line in raised.value.fix)


def test_a_literal(tmp_path: Path) -> None:
    found = schema(tmp_path, 'url = "file:dev.db"', provider="sqlite")
    assert effective(found, DATABASE_URL="postgresql://h/d") == ("dev.db", "url in schema.prisma")


def test_path_of_a_file_begins_beside_the_datasource_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = schema(tmp_path, URL, provider="sqlite")
    (tmp_path / ".env").write_text("DATABASE_URL='file:./data/../dev.db?connection_limit=1'\n")
    assert settings.effective_url(found, url=None, environment={})[0].path == tmp_path / "prisma" / "dev.db"
    monkeypatch.chdir(tmp_path)
    assert settings.effective_url(found, url="file:dev.db", environment={})[0].path == tmp_path / "dev.db"
    (tmp_path / "real.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    assert settings.effective_url(found, url="file:link.db", environment={})[0].path == tmp_path / "real.db"


def test_a_missing_variable_of_sqlite_is_shown_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        effective(schema(tmp_path, URL, provider="sqlite"))
    assert "export DATABASE_URL='file:./dev.db'" in raised.value.fix


def test_the_error_names_the_variable_and_the_places(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        effective(schema(tmp_path, URL))
    assert raised.value.summary == "DATABASE_URL is not set; url in schema.prisma asks for it"
    assert raised.value.why == f"Looked in the environment, {tmp_path / '.env'}, {tmp_path / 'prisma' / '.env'}."
    assert raised.value.fix[0].startswith("export DATABASE_URL=")


def test_an_unusable_url_says_where_it_came_from_and_no_secret(tmp_path: Path) -> None:
    found = schema(tmp_path, URL)
    with pytest.raises(ProjectError) as raised:
        effective(found, DATABASE_URL="mysql://u:zxqqq@h/d")
    assert raised.value.summary.endswith("(DATABASE_URL (url in schema.prisma))")
    assert "zxqqq" not in raised.value.summary + raised.value.why


@pytest.mark.parametrize(
    ("root", "beside", "environment", "expected"),
    [
        ("DATABASE_URL=postgresql://h/root", "DATABASE_URL=postgresql://h/beside", {}, "root"),
        ("OTHER=1", "DATABASE_URL=postgresql://h/beside", {}, "beside"),
        ("DATABASE_URL=postgresql://h/root", "", {"DATABASE_URL": "postgresql://h/real"}, "real"),
        ('DATABASE_URL="postgresql://h/quoted" # why', "", {}, "quoted"),
        ("export DATABASE_URL='postgresql://h/single'", "", {}, "single"),
        ("\ufeffDATABASE_URL=postgresql://h/bom\r\n", "", {}, "bom"),
        ("NAME=app\nDATABASE_URL=postgresql://h/${NAME}", "", {}, "app"),
        ("DATABASE_URL=postgresql://h/${NAME}\nNAME=later", "", {}, "later"),
        ("NAME=app\nDATABASE_URL=postgresql://h/${NAME}", "", {"NAME": "real"}, "real"),
        ("A=x\nB=${A}y\nDATABASE_URL=postgresql://h/${B}z", "", {}, "xyz"),
        ("NAME=app", "DATABASE_URL=postgresql://h/${NAME}", {}, "app"),
        ("DATABASE_URL=postgresql://h/a${MISSING}b", "", {}, "ab"),
        (r"DATABASE_URL=postgresql://h/\${NAME}", "", {}, "${NAME}"),
        ("DATABASE_URL=postgresql://h/$NAME", "", {"NAME": "no"}, "$NAME"),
        ("A=${B}\nB=${A}\nDATABASE_URL=postgresql://h/d${A}", "", {}, "d"),
    ],
)
def test_dotenv(root: str, beside: str, environment: dict[str, str], expected: str, tmp_path: Path) -> None:
    found = schema(tmp_path, URL)
    (tmp_path / ".env").write_text(root, newline="")
    (tmp_path / "prisma" / ".env").write_text(beside)
    assert effective(found, **environment)[0] == expected


def test_dotenv_beside_a_folder_of_schemas(tmp_path: Path) -> None:
    schema(tmp_path, URL)
    (tmp_path / "prisma" / "schema").mkdir()
    (tmp_path / "prisma" / "schema.prisma").rename(tmp_path / "prisma" / "schema" / "a.prisma")
    (tmp_path / "prisma" / ".env").write_text("DATABASE_URL=postgresql://h/d")
    assert effective(project.find(tmp_path))[0] == "d"


def test_a_dotenv_that_is_not_utf8(tmp_path: Path) -> None:
    found = schema(tmp_path, URL)
    (tmp_path / ".env").write_bytes(b"DATABASE_URL=postgresql://h/d\xe9")
    with pytest.raises(ProjectError, match=r"\.env is not UTF-8"):
        effective(found)


def test_an_empty_variable_counts_as_missing(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="DATABASE_URL is not set"):
        effective(schema(tmp_path, URL), DATABASE_URL="")


def test_a_config_that_cannot_be_read_matters_only_without_a_url(tmp_path: Path) -> None:
    schema(tmp_path, URL)
    (tmp_path / "prisma.config.ts").write_text("export default {}")
    found = project.find(tmp_path, tmp_path / "prisma" / "schema.prisma")
    assert effective(found, "postgresql://h/a")[0] == "a"
    with pytest.raises(ProjectError, match="not installed"):
        effective(found, DATABASE_URL="postgresql://h/d")


# prisma.config.*, read by the real loader


def config(prisma: PrismaCli, root: Path, text: str) -> Path:
    prisma.project(root, MODEL)
    (root / ".git").mkdir()
    (root / "prisma.config.ts").write_text(text)
    return root


DEFINED = "import {{ defineConfig, env }} from 'prisma/config'\nexport default defineConfig({{ {} }})\n"


@pytest.mark.prisma
@only("6.19.3", "7.10.0")  # 5.x knows no config
def test_config_names_the_url(prisma: PrismaCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = "engine: 'classic', " if prisma.major == 6 else ""
    root = config(prisma, tmp_path, DEFINED.format(engine + "datasource: { url: env('DB') }"))
    monkeypatch.setenv("DB", "postgresql://u:zxqqq@h/from_config")
    found = project.find(root)
    assert effective(found, DATABASE_URL="postgresql://h/d") == ("from_config", "datasource.url in prisma.config.ts")
    assert "zxqqq" not in repr(found)


@pytest.mark.prisma
@only("6.19.3", "7.10.0")  # 5.x knows no config
def test_a_variable_the_config_misses(prisma: PrismaCli, tmp_path: Path) -> None:
    engine = "engine: 'classic', " if prisma.major == 6 else ""
    text = DEFINED.format(engine + "migrations: { path: 'history' }, datasource: { url: env('DB') }")
    root = config(prisma, tmp_path, text)
    (root / ".env").write_text("DB=postgresql://h/not_loaded\n")
    found = project.find(root)
    assert found.migrations == root / "history", "paths are known without a database"
    assert effective(found, "postgresql://h/a")[0] == "a"
    with pytest.raises(ProjectError, match=r"DB is not set; datasource\.url in prisma\.config\.ts asks for it"):
        effective(found, DATABASE_URL="postgresql://h/d")


@pytest.mark.prisma
@only("6.19.3")  # 5.x knows no config, 7.x takes no URL from the schema
def test_beside_a_config_no_dotenv_is_loaded_unless_it_does(prisma: PrismaCli, tmp_path: Path) -> None:
    text = "export default { schema: 'prisma/schema.prisma' }\n"
    root = config(prisma, tmp_path, text)
    (root / ".env").write_text("DATABASE_URL=postgresql://h/not_loaded\n")
    found = project.find(root)
    with pytest.raises(ProjectError, match=r"DATABASE_URL is not set.*") as raised:
        effective(found)
    assert "no .env is loaded" in raised.value.why
    (root / "prisma.config.ts").write_text(f"process.env.DATABASE_URL = 'postgresql://h/by_config'\n{text}")
    assert effective(project.find(root))[0] == "by_config"
    (root / "prisma" / "schema.prisma").rename(root / "moved.prisma")  # where nobody would look but for the config
    moved = text.replace("prisma/schema", "moved")
    (root / "prisma.config.ts").write_text(f"process.env.DATABASE_URL = 'postgresql://h/by_config'\n{moved}")
    assert effective(project.find(root))[0] == "by_config"


# Where a file lies, as the real CLI makes it

FILE = "file:./my dev.db?connection_limit=1"


def path_of(prisma: PrismaCli, root: Path, schema: Path) -> Path | None:
    """Let Prisma make the file; return where we look for it. DATABASE_URL is set."""
    made = prisma.run(root, "migrate", "deploy", "--schema", str(schema))
    assert made.returncode == 0, made.stdout + made.stderr
    url, _ = settings.effective_url(project.find(root, root / schema), url=None, environment=os.environ)
    return url.path


@pytest.mark.prisma
def test_file_is_where_prisma_makes_it(prisma: PrismaCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", FILE)
    prisma.project(tmp_path, MODEL, provider="sqlite")
    path = path_of(prisma, tmp_path, Path("prisma/schema.prisma"))
    assert [path] == list(tmp_path.rglob("*.db"))
    assert path == tmp_path / ("" if prisma.major == 7 else "prisma") / "my dev.db"


@pytest.mark.prisma
@only("5.22.0", "6.19.3")  # 7 has no URL in a schema that could be beside something
def test_file_is_beside_the_one_of_several_schemas_that_names_it(
    prisma: PrismaCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", FILE)
    prisma.project(tmp_path, MODEL, provider="sqlite")
    main = tmp_path / "prisma" / "schema" / "db" / "main.prisma"
    main.parent.mkdir(parents=True)
    text = (tmp_path / "prisma" / "schema.prisma").read_text()
    main.write_text(text.replace('-js"', '-js"\n  previewFeatures = ["prismaSchemaFolder"]'))
    (main.parents[1] / "a.prisma").write_text("model Other {\n  id Int @id\n}\n")
    assert [path_of(prisma, tmp_path, Path("prisma/schema"))] == list(tmp_path.rglob("*.db"))
    assert (main.parent / "my dev.db").exists()

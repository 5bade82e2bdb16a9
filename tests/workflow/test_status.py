"""Every state a database can be in, and the command that leads out of it."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, ConsentRequired
from safemigrate.execute import journal
from safemigrate.execute.run import ADVISORY_LOCK
from safemigrate.model import Group, KeptKind, Outcome, Plan, Proof, Result, Step, Verdict
from safemigrate.prisma import history
from safemigrate.prisma.migrations import read
from safemigrate.report import text
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.release import release
from safemigrate.workflow.status import status
from tests.workflow.conftest import Project

INIT = 'CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL, bio text);'
FIRST, SECOND = "20240101000000_init", "20240201000000_slim"
TWO_STEPS = 'ALTER TABLE "User" DROP COLUMN bio;\nALTER TABLE "User" ADD COLUMN age int;\nSELECT 1/0;'


def standing(outcome: Outcome) -> dict[str, str]:
    return {one.name: one.state for one in outcome.migrations}


def detail(outcome: Outcome, name: str) -> str:
    return next(one.detail for one in outcome.migrations if one.name == name)


def began(project: Project, name: str, *, logs: str = "") -> None:
    """Write the row of a migration that Prisma began and did not finish."""
    with connect(project.url) as connection:
        history.create_table(connection, "public")
        row = history.record_started(connection, "public", read(project.folder / "prisma/migrations" / name))
        if logs:
            history.record_failed(connection, "public", row, logs)


def interrupt(project: Project, name: str) -> None:
    """Leave what a kill between the first and the second of three parts leaves."""
    steps = [Step(sql=f"SELECT {line}", line=line, run=()) for line in (1, 4, 9)]
    plan = Plan(name, "0" * 64, tuple(Group((step,)) for step in steps), Proof(Verdict.EXACT))
    with connect(project.url) as connection:
        journal.prepare(connection)
        run = journal.start(connection, plan, fingerprint="", snapshot="", version="test")
        journal.group(connection, run, 0, "done")
    began(project, name)


def test_an_empty_database(project: Project) -> None:
    project.write(FIRST, INIT)
    outcome = status(project.request())
    assert (outcome.result, standing(outcome)) == (Result.OK, {FIRST: "pending"})
    assert outcome.notes == ("the database has no tables and no migration history yet",)
    assert outcome.next == ("safemigrate apply",)
    assert project.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'safemigrate'") == []
    assert project.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []


def test_no_migrations_at_all(project: Project) -> None:
    outcome = status(project.request())
    assert (outcome.result, outcome.migrations) == (Result.OK, ())


def test_a_database_that_lives_on_db_push(project: Project) -> None:
    project.write(FIRST, INIT)
    project.run(INIT)
    outcome = status(project.request())
    assert outcome.result is Result.NOT_OK
    assert outcome.next == ("safemigrate init   # takes it in",)


def test_applied_with_what_is_kept(project: Project) -> None:
    project.baseline(INIT)
    project.run("INSERT INTO \"User\" (email, bio) SELECT 'e' || n, 'b' FROM generate_series(1, 50) AS n")
    project.write(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    project.apply()
    project.write("20240301000000_next", "SELECT 1;")
    outcome = status(project.request())
    written = re.sub(r" +[\d.]+ kB( +\d+ days)?$", " SIZE", text.render(outcome), flags=re.MULTILINE)
    assert written == (
        f"{project.url}\n"
        "\n"
        "   migration            state    rollback\n"
        "✔  20240101000000_init  applied\n"
        "✔  20240201000000_slim  applied  exact\n"
        "·  20240301000000_next  pending\n"
        "\n"
        "· kept in the database for rollbacks: 1 object, SIZE\n"
        "  by 20240201000000_slim\n"
        '    column "public"."User"."bio" SIZE\n'
        "\n"
        "· 20240201000000_slim, the last, can be taken back: exact\n"
        "\n"
        "✔ 2 applied, 1 pending.\n"
        "  → safemigrate apply\n"
    )
    assert outcome.kept[0].migration == SECOND
    assert outcome.migrations[1].returns == ('column "public"."User"."bio"',)
    assert outcome.migrations[1].down.endswith(f"{SECOND}/down.sql")


def test_what_somebody_did_to_an_applied_migration_since(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, 'ALTER TABLE "User" DROP COLUMN bio;')
    project.apply()
    ((place,),) = project.rows("SELECT place FROM safemigrate.kept")
    project.run(f"DROP TABLE {place}; CREATE TABLE drifted (id int)")
    notes = status(project.request()).notes
    assert f'what was kept of "public"."User"."bio" is gone: {place} does not exist' in notes
    assert f"something else changed the schema since {SECOND}; a rollback leaves that as it is and says so" in notes


def test_the_last_was_applied_by_prisma(project: Project) -> None:
    project.baseline(INIT)
    (note,) = status(project.request()).notes
    assert note.startswith(f"{FIRST}, the last, was applied without safemigrate")


def test_out_of_order(project: Project) -> None:
    project.baseline(INIT)
    project.write("20230101000000_late", "SELECT 1;")
    outcome = status(project.request())
    assert (outcome.result, standing(outcome)["20230101000000_late"]) == (Result.OK, "pending")
    assert "older than a migration that is applied" in detail(outcome, "20230101000000_late")


def test_edited_and_missing(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, "SELECT 1;")
    project.apply()
    file = project.folder / "prisma/migrations" / FIRST / "migration.sql"
    file.write_text(INIT + "\n-- edited")
    folder = project.folder / "prisma/migrations" / SECOND
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    outcome = status(project.request())
    assert (outcome.result, standing(outcome)) == (Result.NOT_OK, {FIRST: "edited", SECOND: "missing"})
    assert outcome.next[0] == "git pull"
    assert any(str(file) in command for command in outcome.next)


def test_a_migration_that_prisma_left_half_done(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, TWO_STEPS)
    project.run('ALTER TABLE "User" DROP COLUMN bio')
    began(project, SECOND, logs="division by zero")
    before = project.state()
    outcome = status(project.request(), project.shadow)
    assert (outcome.result, standing(outcome)) == (Result.NOT_OK, {FIRST: "applied", SECOND: "failed"})
    said = detail(outcome, SECOND)
    assert "division by zero" in said
    assert "1 of its 3 statements are in the database, up to line 1" in said
    assert "kept by nobody" in said
    assert outcome.next == ("safemigrate rollback --failed   # takes back what it did",)
    assert project.state()[1] == before[1]


def test_half_done_where_no_shadow_can_be_had(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.baseline(INIT)
    project.write(SECOND, TWO_STEPS)
    began(project, SECOND)
    outcome = status(project.request(), "postgresql://nobody@127.0.0.1:1/none")
    assert outcome.result is Result.NOT_OK
    assert "how far it got cannot be told: nothing listens at 127.0.0.1:1" in detail(outcome, SECOND)
    assert outcome.next[-1].startswith("safemigrate rollback --failed")


def test_failed_and_its_folder_is_gone(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, TWO_STEPS)
    began(project, SECOND)
    (project.folder / "prisma/migrations" / SECOND / "migration.sql").unlink()
    (project.folder / "prisma/migrations" / SECOND).rmdir()
    outcome = status(project.request(), project.shadow)
    assert standing(outcome)[SECOND] == "failed"
    assert outcome.next[0].startswith("git log --all")


def test_interrupted(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, TWO_STEPS)
    interrupt(project, SECOND)
    outcome = status(project.request())
    assert (outcome.result, standing(outcome)[SECOND]) == (Result.NOT_OK, "interrupted")
    assert detail(outcome, SECOND).endswith("1 of its 3 parts are in the database, line 4 is next")
    assert outcome.next == (
        "safemigrate apply   # finishes it",
        "safemigrate rollback --failed   # takes it back",
    )


@pytest.mark.parametrize("by", ["safemigrate", "prisma"])
def test_running_now(project: Project, by: str) -> None:
    project.baseline(INIT)
    project.write(SECOND, TWO_STEPS)
    if by == "safemigrate":
        interrupt(project, SECOND)
    else:
        began(project, SECOND)
    with psycopg.connect(project.url.conninfo(), application_name="deploy job") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        outcome = status(project.request())
        pid = other.info.backend_pid
    assert (outcome.result, standing(outcome)[SECOND]) == (Result.OK, "running")
    assert f"pid {pid} (deploy job, user tester, since" in detail(outcome, SECOND)
    assert outcome.next == ("safemigrate status   # once it has ended",)


def test_the_lock_is_held_and_nothing_has_begun(project: Project) -> None:
    project.baseline(INIT)
    with psycopg.connect(project.url.conninfo()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        notes = status(project.request()).notes
    assert notes[0].startswith("Prisma's migration lock is held by pid")


def test_held_and_released(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.apply()
    project.rollback()
    outcome = status(project.request())
    assert (outcome.result, standing(outcome)[SECOND]) == (Result.OK, "held")
    assert outcome.next == (f"safemigrate release {SECOND}   # when it may be applied again",)
    assert outcome.migrations[1].proof is None
    release(project.request(), SECOND)
    assert standing(status(project.request()))[SECOND] == "pending"


def test_applied_by_plain_prisma_while_on_hold(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.apply()
    project.rollback()
    with connect(project.url) as connection:
        history.record_applied(connection, "public", read(project.folder / "prisma/migrations" / SECOND))
    outcome = status(project.request())
    assert standing(outcome)[SECOND] == "applied"
    assert detail(outcome, SECOND).endswith("it was applied again all the same")
    assert outcome.migrations[1].proof is None


def test_a_folder_without_sql_is_named(project: Project) -> None:
    folder = project.folder / "prisma/migrations/20240301000000_typescript"
    folder.mkdir()
    (folder / "run.ts").write_text("export {}")
    assert f"{folder} holds no SQL and is left alone" in status(project.request()).notes


def test_no_such_database(project: Project, server: LocalServer) -> None:
    project.url = server.url.with_database("nowhere")
    with pytest.raises(ConnectionFailed, match="nowhere") as error:
        status(project.request())
    assert error.value.fix[0].startswith("createdb")


def test_it_needs_no_node(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project.baseline(INIT)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert standing(status(project.request())) == {FIRST: "applied"}


def test_a_journal_that_this_user_may_not_read(project: Project, database: DatabaseUrl) -> None:
    project.baseline(INIT)
    project.write(SECOND, 'ALTER TABLE "User" ADD COLUMN age int;')
    project.apply()
    with connect(database) as connection:
        name = f"reader_{database.database}"
        connection.execute(f'CREATE ROLE "{name}" LOGIN'.encode())
        connection.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{name}"'.encode())
    try:
        project.url = DatabaseUrl.parse(f"postgresql://{name}@{database.host}:{database.port}/{database.database}")
        with pytest.raises(ConnectionFailed, match=f"{name} lacks a right") as error:
            status(project.request())
        assert "schema safemigrate" in str(error.value)
    finally:
        with connect(database) as connection:
            connection.execute(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"'.encode())


def test_what_a_rollback_left_is_kept_for_that_migration(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, 'CREATE TABLE "Org" (id int PRIMARY KEY); ALTER TABLE "User" ADD COLUMN org int;')
    project.apply()
    project.run('INSERT INTO "Org" VALUES (1), (2); INSERT INTO "User" (email, org) VALUES (\'a\', 1)')
    project.agrees = False
    with pytest.raises(ConsentRequired):
        project.rollback()
    assert project.asked == ['"public"."Org" goes with its 2 rows of today; they would be kept']
    project.agrees = True
    project.rollback()
    outcome = status(project.request())
    assert [(one.kept.kind, one.kept.subject, one.migration, one.returned) for one in outcome.kept] == [
        (KeptKind.LEFT, '"public"."Org"', SECOND, False),
        (KeptKind.LEFT, '"public"."User"."org"', SECOND, False),
    ]
    assert 'left by its rollback: "public"."Org"' in text.render(outcome)

"""kill -9 and its kin at every step: the database is as before or as after, and one command leads out."""

from __future__ import annotations

import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.shadow.local import LocalServer
from tests.e2e.project import Ended, Project, State, new_project

BASE = """
CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL, bio text);
CREATE TABLE "Post" (id serial PRIMARY KEY, "userId" integer REFERENCES "User", title text);
CREATE TYPE "Role" AS ENUM ('READER');
"""
ROWS = """
INSERT INTO "User" (email, bio) SELECT 'u' || n, 'bio ' || n FROM generate_series(1, 500) n;
INSERT INTO "Post" ("userId", title) SELECT 1 + n % 500, 'post ' || n FROM generate_series(1, 1000) n;
"""
# One group: both tables, with data to keep.
DROPS = """
UPDATE "Post" SET title = upper(title) WHERE id <= 10;
ALTER TABLE "User" DROP COLUMN bio;
ALTER TABLE "Post" ADD COLUMN body text;
"""
# Three groups: a transaction, a statement that stands alone, a transaction.
MIXED = """
ALTER TABLE "User" ADD COLUMN nick text;
CREATE INDEX CONCURRENTLY "User_nick_idx" ON "User" (nick);
ALTER TABLE "Post" ADD COLUMN body text;
"""
# Two groups: a new label is committed before it is used.
LABEL = """
ALTER TYPE "Role" ADD VALUE 'EDITOR';
ALTER TABLE "User" ADD COLUMN role "Role" NOT NULL DEFAULT 'EDITOR';
"""
NAME = "20260102000000_change"


@pytest.fixture(scope="module")
def template(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose first migration is applied, with rows."""
    url = server.url.with_database(f"template_{secrets.token_hex(4)}")
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{url.database}"')
    with new_project(tmp_path_factory.mktemp("template") / "project", url) as made:
        made.migration("20260101000000_base", BASE)
        assert made.run("apply").code == 0
        made.sql(ROWS)
        yield made
    with connect(server.url) as connection:
        session.run(connection, f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture
def project(template: Project, server: LocalServer, tmp_path: Path) -> Iterator[Project]:
    """A copy of the template."""
    url = server.url.with_database(f"test_{secrets.token_hex(4)}")
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{url.database}" TEMPLATE "{template.url.database}"')
        with new_project(tmp_path / "project", url) as made:
            shutil.copytree(template.folder, made.folder, dirs_exist_ok=True)
            yield made
        session.run(connection, f'DROP DATABASE "{url.database}" WITH (FORCE)')


def confirmed(project: Project, *arguments: str) -> tuple[str, ...]:
    return (*arguments, "--confirm", project.url.database)


def settled(project: Project) -> None:
    """Wait until the server has noticed that its client is gone, within client_connection_check_interval."""
    deadline = time.monotonic() + 10
    while project.sessions():
        assert time.monotonic() < deadline, "a killed client's session lives on"
        time.sleep(0.05)


def led_out(project: Project, *command: str) -> Ended:
    ended = project.run(*confirmed(project, *command))
    assert ended.code == 0, ended.stderr
    assert project.leftovers() == []
    return ended


def is_applied(project: Project, before: State) -> None:
    after = project.state()
    assert after.applied == (*before.applied, NAME)
    assert after.failed == ()
    assert after.schema != before.schema


STEPS = (
    "resolve:",
    "read:",
    "shadow:",
    "trace: the schema",
    f"trace: {NAME}",
    "snapshot:",
    "restore:",
    "rehearse:",
    "prove:",
)


def test_killed_at_every_step_before_the_target_is_touched(project: Project) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    for step in STEPS:
        running = project.start(*confirmed(project, "apply", "-v"))
        running.until_said(step)
        assert running.end(signal.SIGKILL).code == -signal.SIGKILL
        assert project.state() == before, step
    settled(project)
    led_out(project, "apply")
    is_applied(project, before)
    led_out(project, "rollback")
    assert project.state() == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_transaction_while_it_waits_for_a_lock(project: Project, number: signal.Signals) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    with project.holding('LOCK TABLE "User" IN ROW EXCLUSIVE MODE'):
        running = project.start(*confirmed(project, "apply", "--lock-timeout", "60", "--snapshot", "none"))
        running.until(project.waiting)
        ended = running.end(number)
        if number is signal.SIGKILL:
            settled(project)
        else:
            assert ended.code == 130
            assert f"stopped during {NAME}" in ended.stderr
            assert "is as it was before" in ended.stderr
            assert project.leftovers() == []
            assert project.sessions() == []
    assert project.state() == before
    led_out(project, "apply")
    is_applied(project, before)


def test_killed_while_a_statement_runs_which_then_does_not_go_on(project: Project) -> None:
    asleep = f"SELECT pg_sleep(CASE WHEN current_database() = '{project.url.database}' THEN 60 ELSE 0 END);"
    project.migration(NAME, f'ALTER TABLE "Post" ADD COLUMN body text;\n{asleep}\n')
    before = project.state()
    running = project.start(*confirmed(project, "apply"))
    running.until(project.waiting)
    running.end(signal.SIGKILL)
    settled(project)  # long before the minute is over
    assert project.state() == before
    project.migration(NAME, 'ALTER TABLE "Post" ADD COLUMN body text;')
    led_out(project, "apply")
    is_applied(project, before)


def test_killed_right_after_the_commit(project: Project) -> None:
    project.migration(NAME, 'ALTER TABLE "User" ADD COLUMN age integer;')
    project.migration("20260103000000_next", "UPDATE \"Post\" SET title = 'x' WHERE id = 1;")
    before = project.state()
    with project.holding('LOCK TABLE "Post" IN SHARE MODE'):
        running = project.start(*confirmed(project, "apply"))
        running.until(project.waiting)
        running.end(signal.SIGKILL)
        settled(project)
    is_applied(project, before)
    led_out(project, "apply")
    assert project.state().applied[-1] == "20260103000000_next"
    led_out(project, "rollback", "--last", "2")
    assert project.state() == before


@dataclass(frozen=True)
class Stop:
    """Where a plan of several groups is stopped, and the command that leads out."""

    sql: str
    blocker: str
    way_out: str
    number: signal.Signals = signal.SIGKILL


IN_LAST_GROUP = 'LOCK TABLE "Post" IN ROW EXCLUSIVE MODE'
IN_THE_COLUMN = 'LOCK TABLE "User" IN ROW EXCLUSIVE MODE'
# A snapshot that is older than the index; the end of its build waits for it.
IN_THE_INDEX = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1"


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(Stop(MIXED, IN_LAST_GROUP, "apply"), id="last group, apply"),
        pytest.param(Stop(MIXED, IN_LAST_GROUP, "rollback", signal.SIGTERM), id="last group, SIGTERM, rollback"),
        pytest.param(Stop(LABEL, IN_THE_COLUMN, "rollback"), id="new label, rollback"),
        pytest.param(Stop(MIXED, IN_THE_INDEX, "apply", signal.SIGINT), id="in the index, SIGINT, apply"),
        pytest.param(Stop(MIXED, IN_THE_INDEX, "rollback"), id="in the index, rollback"),
    ],
)
def test_stopped_between_groups(project: Project, stop: Stop) -> None:
    project.migration(NAME, stop.sql)
    before = project.state()
    with project.holding(stop.blocker):
        running = project.start(*confirmed(project, "apply", "--lock-timeout", "60"))
        running.until(project.waiting)
        ended = running.end(stop.number)
        if stop.number is signal.SIGKILL:
            settled(project)
        else:
            assert ended.code == 130, ended.stderr
            assert f"parts of {NAME} are done" in ended.stderr
        half = project.state()
        assert (half.applied, half.failed) == (before.applied, (NAME,))
        assert bool(project.rows("SELECT 1 FROM pg_index WHERE NOT indisvalid")) == (stop.blocker == IN_THE_INDEX)
        said = project.run("status")
        assert NAME in said.stdout
        assert "safemigrate rollback --failed" in said.stdout
        refused = project.run("rollback")
        assert refused.code == 2
        assert f"migration {NAME} is half done" in refused.stderr
    if stop.way_out == "apply":
        led_out(project, "apply")
        is_applied(project, before)
        assert not project.rows("SELECT 1 FROM pg_index WHERE NOT indisvalid")
        led_out(project, "rollback")
    else:
        led_out(project, "rollback", "--failed")
    assert project.state() == before


@pytest.mark.parametrize("way_out", ["apply", "rollback"])
def test_killed_after_an_index_was_built_and_before_that_was_noted(project: Project, way_out: str) -> None:
    project.migration(NAME, MIXED)
    before = project.state()
    with project.holding(IN_THE_INDEX):
        running = project.start(*confirmed(project, "apply"))
        running.until(project.waiting)
        running.process.send_signal(signal.SIGSTOP)
    running.until(lambda: not project.waiting())
    assert not project.rows("SELECT 1 FROM pg_index WHERE NOT indisvalid")
    running.end(signal.SIGKILL)
    settled(project)
    if way_out == "apply":
        led_out(project, "apply")
        is_applied(project, before)
    else:
        led_out(project, "rollback", "--failed")
        assert project.state() == before


def cut(project: Project) -> None:
    """Terminate the waiting backend, as an administrator or a restart of the server would."""
    for backend in project.waiting():
        project.rows(f"SELECT pg_terminate_backend({backend})")


def test_the_connection_is_cut_in_the_transaction(project: Project) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    with project.holding(IN_THE_COLUMN):
        running = project.start(*confirmed(project, "apply", "--lock-timeout", "60"))
        running.until(project.waiting)
        cut(project)
        ended = running.end()
    assert ended.code == 4, ended.stderr
    assert f"broke during {NAME}, and the database is as it was before" in ended.stderr
    assert "terminating connection due to administrator command" in ended.stderr
    assert project.state() == before
    assert project.leftovers() == []


def test_the_connection_is_cut_between_groups(project: Project) -> None:
    project.migration(NAME, MIXED)
    before = project.state()
    with project.holding(IN_LAST_GROUP):
        for done in ("2 of 3", "2 of 3"):  # apply, and the apply that would go on
            running = project.start(*confirmed(project, "apply", "--lock-timeout", "60"))
            running.until(project.waiting)
            cut(project)
            ended = running.end()
            assert ended.code == 5, ended.stderr
            assert f"{done} parts are done" in ended.stderr
            assert "safemigrate rollback --failed" in ended.stderr
    led_out(project, "apply")
    is_applied(project, before)


def test_the_connection_is_cut_while_it_is_rehearsed(project: Project) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    running = project.start(*confirmed(project, "apply", "-v"))
    running.until_said("rehearse:")
    for backend in project.sessions():
        project.rows(f"SELECT pg_terminate_backend({backend})")
    ended = running.end()
    assert ended.code == 2, ended.stderr
    assert "connection broke" in ended.stderr
    assert project.state() == before
    assert project.leftovers() == []


def test_rollback_stopped_in_every_way(project: Project) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    led_out(project, "apply")
    applied = project.state()
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, None):
        with project.holding(IN_THE_COLUMN):
            running = project.start(*confirmed(project, "rollback", "--lock-timeout", "60"))
            running.until(project.waiting)
            if number is None:
                cut(project)
            ended = running.end(number)
            if number is signal.SIGKILL:
                settled(project)
            else:
                assert ended.code == (4 if number is None else 130), ended.stderr
                assert "Traceback" not in ended.stderr
                assert "is as it was" in ended.stderr
        assert project.state() == applied
    led_out(project, "rollback")
    assert project.state() == before


def test_a_lock_that_is_not_to_be_had(project: Project) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    with project.holding(IN_THE_COLUMN) as blocker:
        ended = project.run(*confirmed(project, "apply", "--lock-timeout", "0.6", "--retries", "1", "-v"))
        assert ended.code == 4, ended.stderr
        assert "lock not to be had, trying again" in ended.stderr
        assert "after 2 tries" in ended.stderr
        assert f"Blocked by pid {blocker.info.backend_pid} (the blocker, user tester" in ended.stderr
        assert f"SELECT pg_terminate_backend({blocker.info.backend_pid})" in ended.stderr
        assert project.state() == before
        assert project.leftovers() == []


@pytest.mark.parametrize("sql", [DROPS, MIXED], ids=["one group", "several"])
def test_two_at_once(project: Project, sql: str) -> None:
    project.migration(NAME, sql)
    before = project.state()
    with project.holding(IN_LAST_GROUP):
        first = project.start(*confirmed(project, "apply", "--lock-timeout", "60"))
        first.until(project.waiting)
        holder = project.waiting()[0]
        second = project.run(*confirmed(project, "apply"))
        assert second.code == 2, second.stderr
        assert f"held by pid {holder} 'safemigrate', user tester" in second.stderr
    assert first.end().code == 0
    is_applied(project, before)
    led_out(project, "rollback")
    assert project.state() == before


def test_a_named_shadow_server_is_swept(project: Project) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    shadow = project.url.with_database("postgres").prisma()
    databases = "SELECT datname FROM pg_database WHERE datname ^@ 'safemigrate_shadow_'"
    running = project.start(*confirmed(project, "apply", "-v"), environment={"SAFEMIGRATE_SHADOW_URL": shadow})
    running.until_said("prove:")
    running.end(signal.SIGKILL)
    assert project.rows(databases)
    settled(project)
    assert project.run(*confirmed(project, "apply"), SAFEMIGRATE_SHADOW_URL=shadow).code == 0
    is_applied(project, before)
    assert project.rows(databases) == []


def test_drift_while_it_is_rehearsed(project: Project) -> None:
    project.migration(NAME, DROPS)
    running = project.start(*confirmed(project, "apply", "-v"))
    running.until_said("rehearse:")
    project.sql('ALTER TABLE "Post" ADD COLUMN hotfix text')
    before = project.state()
    ended = running.end()
    assert ended.code == 2, ended.stderr
    assert "changed by someone else while the migrations were rehearsed" in ended.stderr
    assert "hotfix" in ended.stderr
    assert "Nothing was changed" in ended.stderr
    assert project.state() == before
    led_out(project, "apply")


def test_another_has_applied_it_while_it_is_rehearsed(project: Project) -> None:
    project.migration(NAME, "UPDATE \"Post\" SET title = title || '!' WHERE id = 1")
    slow = project.start(*confirmed(project, "apply", "-v"))
    slow.until_said("rehearse:")
    slow.process.send_signal(signal.SIGSTOP)
    led_out_beside = project.run(*confirmed(project, "apply"))
    assert led_out_beside.code == 0, led_out_beside.stderr
    slow.process.send_signal(signal.SIGCONT)
    assert slow.end().code == 2
    assert project.rows('SELECT title FROM "Post" WHERE id = 1') == [("post 1!",)]


def test_what_does_something_else_on_the_target(project: Project) -> None:
    project.migration(
        NAME,
        f"""DO $$ BEGIN
          IF current_database() = '{project.url.database}' THEN ALTER TABLE "Post" ADD COLUMN other text;
          ELSE ALTER TABLE "Post" ADD COLUMN body text; END IF;
        END $$;""",
    )
    before = project.state()
    ended = project.run(*confirmed(project, "apply"))
    assert ended.code == 4, ended.stderr
    assert "did something else here than in the shadow" in ended.stderr
    assert "other" in ended.stderr
    assert project.state() == before
    assert project.leftovers() == []

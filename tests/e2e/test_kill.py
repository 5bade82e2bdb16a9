"""kill -9 and its kin at every step: the database is as before or as after, and one command leads out."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import pytest

from tests.e2e.project import (
    DROPS,
    IN_LAST_GROUP,
    IN_THE_COLUMN,
    MIXED,
    NAME,
    Project,
    confirmed,
    is_applied,
    led_out,
    settled,
)

# Two groups: a new label is committed before it is used.
LABEL = """
ALTER TYPE "Role" ADD VALUE 'EDITOR';
ALTER TABLE "User" ADD COLUMN role "Role" NOT NULL DEFAULT 'EDITOR';
"""

# Two groups: the file's own COMMIT ends the lock that NOT VALID keeps short.
COMMITTED = """
ALTER TABLE "User" ADD CONSTRAINT "User_email" CHECK (email <> '') NOT VALID;
COMMIT;
ALTER TABLE "Post" ADD COLUMN body text;
ALTER TABLE "User" VALIDATE CONSTRAINT "User_email";
"""

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


@pytest.mark.parametrize(("step", "number"), [("restore", signal.SIGINT), ("prove", signal.SIGTERM)])
def test_a_signal_before_the_target_is_touched_leaves_nothing(
    project: Project, step: str, number: signal.Signals
) -> None:
    project.migration(NAME, DROPS)
    before = project.state()
    running = project.start(*confirmed(project, "apply", "-v"))
    running.until_said(step)
    ended = running.end(number)
    assert ended.code == 130, ended.stderr
    assert "Interrupted" in ended.stderr
    assert "safemigrate status" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert project.state() == before
    assert project.leftovers() == []


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


# A snapshot that is older than the index; the end of its build waits for it.
IN_THE_INDEX = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1"


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(Stop(MIXED, IN_LAST_GROUP, "apply"), id="last group, apply"),
        pytest.param(Stop(MIXED, IN_LAST_GROUP, "rollback", signal.SIGTERM), id="last group, SIGTERM, rollback"),
        pytest.param(Stop(LABEL, IN_THE_COLUMN, "rollback"), id="new label, rollback"),
        pytest.param(Stop(COMMITTED, IN_LAST_GROUP, "apply"), id="behind a COMMIT of its own, apply"),
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

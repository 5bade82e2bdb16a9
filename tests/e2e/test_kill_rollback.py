"""kill -9 at every boundary of a rollback: the same command goes on, and ends as it does where nobody killed it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.shadow.local import LocalServer
from tests.e2e.project import DROPS, NAME, Project, Running, State, confirmed, led_out, settled

# Going back, rows of "User" come first, then columns of "Post", then its foreign key.
MANY = """
ALTER TABLE "Post" DROP COLUMN "userId", DROP COLUMN title;
UPDATE "User" SET bio = upper(bio);
"""
SINCE = """
UPDATE "User" SET bio = 'written since' WHERE id = 5;
DELETE FROM "Post" WHERE id = 900;
INSERT INTO "Post" DEFAULT VALUES;
"""
IN_BATCHES = ("rollback", "-v", "--batch-rows", "100", "--lock-timeout", "60")
IN_THE_THIRD = 'SELECT FROM "User" WHERE id = 250 FOR UPDATE'
IN_THE_FOREIGN_KEY = 'LOCK TABLE "User" IN ROW EXCLUSIVE MODE'


@contextmanager
def twin(project: Project, server: LocalServer) -> Iterator[Project]:
    """A copy of the project's database as it is now."""
    url = server.url.with_database(f"{project.url.database}_twin")
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{url.database}" TEMPLATE "{project.url.database}"')
        yield replace(project, url=url)
        session.run(connection, f'DROP DATABASE "{url.database}" WITH (FORCE)')


def applied(project: Project, server: LocalServer, migration: str, since: str = "") -> State:
    """Apply a migration, write, and return how the database stands once a rollback was left alone."""
    project.migration(NAME, migration)
    led_out(project, "apply")
    if since:
        project.sql(since)
    with twin(project, server) as other:
        led_out(other, "rollback")
        return other.state()


def test_killed_in_its_transaction_nothing_has_happened(project: Project, server: LocalServer) -> None:
    expected = applied(project, server, DROPS)
    before = project.state()
    with project.holding('LOCK TABLE "User" IN ROW EXCLUSIVE MODE'):
        running = project.start(*confirmed(project, "rollback", "--lock-timeout", "60"))
        running.until(project.waiting)
        running.end(signal.SIGKILL)
        settled(project)
    assert project.state() == before
    led_out(project, "rollback")
    assert project.state() == expected


def test_killed_right_after_its_commit_all_has_happened(project: Project, server: LocalServer) -> None:
    expected = applied(project, server, DROPS)
    running = project.start(*confirmed(project, "rollback", "-v"))
    running.until_said("rollback: done")
    running.end(signal.SIGKILL)
    settled(project)
    assert project.state() == expected
    assert project.run("status").code == 0


def _before_the_first(_project: Project, running: Running, blockers: ExitStack) -> None:
    blockers.close()
    running.until_said("rollback:")


def _inside_a_batch(_project: Project, _running: Running, _blockers: ExitStack) -> None:
    pass


def _between_batches(project: Project, running: Running, blockers: ExitStack) -> None:
    running.process.send_signal(signal.SIGSTOP)
    blockers.close()
    running.until(lambda: not project.waiting())
    running.process.send_signal(signal.SIGCONT)
    running.until_said("rollback: 300 of 500 rows")


def _before_the_constraints(project: Project, running: Running, blockers: ExitStack) -> None:
    blockers.close()
    running.until(lambda: project.rows(_ADDING))


def _after_the_last(_project: Project, running: Running, blockers: ExitStack) -> None:
    blockers.close()
    running.until_said("rollback: done")


_ADDING = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND query LIKE 'ALTER TABLE%FOREIGN KEY%NOT VALID'"
)


@pytest.mark.parametrize(
    "moment", [_before_the_first, _inside_a_batch, _between_batches, _before_the_constraints, _after_the_last]
)
def test_killed_in_stages_it_goes_on(
    project: Project, server: LocalServer, moment: Callable[[Project, Running, ExitStack], None]
) -> None:
    expected = applied(project, server, MANY, SINCE)
    last = moment is _after_the_last
    with ExitStack() as held, ExitStack() as blockers:
        blockers.enter_context(project.holding(IN_THE_THIRD))
        running = project.start(*confirmed(project, *IN_BATCHES))
        if moment is not _before_the_first:
            running.until(project.waiting)
            if not last:  # not sooner: the first stage keeps what it changes, and nobody may write meanwhile
                held.enter_context(project.holding(IN_THE_FOREIGN_KEY))
        moment(project, running, blockers)
        running.end(signal.SIGKILL)
        settled(project)
    said = project.run("status")
    if last:
        assert said.code == 0, said.stdout
    else:
        if moment is not _before_the_first:  # there it may not have begun
            assert (said.code, "rolling back" in said.stdout) == (1, True), said.stdout
            refused = project.run("apply")
            assert refused.code == 2
            assert f"migration {NAME} is being rolled back" in refused.stderr
        led_out(project, "rollback")
    assert project.state() == expected
    assert project.rows("SELECT FROM safemigrate.way_back") == []

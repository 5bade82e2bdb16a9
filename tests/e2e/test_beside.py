"""Others at work on the same database: connections that are cut, locks, a second apply, drift."""

from __future__ import annotations

import signal

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

UNIQUE = 'UNIQUE INDEX CONCURRENTLY "User_email_key" ON "User" (email)'


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
        assert "apply: lock not to be had, trying again" in ended.stderr
        assert "after 2 tries" in ended.stderr
        assert f"Blocked by pid {blocker.info.backend_pid} (the blocker, user tester" in ended.stderr
        assert f"SELECT pg_terminate_backend({blocker.info.backend_pid})" in ended.stderr
        assert project.state() == before
        assert project.leftovers() == []
    led_out(project, "apply")
    with project.holding(IN_THE_COLUMN):
        ended = project.run(*confirmed(project, "rollback", "--lock-timeout", "0.6", "--retries", "1", "-v"))
        assert ended.code == 4, ended.stderr
        assert "rollback: lock not to be had, trying again" in ended.stderr


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
        assert f"held by pid {holder} (safemigrate, user tester" in second.stderr
    assert first.end().code == 0
    is_applied(project, before)
    led_out(project, "rollback")
    assert project.state() == before


def test_drift_while_it_is_rehearsed(project: Project) -> None:
    project.migration(NAME, DROPS)
    running = project.start(*confirmed(project, "apply", "-v"))
    running.until_said("rehearse:")
    running.process.send_signal(signal.SIGSTOP)
    project.sql('ALTER TABLE "Post" ADD COLUMN hotfix text')
    before = project.state()
    running.process.send_signal(signal.SIGCONT)
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


def test_what_fails_at_the_commit_on_the_target_alone(project: Project) -> None:
    project.migration(NAME, 'ALTER TABLE "User" ADD COLUMN age integer;')
    project.migration(
        "20260103000000_more",
        f"""CREATE TABLE "Late" (id integer);
        CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF current_database() = '{project.url.database}' THEN RAISE 'too late'; END IF;
          RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON "Late" DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION late();
        INSERT INTO "Late" VALUES (1);""",
    )
    before = project.state()
    ended = project.run(*confirmed(project, "apply"))
    assert ended.code == 4, ended.stderr
    assert "20260103000000_more failed" in ended.stderr
    assert "too late" in ended.stderr
    assert "is as it was before it" in ended.stderr
    is_applied(project, before)


def test_a_concurrent_index_that_fails_on_rows_written_meanwhile(project: Project) -> None:
    project.migration(NAME, MIXED.replace('INDEX CONCURRENTLY "User_nick_idx" ON "User" (nick)', UNIQUE))
    before = project.state()
    running = project.start(*confirmed(project, "apply", "-v"))
    running.until_said("prove:")
    running.process.send_signal(signal.SIGSTOP)
    project.sql("INSERT INTO \"User\" (email) VALUES ('u1')")
    running.process.send_signal(signal.SIGCONT)
    ended = running.end()
    assert ended.code == 4, ended.stderr
    assert "is duplicated" in ended.stderr
    project.sql("DELETE FROM \"User\" WHERE id > 500 AND email = 'u1'")
    assert project.state() == before  # the group before it is taken back, and no INVALID index is left
    led_out(project, "apply")


def test_rows_behind_a_deferred_constraint(project: Project) -> None:
    project.sql(
        'ALTER TABLE "Post" ADD COLUMN "editorId" integer REFERENCES "User" DEFERRABLE INITIALLY DEFERRED;'
        'UPDATE "Post" SET "editorId" = 1'
    )
    project.migration(
        NAME, 'UPDATE "Post" SET "editorId" = 2 WHERE id < 10; ALTER TABLE "User" ADD COLUMN age integer;'
    )
    before = project.state()
    led_out(project, "apply")
    led_out(project, "rollback")
    assert project.state() == before

"""Ending what is kept: what goes, what is said first, and what a rollback makes of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from safemigrate.db.fingerprint import compare
from safemigrate.errors import ConsentRequired, HistoryError
from safemigrate.model import KeptKind, Outcome, Result, Verdict
from safemigrate.workflow.options import PruneOptions, RollbackOptions
from safemigrate.workflow.prune import prune
from safemigrate.workflow.status import status
from tests.workflow.cases import POSTS, USERS
from tests.workflow.conftest import Project

SLIM = "20240601000000_slim"
ALL = PruneOptions(older_than=timedelta(0))


def applied(project: Project, sql: str, setup: str = USERS + POSTS) -> None:
    project.baseline(setup)
    project.write(SLIM, sql)
    assert project.apply().result is Result.APPLIED
    project.asked.clear()


def pruned(project: Project, **flags: object) -> Outcome:
    return prune(project.request(), replace(PruneOptions(), **flags))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sql", "lost"),
    [
        ('ALTER TABLE "User" DROP COLUMN nick;', '"public"."User"."nick": 3 values'),
        ('DROP TABLE "Post";', '"public"."Post": 12 rows'),
        ('DELETE FROM "Post" WHERE id < 5;', '"public"."Post": 4 rows'),
        ('ALTER TABLE "User" ALTER age TYPE smallint USING (age / 2)::smallint;', '"public"."User"."age": 4 values'),
    ],
    ids=["column", "table", "rows", "retyped"],
)
def test_what_goes_is_said_and_the_rollback_says_so_too(project: Project, sql: str, lost: str) -> None:
    applied(project, sql)
    before = status(project.request()).kept[0].bytes
    project.agrees = False
    with pytest.raises(ConsentRequired, match="nobody agreed") as refused:
        prune(project.request(), ALL)
    assert refused.value.why == f"a rollback of {SLIM} cannot bring back {lost}"
    assert not status(project.request()).kept[0].pruned
    project.agrees = True
    outcome = prune(project.request(), ALL)
    assert outcome.result is Result.PRUNED
    assert [one.loss for one in outcome.kept] == [f"a rollback of {SLIM} cannot bring back {lost}"]
    after = status(project.request())
    assert after.kept[0].pruned
    assert after.kept[0].bytes < before or "Post" in sql  # indexes of a moved table keep a page each
    proof = after.migrations[-1].proof
    assert proof is not None
    assert proof.verdict is Verdict.LOSSY
    assert proof.reasons[0].startswith(f"{lost}, pruned 2")
    project.agrees = False
    with pytest.raises(ConsentRequired, match="nobody agreed to this rollback"):
        project.rollback()
    assert lost in project.asked[-1]
    project.agrees = True
    assert project.rollback().result is Result.ROLLED_BACK


def test_the_schema_comes_back_without_what_was_pruned(project: Project) -> None:
    project.baseline(USERS + POSTS)
    before, _ = project.state()
    project.write(SLIM, 'DROP TABLE "Post"; ALTER TABLE "User" DROP COLUMN nick; DROP TABLE "User";')
    project.apply()
    prune(project.request(), ALL)
    assert project.rollback().result is Result.ROLLED_BACK
    assert compare(before, project.state()[0]) == []
    assert project.rows('SELECT count(*) FROM "Post"') == [(0,)]


def test_a_dry_run_changes_nothing(project: Project) -> None:
    applied(project, 'ALTER TABLE "User" DROP COLUMN nick;')
    project.agrees = False
    outcome = pruned(project, older_than=timedelta(0), dry_run=True)
    assert outcome.result is Result.REHEARSED
    assert outcome.kept[0].loss.endswith('"public"."User"."nick": 3 values')
    assert not status(project.request()).kept[0].pruned


def test_what_came_back_goes_without_a_question(project: Project) -> None:
    applied(project, 'ALTER TABLE "User" DROP COLUMN nick; UPDATE "Post" SET title = \'x\';')
    assert pruned(project, returned=True).result is Result.NOTHING
    project.rollback()
    waits = {one.kept for one in status(project.request()).kept if not one.returned}
    assert {one.kind for one in waits} == {KeptKind.LEFT}  # for the rollback's own undoing
    project.agrees = False
    outcome = pruned(project, returned=True)
    assert outcome.result is Result.PRUNED
    assert {one.loss for one in outcome.kept} == {""}
    assert {one.kept for one in status(project.request()).kept} == waits
    assert project.rows("SELECT relname FROM pg_class WHERE relname LIKE 'kept\\_%'") == []


def test_age_migration_and_retention_choose(project: Project) -> None:
    applied(project, 'ALTER TABLE "User" DROP COLUMN nick;')
    with pytest.raises(HistoryError, match="nothing says what to prune"):
        pruned(project)
    with pytest.raises(HistoryError, match="nothing is kept for migration other") as refused:
        pruned(project, migration="other")
    assert SLIM in refused.value.why
    assert pruned(project, older_than=timedelta(days=1)).result is Result.NOTHING
    project.run("UPDATE safemigrate.kept SET since = since - interval '31 days'")
    assert pruned(project, older_than=timedelta(days=30), dry_run=True).kept[0].days == 31
    assert pruned(project, migration=SLIM, returned=True).result is Result.NOTHING
    request = project.request()
    request = replace(request, settings=replace(request.settings, retention=timedelta(days=30)))
    found = status(request)
    assert found.kept[0].due
    assert "safemigrate prune --dry-run   # what is kept longer than the retention" in found.next
    assert prune(request, PruneOptions()).result is Result.PRUNED
    assert not status(request).kept[0].due


def test_orphans_are_named_and_go_only_when_asked(project: Project) -> None:
    applied(project, 'DROP TABLE "Post";')
    project.run(
        "CREATE TABLE safemigrate.kept_0badcafe_1 AS SELECT 1 AS v; CREATE SCHEMA safemigrate_0badcafe_2;"
        'CREATE TABLE safemigrate_0badcafe_2."O\'d" (v int)'
    )
    orphans = [one.kept.place for one in status(project.request()).kept if not one.migration]
    assert orphans == ['"safemigrate_0badcafe_2"."O\'d"', "safemigrate.kept_0badcafe_1"]
    outcome = pruned(project, orphans=True)
    assert [one.loss for one in outcome.kept] == [
        '"safemigrate_0badcafe_2"."O\'d": 0 rows; no run knows what they are',
        "safemigrate.kept_0badcafe_1: 1 rows; no run knows what they are",
    ]
    assert [one.kept.kind for one in status(project.request()).kept] == [KeptKind.TABLE]
    assert project.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%0badcafe%'") == []
    assert project.rollback().result is Result.ROLLED_BACK


def test_a_migration_applied_again_is_kept_once(project: Project) -> None:
    applied(project, 'ALTER TABLE "User" DROP COLUMN nick;')
    project.rollback()
    project.release(SLIM)
    project.apply()
    ((one),) = status(project.request()).kept
    assert not one.returned
    assert project.rollback(RollbackOptions(last=1)).result is Result.ROLLED_BACK

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safemigrate.errors import ProjectError
from safemigrate.model import Confirmation, MigrationOutcome, Outcome, Result, Verdict
from safemigrate.workflow.options import ProveOptions
from safemigrate.workflow.prove import prove
from safemigrate.workflow.proving.lanes import run_lanes
from safemigrate.workflow.snapshot import create
from tests.workflow.conftest import Project

HISTORY = {
    "01_init": 'CREATE TABLE "User" (id int PRIMARY KEY, email text NOT NULL); '
    'CREATE TABLE "Post" (id int PRIMARY KEY, author int NOT NULL REFERENCES "User" (id));',
    "02_bio": 'ALTER TABLE "User" ADD COLUMN bio text;',
    "03_role": 'ALTER TABLE "User" ADD COLUMN role text NOT NULL;',
    "04_empty": "-- This is an empty migration.",
    "05_slim": 'ALTER TABLE "User" DROP COLUMN email; DROP TABLE "Post";',
    "06_anon": 'GRANT SELECT ON "User" TO a_role_that_is_nowhere;',
    "07_mood": "CREATE TYPE mood AS ENUM ('good');",
    "08_bad": "ALTER TYPE mood ADD VALUE 'bad'; ALTER TABLE \"User\" ADD COLUMN mood mood NOT NULL DEFAULT 'bad';",
    "09_rename": 'ALTER TABLE "User" RENAME COLUMN bio TO zeal; CREATE INDEX user_zeal ON "User" (zeal);',
    "10_index": 'CREATE INDEX CONCURRENTLY again ON "User" (zeal);',
    "11_missed": "UPDATE \"User\" SET zeal = 'more' WHERE id = -4711;",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def history(project: Project) -> Project:
    for name, sql in HISTORY.items():
        project.write(name, sql)
    return project


def run(project: Project, options: ProveOptions) -> Outcome:
    """Prove, with a project that has no database."""
    return prove(project.request(), options)


def states(outcome: Outcome) -> dict[str, str]:
    return {
        one.name: str(one.proof.verdict) if one.proof and one.state == "proven" else one.state
        for one in outcome.migrations
    }


def named(outcome: Outcome, name: str) -> MigrationOutcome:
    return next(one for one in outcome.migrations if one.name == name)


def test_a_history_is_proven_migration_by_migration(history: Project) -> None:
    outcome = run(history, ProveOptions(shadow=history.shadow, jobs=1))
    assert states(outcome) == {
        "01_init": "exact",
        "02_bio": "exact",
        "03_role": "exact",
        "04_empty": "changes nothing",
        "05_slim": "exact",
        "06_anon": "does not run",
        "07_mood": "exact",
        "08_bad": "exact",
        "09_rename": "exact",
        "10_index": "exact",
        "11_missed": "changes nothing",
    }
    assert outcome.result is Result.NOT_OK  # one could not be tried
    assert "a_role_that_is_nowhere" in named(outcome, "06_anon").detail
    assert named(outcome, "04_empty").detail == ""
    assert named(outcome, "11_missed").detail == (
        'it writes to "public"."User", and no row there is one that it changes'
    )
    assert named(outcome, "03_role").detail == (
        'tested without rows in "public"."User": with rows it fails: '
        'column "role" of relation "User" contains null values'
    )
    proof = named(outcome, "05_slim").proof
    assert proof is not None
    assert proof.rows == 10  # of both tables: one loses a column, the other goes


def test_findings_know_the_schema_and_what_was_seen(history: Project) -> None:
    found = run(history, ProveOptions(shadow=history.shadow, require="any")).migrations
    said = {(one.name, each.rule): each.verdict for one in found for each in one.findings}
    assert said["05_slim", "drop-column"] is Confirmation.CONFIRMED
    assert said["05_slim", "drop-table"] is Confirmation.CONFIRMED
    assert said["09_rename", "index-not-concurrent"] is Confirmation.CONFIRMED
    assert not any(name in ("01_init", "02_bio", "07_mood", "10_index") for name, _rule in said)


def test_what_comes_out_is_the_same_whatever_the_jobs(history: Project) -> None:
    def plain(outcome: Outcome) -> list[tuple[str, str, object]]:
        return [
            (one.name, one.detail, one.proof and (one.proof.verdict, one.proof.rows, one.proof.reasons))
            for one in outcome.migrations
        ]

    alone = run(history, ProveOptions(shadow=history.shadow, jobs=1, cache=False))
    together = run(history, ProveOptions(shadow=history.shadow, jobs=2, cache=False))
    assert plain(alone) == plain(together)


def test_a_part_of_the_history_is_chosen(history: Project) -> None:
    def names(options: ProveOptions) -> list[str]:
        return list(states(run(history, options)))

    shadow = history.shadow
    assert names(ProveOptions(names=("05_slim", "02_bio"), shadow=shadow)) == ["02_bio", "05_slim"]
    assert names(ProveOptions(last=2, shadow=shadow)) == ["10_index", "11_missed"]
    assert names(ProveOptions(since="07_mood", shadow=shadow)) == [
        "07_mood",
        "08_bad",
        "09_rename",
        "10_index",
        "11_missed",
    ]
    with pytest.raises(ProjectError, match="no migration slim") as caught:
        names(ProveOptions(names=("slim",), shadow=shadow))
    assert caught.value.fix == ("safemigrate prove 05_slim",)


def test_less_may_be_required(history: Project) -> None:
    for require, result in (("lossy", Result.NOT_OK), ("any", Result.OK)):
        options = ProveOptions(names=("06_anon",), shadow=history.shadow, require=require)
        assert run(history, options).result is result


def test_only_what_changed_and_what_comes_after_it_is_proven_again(
    history: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[list[int]] = []

    def counted(*arguments: Any, **more: Any) -> Any:
        tried.append(list(arguments[2]))
        return run_lanes(*arguments, **more)

    monkeypatch.setattr("safemigrate.workflow.proving.proven.run_lanes", counted)
    options = ProveOptions(shadow=history.shadow, jobs=1)
    first = run(history, options)
    again = run(history, options)
    assert [replace(one, proof=None) for one in again.migrations] == [
        replace(one, proof=None) for one in first.migrations
    ]
    assert again.result is first.result
    history.write("12_more", "CREATE TABLE more (id int);")
    run(history, options)
    (history.folder / "prisma/migrations/10_index/migration.sql").write_text("-- nothing")
    run(history, options)
    run(history, replace(options, seed=2, last=1))
    assert tried == [list(range(11)), [], [11], [9, 10, 11], [11]]


def test_a_snapshot_gives_real_rows_and_what_is_applied(project: Project) -> None:
    project.baseline("CREATE TABLE t (id int PRIMARY KEY, note text);")
    project.run("INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 30) AS n;")
    made = create(project.request(), "full", project.shadow)
    project.write("20250101000000_slim", "ALTER TABLE t DROP COLUMN note;")
    project.write("20250102000000_none", "DELETE FROM t WHERE id > 10;")
    outcome = run(project, ProveOptions(shadow=project.shadow, jobs=1, snapshot=made.snapshots[0].id))
    assert states(outcome) == {"20250101000000_slim": "exact", "20250102000000_none": "exact"}
    assert [one.proof and one.proof.rows for one in outcome.migrations] == [30, 30]


def test_a_history_without_migrations_is_nothing_to_do(project: Project) -> None:
    assert run(project, ProveOptions(shadow=project.shadow)).result is Result.NOTHING


def test_rows_that_a_migration_fails_on_make_way_for_plainer_ones(project: Project) -> None:
    project.write(
        "01_init", "CREATE TYPE kind AS ENUM ('a', 'b', 'c'); CREATE TABLE t (id int PRIMARY KEY, k kind, n int8)"
    )
    project.write(
        "02_fewer",
        "CREATE TYPE kind_new AS ENUM ('b', 'c'); ALTER TABLE t ALTER k TYPE kind_new USING k::text::kind_new;"
        "ALTER TABLE t ALTER n TYPE int4, ALTER n SET NOT NULL",
    )
    outcome = named(run(project, ProveOptions(shadow=project.shadow, jobs=1)), "02_fewer")
    assert outcome.detail == ""
    assert outcome.proof
    assert outcome.proof.verdict is Verdict.EXACT
    assert outcome.proof.rows == 5


def test_a_rollback_has_a_session_without_temporary_tables(project: Project) -> None:
    project.write("01_init", "CREATE TABLE t (id int PRIMARY KEY, v int);")
    project.write(
        "02_aside", "CREATE TEMP TABLE aside AS SELECT id FROM t; UPDATE t SET v = 1 FROM aside a WHERE a.id = t.id;"
    )
    assert states(run(project, ProveOptions(shadow=project.shadow, jobs=1))) == {
        "01_init": "exact",
        "02_aside": "exact",
    }


def test_what_a_migration_that_does_not_run_may_lack_is_named(project: Project) -> None:
    project.write("01_vector", "CREATE EXTENSION nobody_has_this;")
    project.write("02_index", "CREATE INDEX i ON embedding (v);")
    first, second = run(project, ProveOptions(shadow=project.shadow, jobs=1)).migrations
    assert first.detail.splitlines()[-1] == (
        "the shadow's server does not have it: --shadow docker or --shadow-url lead to one that has"
    )
    assert second.detail.splitlines()[-1] == "before it, this does not run either: 01_vector"

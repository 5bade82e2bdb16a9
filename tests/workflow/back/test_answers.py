"""--fill and --map: values and labels that users name for what the former schema cannot take as it is."""

from __future__ import annotations

import pytest

from safemigrate.db.fingerprint import compare
from safemigrate.errors import Restored, RollbackError
from safemigrate.model import OnConflict, Result
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.cases import USERS
from tests.workflow.conftest import CHANGE, Project

RENAMED = """CREATE TYPE f AS ENUM ('a', 'c'); ALTER TABLE t ALTER v TYPE f USING (CASE v WHEN 'b' THEN 'c' ELSE v::text END)::f;
DROP TYPE e; ALTER TYPE f RENAME TO e;"""
ENUM = "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e NOT NULL); INSERT INTO t VALUES (1, 'b'), (2, 'a'), (3, 'b');"
TYPE = '"public"."e"'


def test_a_label_that_the_migration_took_away_can_be_named(project: Project) -> None:
    """What the migration itself made of a value goes back to what it was, whatever the mapping."""
    project.changed(ENUM, RENAMED, "INSERT INTO t VALUES (4, 'c'); UPDATE t SET v = 'a' WHERE id = 3;")
    (conflict,) = project.rollback().conflicts
    assert f"""--map '{TYPE}."c"=…'""" in conflict.choices[0]
    back = project.rollback(RollbackOptions(labels={TYPE: {"c": "a"}}))
    assert back.result is Result.ROLLED_BACK
    assert project.rows("SELECT id, v::text FROM t ORDER BY id") == [(1, "b"), (2, "a"), (3, "a"), (4, "a")]
    (settled,) = back.settled
    assert project.rows(f"SELECT id, v FROM {settled.place}") == [(4, "c")]


def test_labels_in_an_array_are_named_one_by_one(project: Project) -> None:
    project.changed(
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e[]); INSERT INTO t VALUES (1, '{b}'), (2, NULL);",
        "ALTER TYPE e ADD VALUE 'c'; ALTER TYPE e ADD VALUE 'd';",
        "UPDATE t SET v = '{a,c,NULL,d}' WHERE id = 1;",
    )
    found = project.rollback(RollbackOptions(labels={TYPE: {"c": "b"}})).conflicts
    assert len(found) == 2  # one for each statement that adds a label
    for conflict in found:
        assert f"""--map '{TYPE}."c"=b' --map '{TYPE}."d"=…'   # …""" in conflict.choices[0]
    assert project.rollback(RollbackOptions(labels={TYPE: {"c": "b", "d": "a"}})).result is Result.ROLLED_BACK
    assert project.rows("SELECT v::text FROM t ORDER BY id") == [("{a,b,NULL,a}",), (None,)]


@pytest.mark.parametrize(
    ("labels", "said"),
    [({'"public"."Role"': {"c": "a"}}, 'names "public"."Role"'), ({TYPE: {"c": "z"}}, "names z, which")],
)
def test_a_name_that_nothing_has_changes_nothing(
    project: Project, labels: dict[str, dict[str, str]], said: str
) -> None:
    project.changed(ENUM, "ALTER TYPE e ADD VALUE 'c';", "INSERT INTO t VALUES (4, 'c');")
    with pytest.raises(RollbackError, match=said) as caught:
        project.rollback(RollbackOptions(labels=labels))
    assert "a, b" in caught.value.why or TYPE in caught.value.why


def test_a_column_that_becomes_required_takes_a_value(project: Project) -> None:
    project.changed(
        USERS, 'ALTER TABLE "User" ALTER email DROP NOT NULL;', 'UPDATE "User" SET email = NULL WHERE id < 3;'
    )
    subject = '"public"."User"."email"'
    (conflict,) = project.rollback().conflicts
    assert conflict.choices[0].endswith(f"--fill '{subject}=…'")
    with pytest.raises(Restored, match="as it was") as caught:
        project.rollback(RollbackOptions(fill={subject: "same"}))
    assert "duplicate key" in caught.value.why
    project.run("UPDATE \"User\" SET email = 'b@x' WHERE id = 2;")
    back = project.rollback(RollbackOptions(fill={subject: "m@x"}))
    assert [(one.message, one.count) for one in back.settled] == [("1 row gets the value m@x", 1)]
    assert project.rows('SELECT email FROM "User" WHERE id = 1') == [("m@x",)]


def test_what_an_earlier_rollback_left_stays(project: Project) -> None:
    """The same migration, applied and rolled back twice, would use the same places."""
    project.baseline("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a');")
    project.write(CHANGE, "DELETE FROM t WHERE id = 1; ALTER TABLE t ADD COLUMN w text;")
    for number in (1, 2):
        assert project.apply().result is Result.APPLIED
        project.run(f"INSERT INTO t VALUES (1, 'new {number}', 'w {number}')")
        assert project.rollback(RollbackOptions(on_conflict=OnConflict.KEEP_OLD)).result is Result.ROLLED_BACK
        project.release(CHANGE)
    names = project.rows("SELECT relname FROM pg_class WHERE relname LIKE 'left\\_%' AND relkind = 'r'")
    kept = {str(row) for (name,) in names for (row,) in project.rows(f"SELECT t::text FROM safemigrate.{name} AS t")}
    assert {'(1,"new 1","w 1")', '(1,"new 2","w 2")'} <= kept
    listed = {place for (place,) in project.rows("SELECT place FROM safemigrate.kept WHERE kind = 'left'")}
    assert listed == {f"safemigrate.{name}" for (name,) in names}


def test_conflicts_of_an_older_migration_are_settled_when_its_turn_comes(project: Project) -> None:
    version = int(str(project.rows("SHOW server_version_num")[0][0]))
    distinct, value = ("NULLS NOT DISTINCT", "NULL") if version >= 150000 else ("", "'x'")
    setup = f"CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE {distinct}); INSERT INTO t VALUES (1, {value});"
    project.baseline(setup)
    before, _ = project.state()
    project.write("20240601000000_older", "ALTER TABLE t DROP CONSTRAINT t_v_key;")
    project.write("20240602000000_newer", "ALTER TABLE t RENAME v TO w;")
    assert project.apply().result is Result.APPLIED
    project.run("INSERT INTO t SELECT 2, w FROM t")
    rows = project.rows("SELECT id, w FROM t ORDER BY id")
    outcome = project.rollback(RollbackOptions(last=2))
    assert outcome.result is Result.CONFLICTS
    assert [one.migration for one in outcome.conflicts] == ["20240601000000_older"]
    assert any("--last 2 --on-conflict keep-old" in choice for choice in outcome.conflicts[0].choices)
    assert project.rows("SELECT id, w FROM t ORDER BY id") == rows
    back = project.rollback(RollbackOptions(last=2, on_conflict=OnConflict.KEEP_OLD))
    assert back.result is Result.ROLLED_BACK
    assert compare(before, project.state()[0]) == []
    assert project.rows("SELECT id FROM t") == [(1,)]

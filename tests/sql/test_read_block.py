from __future__ import annotations

import pytest

from safemigrate.sql import Action, Name, split
from safemigrate.sql.actions import (
    AddConstraint,
    Constraint,
    Delete,
    DoBlock,
    DropColumn,
    DropTable,
    Insert,
    Transaction,
    Truncate,
    Update,
)

T = Name(None, "t")


def block(sql: str) -> DoBlock:
    (statement,) = split(sql)
    (action,) = statement.actions
    assert isinstance(action, DoBlock)
    return action


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("BEGIN DROP TABLE t; END", (DropTable((T,)),)),
        ("BEGIN IF EXISTS (SELECT 1) THEN ALTER TABLE t DROP COLUMN a; END IF; END", (DropColumn(T, "a"),)),
        ("DECLARE x int := 1; y text; BEGIN TRUNCATE t; x := 2; x = 3; r.f := 4; END", (Truncate((T,)),)),
        (
            "BEGIN FOR i IN 1..10 LOOP DELETE FROM t WHERE a = i; COMMIT; END LOOP; END",
            (Delete(T, "a = i"), Transaction("commit")),
        ),
        (
            "BEGIN IF CASE WHEN a THEN b END THEN DELETE FROM t; ELSE UPDATE t SET a = 1; END IF; END",
            (Delete(T), Update(T, ("a",), "a = 1")),
        ),
        (
            "BEGIN FOR r IN DELETE FROM t RETURNING a LOOP INSERT INTO t VALUES (1); END LOOP; END",
            (Delete(T), Insert(T, values=("1",))),
        ),
        ("BEGIN <<l>> LOOP EXIT; END LOOP; PERFORM 1; RAISE NOTICE 'x'; RETURN; END", ()),
        ("BEGIN SELECT count(*) INTO x FROM t; END", ()),
        ("<<l>> DECLARE x int; y text; BEGIN DROP TABLE t; END l", (DropTable((T,)),)),
        ("#variable_conflict use_column\nBEGIN DROP TABLE t; END", (DropTable((T,)),)),
        ("BEGIN EXECUTE 'DROP TABLE t'; END", (DropTable((T,)),)),
        (
            "BEGIN ALTER TABLE t ADD CHECK (a); EXCEPTION WHEN duplicate_object THEN NULL; END",
            (AddConstraint(T, Constraint("check", expression="a")),),
        ),
    ],
)
def test_the_sql_of_a_block_is_read(body: str, expected: tuple[Action, ...]) -> None:
    assert block(f"DO $$ {body} $$") == DoBlock(expected)


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN EXECUTE format('DROP TABLE %I', x); END $$",
        "DO $$ BEGIN EXECUTE 'DROP TABLE ' || x; END $$",
        "DO $$ BEGIN FOR r IN EXECUTE q LOOP NULL; END LOOP; END $$",
        "DO $$ BEGIN FROBNICATE t; END $$",
        "DO $$ BEGIN x := 'never closed; END $$",
        "DO LANGUAGE plv8 $$ anything(); $$",
    ],
)
def test_what_only_a_run_can_tell_is_dynamic(sql: str) -> None:
    assert block(sql).dynamic


def test_a_body_in_quotes_is_read_like_any() -> None:
    assert block("DO 'BEGIN DELETE FROM t WHERE a = ''x''; END' LANGUAGE plpgsql").actions == (Delete(T, "a = 'x'"),)

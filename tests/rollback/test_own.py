from __future__ import annotations

import pytest

from safemigrate.model import Group, Kept, KeptKind, Plan, Proof, Step, Verdict
from safemigrate.rollback import own


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("", "it has no statement"),
        ("-- nothing to do", "it has no statement"),
        ("SELECT 'open", "line 1, column 8: this string is never closed"),
        ("SELECT 1;\nBEGIN;\nSELECT 2;", "line 2: BEGIN begins or ends a transaction"),
        ("SELECT 1;\n\nCOMMIT;", "line 3: COMMIT begins or ends a transaction"),
        ("SAVEPOINT a;", "line 1: SAVEPOINT a begins or ends a transaction"),
        ("SELECT 1;\n\\i other.sql\n", "line 2: \\i other.sql is a command of psql, not SQL"),
        ("\\set ON_ERROR_STOP on\nSELECT 1;", "line 1: \\set ON_ERROR_STOP on is a command of psql"),
        ('DROP INDEX CONCURRENTLY "i";', 'line 1: DROP INDEX CONCURRENTLY "i" cannot run in a transaction'),
    ],
)
def test_what_cannot_be_run_as_part_of_a_rollback(script: str, says: str) -> None:
    assert says in own.unfit(script)


@pytest.mark.parametrize(
    "script",
    [
        "SELECT E'\\n', '\\i x';",
        "DO $$ BEGIN NULL; END $$;",
        "SELECT 1",
        "-- \\i x\nSELECT 1;",
        'ALTER TABLE "\\" ADD a int',
    ],
)
def test_what_can(script: str) -> None:
    assert own.unfit(script) == ""


def test_statements_have_their_lines() -> None:
    assert own.statements("SELECT 1;\n\n-- two\nSELECT 2;") == [("SELECT 1", 1), ("SELECT 2", 4)]


def test_homes_of_what_is_moved() -> None:
    kept = (
        Kept(KeptKind.TABLE, '"public"."T"', '"safemigrate_ab_1"."T"'),
        Kept(KeptKind.TYPE, '"public"."E"', '"safemigrate_ab_1"."E"'),
        Kept(KeptKind.TABLE, '"public"."U"', "safemigrate.kept_ab_2"),
        Kept(KeptKind.COLUMN, '"public"."T"."c"', "safemigrate.kept_ab_3"),
    )
    plan = Plan("m", "", (Group((Step("", 1, (), kept=kept),)),), Proof(Verdict.EXACT))
    assert own.homes(plan) == ['"safemigrate_ab_1"']
    assert own.aside('"safemigrate_ab_1"', 7) == '"safemigrate_ab_1_7"'

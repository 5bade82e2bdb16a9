from __future__ import annotations

import pytest

from safemigrate.model import Confirmation, Finding, Severity
from tests.workflow.judge.conftest import Judge

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY, bio text, born text);
CREATE TABLE "Post" (id int PRIMARY KEY, "user" int REFERENCES "User" ON DELETE CASCADE);
CREATE TABLE "Empty" (id int PRIMARY KEY);
CREATE SEQUENCE counter;
INSERT INTO "User" SELECT n, 'bio' FROM generate_series(1, 20) n;
INSERT INTO "Post" SELECT n, n % 5 + 1 FROM generate_series(1, 10) n
"""


def said(found: list[Finding]) -> set[tuple[str, str, int | None, bool]]:
    return {(one.rule, one.subject, one.count, one.loses) for one in found if one.verdict is Confirmation.SEEN}


def hidden(sql: str) -> str:
    """A function that does it: its name tells nothing, and calling it is all that the migration's text shows."""
    return f"{SETUP}; CREATE FUNCTION tidy() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {sql}; END $$"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('DROP TABLE "Post"', ("seen-loss", '"public"."Post"', 10, True)),
        ('ALTER TABLE "User" DROP bio', ("seen-loss", '"public"."User"."bio"', 20, True)),
        ('TRUNCATE "Post"', ("seen-loss", '"public"."Post"', 10, True)),
        ('DELETE FROM "Post" WHERE id < 4', ("rows-deleted", '"public"."Post"', 3, True)),
        ('UPDATE "User" SET bio = NULL WHERE id = 1', ("rows-updated", '"public"."User"', 1, False)),
        (
            'ALTER TABLE "User" ALTER bio TYPE varchar(2) USING left(bio, 2)',
            ("seen-loss", '"public"."User"."bio"', None, True),
        ),
        ("DROP SEQUENCE counter", ("seen-loss", '"public"."counter"', None, True)),
    ],
)
def test_what_a_function_takes_is_seen(judged: Judge, sql: str, expected: tuple[str, str, int | None, bool]) -> None:
    assert expected in said(judged(hidden(sql), "SELECT tidy();"))


@pytest.mark.parametrize(
    "sql", ['DROP TABLE "Empty"', 'ALTER TABLE "User" DROP born', 'DELETE FROM "Empty"', 'TRUNCATE "Empty"']
)
def test_what_holds_nothing_is_no_loss(judged: Judge, sql: str) -> None:
    assert said(judged(hidden(sql), "SELECT tidy();")) == set()


def test_a_function_that_cascades_names_every_table(judged: Judge) -> None:
    sql = 'CREATE SCHEMA old; ALTER TABLE "User" SET SCHEMA old'
    setup = f"DROP SCHEMA IF EXISTS old CASCADE; {SETUP}; {sql}; CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS 'DROP SCHEMA old CASCADE'"
    assert ("seen-loss", '"old"."User"', 20, True) in said(judged(setup, "SELECT tidy();"))


@pytest.mark.parametrize(
    "sql",
    [
        'DROP TABLE "Empty";',
        'ALTER TABLE "User" DROP COLUMN born;',
        'DELETE FROM "Empty";',
        "UPDATE \"User\" SET bio = '' WHERE bio = 'none';",
    ],
)
def test_a_loss_that_takes_nothing_is_cleared(judged: Judge, sql: str) -> None:
    cleared = [one for one in judged(SETUP, sql) if one.verdict is Confirmation.CLEARED]
    assert [(one.severity, one.loses, one.blocks) for one in cleared] == [(Severity.NOTICE, False, False)]
    assert not any(one.loses for one in judged(SETUP, sql))


def test_made_rows_clear_nothing(judged: Judge) -> None:
    (found,) = [one for one in judged(SETUP, 'DROP TABLE "Empty";', real=False) if one.loses]
    assert (found.rule, found.verdict) == ("drop-table", Confirmation.CONFIRMED)


def test_a_loss_that_a_rule_named_is_said_once(judged: Judge) -> None:
    found = judged(SETUP, 'ALTER TABLE "User" DROP COLUMN bio;')
    assert [(one.rule, one.verdict) for one in found if one.loses] == [("drop-column", Confirmation.CONFIRMED)]


def test_a_recreated_enum_is_named_where_its_type_is_created(judged: Judge) -> None:
    setup = """CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN', 'ROOT'); CREATE TABLE "User" (id int PRIMARY KEY, role "Role");
        INSERT INTO "User" VALUES (1, 'USER')"""
    sql = """CREATE TYPE "Role_new" AS ENUM ('USER', 'ADMIN');
        ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
        ALTER TYPE "Role" RENAME TO "Role_old"; ALTER TYPE "Role_new" RENAME TO "Role"; DROP TYPE "Role_old";"""
    found = judged(setup, sql, blind=False)
    assert "enum-value-removed" in {one.rule for one in found}
    assert said(found) == set()


def test_filling_what_is_new_is_no_loss(judged: Judge) -> None:
    sql = 'ALTER TABLE "User" ADD COLUMN born int; UPDATE "User" SET born = 2000;'
    assert said(judged(SETUP.replace(", born text", ""), sql)) == set()

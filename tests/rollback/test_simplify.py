from __future__ import annotations

import pytest

from safemigrate.rollback.simplify import simplified

T = 'ALTER TABLE "public"."T"'


def joined(*actions: str) -> str:
    return f"{T}\n  " + ",\n  ".join(actions)


def test_actions_of_one_table_in_a_row_are_joined() -> None:
    actions = (
        'DROP CONSTRAINT "a"',
        'ALTER COLUMN "x" DROP NOT NULL',
        'ALTER COLUMN "x" TYPE text USING "x"::text',
        'ADD COLUMN "y" integer',
        'ALTER COLUMN "y" SET NOT NULL',
        "ALTER COLUMN \"y\" SET DEFAULT '1, 2'::text",
        'ADD CONSTRAINT "a" CHECK ("y" > 0)',
        'ENABLE ALWAYS TRIGGER "g"',
    )
    assert simplified(f"{T} {action}" for action in actions) == (joined(*actions),)


def test_what_stands_between_keeps_its_place() -> None:
    statements = (f'{T} ADD COLUMN "a" int', "UPDATE x SET a = 1", f'{T} ALTER COLUMN "a" SET NOT NULL')
    assert simplified(statements) == statements


def test_another_table_is_another_statement() -> None:
    statements = (f'{T} ADD COLUMN "a" int', 'ALTER TABLE "public"."U" ADD COLUMN "a" int', f'{T} ADD COLUMN "b" int')
    assert simplified(statements) == statements
    only = (f'{T} DROP COLUMN "a"', 'ALTER TABLE ONLY "public"."T" DROP COLUMN "b"')
    assert simplified(only) == only


@pytest.mark.parametrize(
    "actions",
    [
        ('ALTER COLUMN "a" SET NOT NULL', 'ALTER COLUMN "a" DROP NOT NULL'),
        ("ALTER COLUMN \"a\" SET DEFAULT 'x'", 'ALTER COLUMN "a" TYPE text'),
        ('ADD COLUMN "a" int', 'ALTER COLUMN "a" DROP DEFAULT'),
        ('ADD COLUMN "a" int', 'ALTER COLUMN "a" TYPE text'),
        ('ADD CONSTRAINT "a" CHECK (true)', 'DROP CONSTRAINT "a"'),
    ],
)
def test_an_order_that_the_server_would_turn_around_stays(actions: tuple[str, str]) -> None:
    statements = tuple(f"{T} {action}" for action in actions)
    assert simplified(statements) == statements


@pytest.mark.parametrize(
    "action",
    [
        'RENAME COLUMN "b" TO "c"',
        'SET SCHEMA "other"',
        'ATTACH PARTITION "p" DEFAULT',
        'ADD CONSTRAINT "k" PRIMARY KEY USING INDEX "i"',
        'ALTER COLUMN "b" ADD GENERATED ALWAYS AS IDENTITY',
        'ALTER COLUMN "b" DROP EXPRESSION',
        'ADD GENERATED "x"',
    ],
)
def test_actions_that_stand_alone_or_whose_pass_is_not_known(action: str) -> None:
    statements = (f'{T} DROP COLUMN "a"', f"{T} {action}", f'{T} ADD COLUMN "d" int')
    assert simplified(statements) == statements


def test_names_that_look_like_sql() -> None:
    table = 'ALTER TABLE "public"."a ADD ""COLUMN"" b"'
    statements = (f'{table} ADD COLUMN "DROP COLUMN x" int', f'{table} DROP CONSTRAINT "DROP COLUMN x"')
    assert simplified(statements) == statements
    assert len(simplified([f'{table} ADD COLUMN "x" int', f'{table} ADD COLUMN "y "" z" int'])) == 1

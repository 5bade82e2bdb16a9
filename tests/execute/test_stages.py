from __future__ import annotations

import json

import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.execute.stages import Stage, _apart, _eased, _refused, cut, from_json, to_json, whole
from safemigrate.model import Check, Group, Parting, Plan, Proof, Refill, Step, Verdict

USER = '"public"."User"'
EMPTY = Step("", 1, ())


def plan(*steps: Step) -> Plan:
    return Plan("m", "c", (Group(steps),), Proof(Verdict.EXACT))


def test_stages_survive_the_journal() -> None:
    stages = (
        Stage(("SELECT 1", Parting("s", "p", "c", ("k",), "rows"))),
        Stage(("UPDATE",), "place", "subject", 7, (Check("s", "m", "c", "", "look"),)),
    )

    assert from_json(json.loads(to_json(stages))) == stages


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        (f'ALTER TABLE {USER} ALTER COLUMN "a" SET NOT NULL', [f'ALTER TABLE {USER} ALTER COLUMN "a" SET NOT NULL']),
        (
            f'ALTER TABLE {USER}\n  ALTER COLUMN "a" SET DEFAULT \'x\',\n  ALTER COLUMN "a" SET NOT NULL',
            [
                f"ALTER TABLE {USER} ALTER COLUMN \"a\" SET DEFAULT 'x'",
                f'ALTER TABLE {USER} ALTER COLUMN "a" SET NOT NULL',
            ],
        ),
        (
            f"ALTER TABLE {USER}\n  ALTER COLUMN \"a\" SET DEFAULT 'it''s,\n  \"so\"',\n"
            '  ALTER COLUMN "a" SET NOT NULL',
            [
                f"ALTER TABLE {USER} ALTER COLUMN \"a\" SET DEFAULT 'it''s,\n  \"so\"'",
                f'ALTER TABLE {USER} ALTER COLUMN "a" SET NOT NULL',
            ],
        ),
        ('ALTER TABLE "public"."Other"\n  a,\n  b', ['ALTER TABLE "public"."Other"\n  a,\n  b']),
    ],
)
def test_joined_actions_come_apart(sql: str, parts: list[str]) -> None:
    assert _apart(sql, [USER]) == parts


@pytest.mark.parametrize(
    ("definition", "refused"),
    [
        (
            'FOREIGN KEY ("a b", c) REFERENCES public."Tea am"(id, "k k") ON DELETE CASCADE',
            f'{USER} AS t WHERE t."a b" IS NOT NULL AND t.c IS NOT NULL AND NOT EXISTS '
            '(SELECT FROM public."Tea am" AS p WHERE p.id = t."a b" AND p."k k" = t.c)',
        ),
        ("FOREIGN KEY (a, PERIOD b) REFERENCES t(a, PERIOD b)", ""),
        ("CHECK ((a > 1)) NO INHERIT", f"{USER} AS t WHERE NOT ((a > 1))"),
    ],
)
def test_what_a_constraint_refuses(definition: str, refused: str) -> None:
    kind = "CHECK" if definition.startswith("CHECK") else "FOREIGN KEY"
    assert _refused(USER, kind, definition.removeprefix(f"{kind} ")) == refused


@pytest.mark.parametrize(
    "sql",
    [
        f'ALTER TABLE {USER} ADD CONSTRAINT "c" CHECK ((a > 1)) NOT VALID',
        f'ALTER TABLE {USER} ADD CONSTRAINT "c" UNIQUE (a)',
        f'ALTER TABLE {USER} ALTER COLUMN "a" DROP NOT NULL',
        'ALTER TABLE "public"."Other" ALTER COLUMN "a" SET NOT NULL',
    ],
)
def test_what_needs_no_scan_is_left_alone(sql: str) -> None:
    assert _eased(sql, USER, EMPTY, 0) is None


def test_only_what_is_large_is_cut_and_the_order_stays(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        session.run(
            connection,
            f"CREATE TABLE {USER} (id int, a int); CREATE TABLE few AS SELECT generate_series(1, 3);"
            "CREATE TABLE many AS SELECT generate_series(1, 4)",
        )
        refill = Refill(USER, "many", ("UPDATE FROM many AS k",), ("rest",), ("off",), ("on",), at=1)
        small = Refill(USER, "few", ("UPDATE FROM few AS k",), at=0)
        step = Step(
            "",
            1,
            (),
            inverse=("first", *refill.sql, f'ALTER TABLE {USER} ALTER COLUMN "a" SET NOT NULL', "last"),
            refills=(refill,),
        )
        older = Step("", 1, (), inverse=(*small.sql, "oldest"), refills=(small,))
        assert cut(connection, plan(older), 3) == ()
        found = cut(connection, plan(older, step), 3)
        assert [stage.actions for stage in found] == [
            ("first",),
            ("off", "UPDATE FROM many AS k", "on"),
            (
                "off",
                "rest",
                "on",
                f'ALTER TABLE {USER} ADD CONSTRAINT safemigrate_not_null_0 CHECK ("a" IS NOT NULL) NOT VALID',
            ),
            ("off", "rest", "on", f"ALTER TABLE {USER} VALIDATE CONSTRAINT safemigrate_not_null_0"),
            (
                f'ALTER TABLE {USER} ALTER COLUMN "a" SET NOT NULL',
                f"ALTER TABLE {USER} DROP CONSTRAINT safemigrate_not_null_0",
                "last",
                "UPDATE FROM few AS k",
                "oldest",
            ),
        ]
        assert [(stage.place, stage.rows) for stage in found if stage.place] == [("many", 4)]


def test_what_cannot_be_cut_is_named(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        session.run(connection, "CREATE TABLE many AS SELECT generate_series(1, 4)")
        one = Refill(USER, "many", ("UPDATE FROM many AS k",), whole="the table has no key")
        step = Step("", 1, (), inverse=one.sql, refills=(one,))
        assert cut(connection, plan(step), 2) == ()
        (said,) = whole(connection, plan(step), 2)
        assert said.startswith(f"4 rows of {USER} go back in one transaction")
        assert said.endswith("the table has no key")

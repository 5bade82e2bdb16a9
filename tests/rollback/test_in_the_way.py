"""What something else changed since apply, found by following the inverse over the names of today."""

from __future__ import annotations

import pytest

from safemigrate.db.sqlite.catalog import fold
from safemigrate.model import Check, Group, Parting, Plan, Proof, Refill, Step, Verdict
from safemigrate.rollback.in_the_way import Dependent, There, in_the_way, without

GONE = "is not there any more: something else dropped or renamed it since apply"
NEEDED = 'view "public"."v" needs it, which something else made since apply'
MADE = "is there already: something else made it since apply"


def there() -> There:
    return There(
        "postgresql",
        {
            ("public", "User"): "table",
            ("public", "Tag"): "table",
            ("public", "key"): "index",
            ("public", "v"): "view",
            ("public", "Part"): "table",
        },
        {
            ("public", "User"): {("column", "id"), ("column", "extra"), ("constraint", "fk"), ("index", "key")},
            ("public", "Tag"): {("column", "id"), ("trigger", "t")},
        },
        {(("public", "User"), "extra"): [Dependent('view "public"."v"', 'DROP VIEW "public"."v"', ("public", "v"))]},
        types={("public", "D")},
    )


def plan(step: Step) -> Plan:
    return Plan("change", "", (Group((step,)),), Proof(Verdict.EXACT))


def inverse_of(*inverse: str) -> Plan:
    return plan(Step("", 1, (), inverse=inverse))


@pytest.mark.parametrize(
    ("inverse", "expected"),
    [
        (['ALTER TABLE "public"."User" DROP CONSTRAINT "fk"'], []),
        (['ALTER TABLE "public"."User" DROP CONSTRAINT "x"'], [('constraint "public"."User"."x"', GONE, True)]),
        (['DROP INDEX "public"."other"'], [('index "public"."other"', GONE, True)]),
        (['DROP TABLE "public"."New"'], [('table "public"."New"', GONE, True)]),
        (['ALTER TABLE "public"."New" DROP COLUMN "a"'], [('table "public"."New"', GONE, True)]),
        (['ALTER TABLE "public"."User" RENAME COLUMN "a" TO "b"'], [('column "public"."User"."a"', GONE, False)]),
        (
            ['ALTER TABLE "public"."User" RENAME COLUMN "id" TO "at"', 'DROP INDEX "public"."key"'],
            [],
        ),
        (['ALTER TABLE "public"."User" ADD COLUMN "extra" text'], [('column "public"."User"."extra"', MADE, False)]),
        (
            [
                'CREATE TABLE "public"."Heir" ("k" int) INHERITS ("public"."User")',
                'INSERT INTO "public"."Heir" ("id", "k") SELECT k."id", k."k" FROM safemigrate.kept_1 AS k',
            ],
            [],
        ),
        (['CREATE INDEX "key" ON public."Tag" USING btree (id)'], [('index "public"."key"', MADE, False)]),
        (['CREATE INDEX "k" ON public."Tag" USING btree (no)'], [('column "public"."Tag"."no"', GONE, False)]),
        (['DROP TABLE "public"."User"', 'CREATE INDEX "key" ON public."Tag" USING btree (id)'], [
            ('column "public"."User"."extra"', NEEDED, False)
        ]),
        (['DROP VIEW "public"."v"', 'ALTER TABLE "public"."User" DROP COLUMN "extra"'], []),
        (['ALTER TABLE "safemigrate_1"."Old" SET SCHEMA "public"', 'ALTER TABLE "public"."Old" DROP COLUMN "x"'], []),
        (['ALTER TABLE "safemigrate_1"."Tag" SET SCHEMA "public"'], [('table "public"."Tag"', MADE, False)]),
        (
            ['UPDATE "public"."Tag" AS t SET "id" = k."a" FROM safemigrate.kept AS k WHERE t."no" = k."no"'],
            [('column "public"."Tag"."no"', GONE, False)],
        ),
        (['CREATE INDEX "k" ON public."Part" USING btree (no)'], []),
        (['ALTER DOMAIN "public"."D" RENAME CONSTRAINT "a" TO "b"'], []),
        (['ALTER VIEW "public"."v" RENAME COLUMN "a" TO "b"'], []),
        (['DROP TRIGGER "u" ON "public"."Tag"'], [('trigger "public"."Tag"."u"', GONE, True)]),
        (['DO $$ BEGIN DROP TABLE nobody; END $$'], []),
    ],
)  # fmt: skip
def test_is_found_by_name(inverse: list[str], expected: list[tuple[str, str, bool]]) -> None:
    found = in_the_way(inverse_of(*inverse), there())
    assert [(f"{one.kind} {one.name}", one.why, one.optional) for one in found] == expected


REBUILD = (
    'ALTER TABLE "User" RENAME TO "safemigrate_1"',
    'CREATE TABLE "User" ("id" INTEGER, "bio" TEXT, "nick" TEXT)',
    'INSERT INTO "User" ("id", "bio", "nick") SELECT n."id", k."old_bio", n."handle" FROM "safemigrate_1" AS n '
    'LEFT JOIN "safemigrate"."x_User" AS k ON k."at_id" = +n."id"',
    'DROP TABLE "safemigrate_1"',
)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("id handle", []),
        ("ID Handle more", []),
        ("id", [('"User"."handle"', GONE)]),
        ("id handle bio", [('"User"."bio"', MADE)]),
    ],
)
def test_a_table_that_is_made_anew(columns: str, expected: list[tuple[str, str]]) -> None:
    parts = {("column", fold(name)) for name in columns.split()}
    found = in_the_way(inverse_of(*REBUILD), There("sqlite", {("", "user"): "table"}, {("", "user"): parts}, fold=fold))
    assert [(one.name, one.why) for one in found] == expected


def test_what_is_left_out_is_not_asked_nor_kept() -> None:
    drop, other = 'ALTER TABLE "public"."New" DROP COLUMN "a"', 'DROP INDEX "public"."key"'
    step = Step(
        "",
        1,
        (),
        inverse=(drop, other),
        checks=(Check('"public"."New"."a"', "", "SELECT 1"), Check('"public"."Tag"', "", "SELECT 2")),
        partings=(Parting('"public"."New"', "p", "SELECT 1", ()),),
        refills=(Refill('"public"."Tag"', "p", ("SELECT 1",)),),
    )
    whole = plan(step)
    (left,) = without(whole, in_the_way(whole, there())).steps
    assert left.inverse == (other,)
    assert [one.subject for one in left.checks] == ['"public"."Tag"']
    assert (left.partings, left.refills) == ((), ())

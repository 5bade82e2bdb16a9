"""One hash for a schema, and differences in words."""

from __future__ import annotations

import pytest

from safemigrate.db.catalog import read
from safemigrate.db.fingerprint import column_order, compare, fingerprint
from safemigrate.db.postgres import Connection
from safemigrate.db.session import run


def test_the_order_of_columns_is_reported_but_does_not_count(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "t" ("a" int, "b" text)')
    one = read(connection)
    run(connection, 'DROP TABLE "t"; CREATE TABLE "t" ("b" text, "a" int)')
    other = read(connection)
    assert fingerprint(one) == fingerprint(other)
    assert column_order(one) == {'"public"."t"': ("a", "b")}
    assert column_order(other) == {'"public"."t"': ("b", "a")}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            'ALTER TABLE "t" ALTER "a" TYPE text',
            'column "public"."t"."a": type text, expected character varying(20)',
        ),
        ('ALTER TABLE "t" ALTER "a" SET NOT NULL', 'column "public"."t"."a": not null yes, expected no'),
        ('ALTER TABLE "t" DROP COLUMN "b"', 'column "public"."t"."b" is missing'),
        ('CREATE VIEW "v" AS SELECT 1 AS x', 'view "public"."v" is not expected'),
        ("""ALTER TYPE "e" ADD VALUE 'z'""", 'enum "public"."e": labels (x, y, z), expected (x, y)'),
        ("""COMMENT ON TABLE "t" IS 'hi'""", 'table "public"."t": comment hi, expected none'),
        ('GRANT SELECT ON "t" TO PUBLIC', 'table "public"."t": acl '),
        ('ALTER TABLE "t" ENABLE ROW LEVEL SECURITY', 'table "public"."t": row security yes, expected no'),
        ('ALTER TABLE "t" ALTER "b" SET DEFAULT 4', 'default "public"."t"."b": definition 4, expected 3'),
    ],
)
def test_a_difference_is_said_in_words(connection: Connection, change: str, said: str) -> None:
    run(
        connection,
        """CREATE TYPE "e" AS ENUM ('x', 'y'); CREATE TABLE "t" ("a" varchar(20), "b" int DEFAULT 3)""",
    )
    before = read(connection)
    run(connection, change)
    after = read(connection)
    assert fingerprint(before) != fingerprint(after)
    (line,) = [line for line in compare(before, after) if line.startswith(said)]
    assert line


def test_what_shall_not_count_does_not(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "t" ("a" int)')
    before = read(connection)
    run(connection, 'ALTER TABLE "t" OWNER TO pg_monitor; GRANT SELECT ON "t" TO PUBLIC')
    after = read(connection)
    assert fingerprint(before) != fingerprint(after)
    ignored = ("owner", "acl")
    assert fingerprint(before, ignore=ignored) == fingerprint(after, ignore=ignored)
    assert compare(before, after, ignore=ignored) == []


def test_a_grant_taken_back_leaves_no_trace(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "t" ("a" int)')
    before = read(connection)
    run(connection, 'GRANT SELECT ON "t" TO PUBLIC; REVOKE SELECT ON "t" FROM PUBLIC')
    assert fingerprint(before) == fingerprint(read(connection))


def test_statistics_name_their_columns_in_no_order(connection: Connection) -> None:
    run(connection, 'CREATE TABLE "t" ("a" int, "b" text); CREATE STATISTICS "s" ON "a", "b" FROM "t"')
    before = read(connection)
    run(connection, 'ALTER TABLE "t" DROP COLUMN "a", ADD COLUMN "c" int; ALTER TABLE "t" RENAME "c" TO "a"')
    run(connection, 'CREATE STATISTICS "s" ON "a", "b" FROM "t"')
    assert fingerprint(before) == fingerprint(read(connection))

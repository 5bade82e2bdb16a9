"""Findings with the rows of a real database counted."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from safemigrate.lint import Facts
from safemigrate.model import Finding, Severity
from tests.lint.conftest import Read, facts_of

ERROR, WARNING, NOTICE = Severity.ERROR, Severity.WARNING, Severity.NOTICE
SCANS = ("set-not-null-scans", WARNING, 1500, False)
INDEX = ("index-not-concurrent", WARNING, 1500, False)
REWRITES = ("type-change-rewrites", WARNING, 1500, False)
_SETUP = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN', 'GUEST', 'ROBOT');
CREATE TABLE "User" (id int PRIMARY KEY, email text, bio text, motto text, role "Role" NOT NULL DEFAULT 'USER',
                     roles "Role"[] NOT NULL DEFAULT '{USER}', code varchar(10), age int);
INSERT INTO "User" SELECT i, 'user' || i % 1498, CASE WHEN i <= 900 THEN 'x' END, NULL,
                          (CASE WHEN i <= 12 THEN 'GUEST' ELSE 'USER' END)::"Role", '{ADMIN}', 'c' || i, i
                   FROM generate_series(1, 1500) i;
CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int);
INSERT INTO "Post" VALUES (1, 1), (2, NULL), (3, -1);
CREATE TABLE "Empty" (id int PRIMARY KEY, a text);
CREATE SEQUENCE "Stamp"; SELECT setval('"Stamp"', 5);
ANALYZE;
"""


@pytest.fixture
def facts(target: psycopg.Connection) -> Facts:
    target.execute(_SETUP)
    return facts_of(target)


def brief(findings: list[Finding]) -> list[tuple[str, Severity, int | None, bool]]:
    return [(finding.rule, finding.severity, finding.count, finding.loses) for finding in findings]


def recreate(labels: str, *, first: str = "", column: str = "role", using: str = "") -> str:
    array, default = ("[]", "'{}'") if column == "roles" else ("", "'USER'")
    using = using or f'"{column}"::text{array}::"Role_new"{array}'
    return f"""{first}
        CREATE TYPE "Role_new" AS ENUM ({labels});
        ALTER TABLE "User" ALTER COLUMN "{column}" DROP DEFAULT;
        ALTER TABLE "User" ALTER COLUMN "{column}" TYPE "Role_new"{array} USING ({using});
        ALTER TYPE "Role" RENAME TO "Role_old";
        ALTER TYPE "Role_new" RENAME TO "Role";
        DROP TYPE "Role_old";
        ALTER TABLE "User" ALTER COLUMN "{column}" SET DEFAULT {default};"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('DROP TABLE "User"', [("drop-table", WARNING, 1500, True)]),
        ('DROP TABLE "Empty"', [("drop-table", NOTICE, 0, False)]),
        ('ALTER TABLE "User" DROP COLUMN bio', [("drop-column", WARNING, 900, True)]),
        ('ALTER TABLE "User" DROP COLUMN motto', [("drop-column", NOTICE, 0, False)]),
        ('ALTER TABLE "Empty" DROP COLUMN a', []),
        ('DO $$ BEGIN ALTER TABLE "User" DROP COLUMN bio; END $$', [("drop-column", WARNING, 900, True)]),
        ('ALTER TABLE "User" DROP bio, ADD biography text', [("drop-and-add-column", WARNING, 900, True)]),
        ('ALTER TABLE "User" DROP bio, ADD bio int', [("drop-and-add-column", WARNING, 900, True)]),
        ('ALTER TABLE "User" DROP bio, ADD born int', [("drop-column", WARNING, 900, True)]),
        (
            'ALTER TABLE "User" ADD biography text; UPDATE "User" SET biography = bio; ALTER TABLE "User" DROP bio',
            [("backfill-in-migration", WARNING, 1500, False), ("drop-column", WARNING, 900, True)],
        ),
        ('ALTER TABLE "User" ALTER code TYPE varchar(20)', []),
        ('ALTER TABLE "User" ALTER code TYPE text', []),
        ('ALTER TABLE "User" ALTER age TYPE bigint', [REWRITES]),
        ('ALTER TABLE "User" ALTER age TYPE smallint', [("type-change", WARNING, 1500, True), REWRITES]),
        ('ALTER TABLE "User" ALTER code TYPE varchar(5)', [("type-change", WARNING, 1500, True), REWRITES]),
        ('ALTER TABLE "Post" ALTER "authorId" TYPE bigint', []),
        ('ALTER TABLE "User" ADD country text NOT NULL', [("required-column-without-default", ERROR, 1500, False)]),
        ('ALTER TABLE "Empty" ADD country text NOT NULL', []),
        ('ALTER TABLE "User" ALTER bio SET NOT NULL', [("set-not-null", ERROR, 600, False), SCANS]),
        (
            """UPDATE "User" SET bio = '' WHERE bio IS NULL; ALTER TABLE "User" ALTER bio SET NOT NULL""",
            [("set-not-null", NOTICE, 600, False), SCANS],
        ),
        ('ALTER TABLE "User" ALTER email SET NOT NULL', [SCANS]),
        ('ALTER TABLE "Post" ALTER id SET NOT NULL', []),
        (
            'ALTER TABLE "User" ADD c text; ALTER TABLE "User" ALTER c SET NOT NULL',
            [("set-not-null", ERROR, 1500, False), SCANS],
        ),
        ('CREATE UNIQUE INDEX ON "User" (email)', [INDEX, ("unique-on-existing", ERROR, 2, False)]),
        ('CREATE UNIQUE INDEX ON "User" (email) WHERE id > 2', [INDEX]),
        ('ALTER TABLE "User" ADD UNIQUE (email, code)', [("constraint-builds-index", WARNING, 1500, False)]),
        ('CREATE UNIQUE INDEX CONCURRENTLY ON "User" (code)', []),
        ('CREATE UNIQUE INDEX ON "User" (motto)', [INDEX]),
        ('CREATE UNIQUE INDEX ON "User" (motto) NULLS NOT DISTINCT', [INDEX, ("unique-on-existing", ERROR, 1, False)]),
        ('CREATE UNIQUE INDEX ON "Post" ("authorId")', []),
        ('CREATE INDEX ON "User" (email)', [INDEX]),
        ('CREATE INDEX ON "Post" ("authorId")', []),
        (
            'ALTER TABLE "Post" ADD CONSTRAINT f FOREIGN KEY ("authorId") REFERENCES "User"(id)',
            [("foreign-key-validates", ERROR, 1, False)],
        ),
        (
            'DELETE FROM "Post" WHERE id = 3;'
            'ALTER TABLE "Post" ADD CONSTRAINT f FOREIGN KEY ("authorId") REFERENCES "User"(id)',
            [("delete-rows", WARNING, 1, True)],
        ),
        ('ALTER TABLE "User" ADD boss int REFERENCES "User"', [("foreign-key-without-index", NOTICE, None, False)]),
        ('ALTER TABLE "User" ADD boss int REFERENCES "User"; CREATE INDEX ON "User" (boss)', [INDEX]),
        ('ALTER TABLE "Post" ADD FOREIGN KEY ("authorId") REFERENCES "User"(id) NOT VALID', []),
        ('ALTER SEQUENCE "Stamp" RESTART WITH 4', [("sequence-set-back", WARNING, None, False)]),
        ('ALTER SEQUENCE "Stamp" RESTART WITH 5', []),
        ("SELECT setval('public.\"Stamp\"', 4)", [("sequence-set-back", WARNING, None, False)]),
        (
            """INSERT INTO "User" (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET motto = 'x', id = EXCLUDED.id""",
            [("overwrite-values", WARNING, None, True)],
        ),
        ("""INSERT INTO "Empty" VALUES (1) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a""", []),
        (
            'ALTER TABLE "User" ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES "User"(id)',
            [("foreign-key-validates", WARNING, 1500, False)],
        ),
        ('DELETE FROM "Post"', [("truncate-or-delete-all", WARNING, 3, True)]),
        ('TRUNCATE "Post", "Empty"', [("truncate-or-delete-all", WARNING, 3, True)]),
        (recreate("'USER', 'ADMIN', 'ROBOT'"), [("enum-value-removed", ERROR, 12, True), REWRITES]),
        (recreate("'USER', 'ADMIN', 'GUEST'"), [("enum-value-removed", NOTICE, 0, False), REWRITES]),
        (recreate("'ROBOT', 'GUEST', 'ADMIN', 'USER', 'NEW'"), [REWRITES]),
        (
            recreate("'USER', 'ADMIN', 'ROBOT'", first="""UPDATE "User" SET role = 'USER' WHERE role = 'GUEST';"""),
            [("overwrite-values", WARNING, 12, True), ("enum-value-removed", WARNING, 12, True), REWRITES],
        ),
        (
            recreate("'USER'", using="""(CASE WHEN role = 'USER' THEN 'USER' ELSE 'USER' END)::"Role_new\""""),
            [("enum-value-removed", WARNING, 12, True), REWRITES],
        ),
        (recreate("'USER'", column="roles"), [("enum-value-removed", ERROR, 1500, True), REWRITES]),
    ],
)
def test_severity_follows_the_rows(
    sql: str, expected: list[tuple[str, Severity, int | None, bool]], read: Read, facts: Facts
) -> None:
    assert brief(read(sql, facts)) == expected


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "User" ADD country text NOT NULL',
        'ALTER TABLE "User" ALTER bio SET NOT NULL',
        'CREATE UNIQUE INDEX ON "User" (email)',
        'ALTER TABLE "Post" ADD FOREIGN KEY ("authorId") REFERENCES "User"(id)',
        recreate("'USER', 'ADMIN', 'ROBOT'"),
    ],
)
def test_what_is_an_error_does_fail(sql: str, read: Read, facts: Facts, target: psycopg.Connection) -> None:
    assert ERROR in [finding.severity for finding in read(sql, facts)]
    with pytest.raises(psycopg.errors.Error, match=r"null|duplicate|could not create|foreign key|invalid input"):
        target.execute(sql.encode())


def test_findings_say_what_is_there_and_the_way_out(read: Read, facts: Facts) -> None:
    (drop,) = read('ALTER TABLE "User" DROP COLUMN "bio"', facts)
    assert drop.message == '"User"."bio" is dropped; it holds 900 values'
    (rename,) = read('ALTER TABLE "User" DROP COLUMN "bio", ADD COLUMN "biography" TEXT', facts)
    assert 'ALTER TABLE "User" RENAME COLUMN "bio" TO "biography";' in rename.help
    (dropped,) = read('CREATE TABLE "Note" (id int, "authorId" int); DROP TABLE "Post"', facts)
    assert 'ALTER TABLE "Post" RENAME TO "Note";' in dropped.help


def test_a_condition_that_may_act_is_not_asked(read: Read, facts: Facts) -> None:
    asked: list[str] = []

    def count(query: str) -> int | None:
        asked.append(query)
        return facts.count(query)

    watched = replace(facts, count=count)
    (acts,) = read("DELETE FROM \"User\" WHERE pg_notify('gone', email) IS NULL;", watched)
    assert (acts.rule, acts.count, acts.loses) == ("delete-rows", None, True)
    assert not [query for query in asked if "pg_notify" in query]
    read("CREATE UNIQUE INDEX i ON \"User\"(email) WHERE pg_notify('gone', email) IS NULL;", watched)
    assert not [query for query in asked if "pg_notify" in query]
    (newest,) = read('DELETE FROM "User" WHERE id = (SELECT max(id) FROM "User");', watched)
    assert (newest.rule, newest.count) == ("delete-rows", 1)

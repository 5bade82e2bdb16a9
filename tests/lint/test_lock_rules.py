"""What clears a lock by the text alone, by the server's version, and by what a target is known to hold."""

from __future__ import annotations

import pytest

from safemigrate.lint import RULES, Facts, TableFact
from safemigrate.lint.facts import Index
from safemigrate.sql import Name
from safemigrate.sql.actions import Constraint
from tests.lint.conftest import Read

LOCKS = {rule.name for rule in RULES if rule.family == "lock"}
_CHECK = "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; COMMIT;"


def locks(read: Read, sql: str, facts: Facts | None = None) -> list[str]:
    return [finding.rule for finding in read(sql, facts) if finding.rule in LOCKS]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # SET NOT NULL: a valid check of the same column, and no other
        (f"BEGIN; {_CHECK} ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL", []),
        (f"BEGIN; {_CHECK} ALTER TABLE t ALTER a SET NOT NULL", ["set-not-null-scans"]),
        (
            f"BEGIN; {_CHECK} ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER b SET NOT NULL",
            ["set-not-null-scans"],
        ),
        (
            "BEGIN; ALTER TABLE t ADD CONSTRAINT c CHECK ((a IS NOT NULL) AND (b IS NOT NULL)) NOT VALID; COMMIT;"
            "ALTER TABLE t VALIDATE CONSTRAINT c; COMMIT; ALTER TABLE t ALTER b SET NOT NULL",
            [],
        ),
        (
            "BEGIN; ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL OR b IS NOT NULL) NOT VALID; COMMIT;"
            "ALTER TABLE t VALIDATE CONSTRAINT c; COMMIT; ALTER TABLE t ALTER a SET NOT NULL",
            ["set-not-null-scans"],
        ),
        ("ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET NOT NULL", ["set-not-null-scans"]),
        ("ALTER TABLE t ADD COLUMN q int NOT NULL DEFAULT 1, ALTER q SET DEFAULT 2", []),
        # VALIDATE in the transaction of its ADD, or behind another lock
        (
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id) NOT VALID;"
            "ALTER TABLE t VALIDATE CONSTRAINT f",
            ["validate-in-same-transaction"],
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c",
            ["validate-in-same-transaction"],
        ),
        ("ALTER TABLE t VALIDATE CONSTRAINT f", []),
        ("ALTER TABLE t ADD b int; ALTER TABLE t VALIDATE CONSTRAINT f", ["slow-under-exclusive-lock"]),
        ("BEGIN; ALTER TABLE t ADD b int; COMMIT; ALTER TABLE t VALIDATE CONSTRAINT f", []),
        # A new table, and what was copied into it
        ("CREATE TABLE n (a int); CREATE INDEX ON n (a); ALTER TABLE n ADD FOREIGN KEY (a) REFERENCES t (id)", []),
        (
            "CREATE TABLE n (a int); INSERT INTO n SELECT a FROM t; ALTER TABLE n ADD FOREIGN KEY (a) REFERENCES t",
            ["foreign-key-validates"],
        ),
        ("ALTER TABLE t ADD q int REFERENCES u (id)", []),
        ("ALTER TABLE t ADD q int DEFAULT 1 REFERENCES u (id)", ["foreign-key-validates"]),
        ("CREATE INDEX ON ONLY p (a)", []),
        # Primary keys
        ("ALTER TABLE t ADD PRIMARY KEY USING INDEX i", []),
        ("ALTER TABLE t DROP CONSTRAINT k, ADD CONSTRAINT k PRIMARY KEY (a)", ["primary-key-change"]),
        ("ALTER TABLE t ADD PRIMARY KEY (a)", ["constraint-builds-index"]),
        ("ALTER TABLE t ADD id bigserial PRIMARY KEY", ["serial-column"]),
        # Foreign keys that go
        ("ALTER TABLE t DROP CONSTRAINT t_a_fkey", ["drop-foreign-key"]),
        ("ALTER TABLE t DROP CONSTRAINT helper", []),
        (
            "ALTER TABLE t DROP CONSTRAINT t_a_fkey;"
            "ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE",
            ["foreign-key-validates"],
        ),
        # Types: the old one as the text has it
        ("ALTER TABLE t ADD q varchar(5); ALTER TABLE t ALTER q TYPE varchar(9)", []),
        ("ALTER TABLE t ADD q varchar(5); ALTER TABLE t ALTER q TYPE text USING q::text", []),
        ("ALTER TABLE t ADD q varchar(5); ALTER TABLE t ALTER q TYPE text USING lower(q)", ["type-change-rewrites"]),
        ("ALTER TABLE t ALTER q TYPE text", ["type-change-rewrites"]),
        ("ALTER TABLE t ALTER q TYPE int, ALTER r TYPE int", ["type-change-rewrites"]),
        # Defaults
        ("ALTER TABLE t ADD q text DEFAULT f()", ["volatile-default"]),
        ("CREATE FUNCTION f() RETURNS text STABLE RETURN 'x'; ALTER TABLE t ADD q text DEFAULT f()", []),
        ("ALTER TABLE t ADD q timestamptz DEFAULT timezone('utc', now())", []),
        ("ALTER TABLE t ADD q int GENERATED ALWAYS AS (1) VIRTUAL", ["stored-generated-column"]),
        # Rows behind a lock
        ("ALTER TABLE t ADD q int; UPDATE t SET q = 1", ["backfill-in-migration"]),
        ("UPDATE t SET q = 1", ["update-without-where"]),
        ("UPDATE t SET q = 1 WHERE q IS NULL", []),
        ("ALTER TABLE t ADD q int; UPDATE t SET q = 1 WHERE id = 5", []),
        ("ALTER TABLE t ADD q int; INSERT INTO u VALUES (1), (2)", []),
        ("ALTER TABLE t ADD q int; INSERT INTO u SELECT a FROM t", ["backfill-in-migration"]),
        ("CREATE TABLE n (a int); INSERT INTO n SELECT a FROM t", []),
        # Timeouts: pg_dump's are in front of new tables
        ("SET lock_timeout = 0; CREATE TABLE n (a int); CREATE INDEX ON n (a)", []),
        ("SET LOCAL lock_timeout = '0ms'; DROP INDEX i", ["lock-timeout-off", "drop-index-not-concurrent"]),
        ("SET statement_timeout TO '0'; ALTER TABLE t ADD q int", ["lock-timeout-off"]),
        # Partitions
        ("ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1) TO (9)", ["attach-partition"]),
        (
            "BEGIN; ALTER TABLE t ADD CONSTRAINT c CHECK (k >= 1 AND k < 9) NOT VALID; COMMIT;"
            "ALTER TABLE t VALIDATE CONSTRAINT c; COMMIT;"
            "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1) TO (9)",
            [],
        ),
    ],
)
def test_by_the_text(sql: str, expected: list[str], read: Read) -> None:
    assert locks(read, sql) == expected


@pytest.mark.parametrize(
    ("version", "sql", "expected"),
    [
        (10, "ALTER TABLE t ADD q int DEFAULT 1", ["volatile-default"]),
        (11, "ALTER TABLE t ADD q int DEFAULT 1", []),
        (
            11,
            f"BEGIN; {_CHECK} ALTER TABLE t VALIDATE CONSTRAINT c; COMMIT; ALTER TABLE t ALTER a SET NOT NULL",
            ["set-not-null-scans"],
        ),
        (18, "ALTER TABLE t ADD q int GENERATED ALWAYS AS (1)", []),
        (18, "ALTER TABLE t ADD CONSTRAINT n NOT NULL a", ["set-not-null-scans"]),
        (18, "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID", []),
        (18, "ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED", []),
    ],
)
def test_by_the_version(version: int, sql: str, expected: list[str], read: Read) -> None:
    assert locks(read, sql, Facts(version=version)) == expected


_BIG = 5_000_000
_TARGET = Facts(
    tables={
        ("public", "t"): TableFact(
            _BIG,
            {"id": "integer", "a": "integer", "b": "integer", "v": "character varying(5)", "s": "text"},
            frozenset({"id"}),
            {
                "present": Constraint("check", "present", ("a",), "(a IS NOT NULL)"),
                "later": Constraint("check", "later", ("b",), "(b IS NOT NULL)", not_valid=True),
                "odd_name": Constraint("foreign key", "odd_name", ("a",), references=Name("public", "u")),
            },
            {"i": Index(("id",), unique=True), "j": Index(("b",), unique=True)},
        ),
        ("public", "u"): TableFact(_BIG, {"id": "integer"}),
        ("public", "few"): TableFact(3, {"id": "integer"}, indexes={"k": Index(("id",))}),
        ("public", "part"): TableFact(_BIG, {"id": "integer"}, default_of=("public", "p")),
        ("public", "p"): TableFact(0, {"id": "integer"}, partitioned=True),
    },
    version=16,
    functions={"mine": False},
    domains={("public", "tight"): True, ("public", "loose"): False},
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE t ALTER a SET NOT NULL", []),
        ("ALTER TABLE t ALTER b SET NOT NULL", ["set-not-null-scans"]),
        ("ALTER TABLE t ADD PRIMARY KEY USING INDEX i", []),
        ("ALTER TABLE t ADD PRIMARY KEY USING INDEX j", ["set-not-null-scans"]),
        ("ALTER TABLE t ALTER v TYPE text", []),
        ("ALTER TABLE t ALTER s TYPE varchar", []),
        ("ALTER TABLE t ALTER v TYPE varchar(3)", ["type-change-rewrites"]),
        ("ALTER TABLE t RENAME v TO w; ALTER TABLE t ALTER w TYPE text", []),
        ("ALTER TABLE t RENAME TO z; ALTER TABLE z ALTER a SET NOT NULL", []),
        ("ALTER TABLE t ADD q text DEFAULT mine()", []),
        ("ALTER TABLE t ADD q tight", ["constrained-domain-column"]),
        ("ALTER TABLE t ADD q loose", []),
        ("ALTER TABLE t DROP CONSTRAINT odd_name", ["drop-foreign-key"]),
        ("DROP TABLE t", ["drop-foreign-key"]),
        ("DROP INDEX i", ["drop-index-not-concurrent"]),
        ("DROP INDEX k", []),
        ("DROP INDEX IF EXISTS nowhere", []),
        ("CREATE INDEX ON few (id); ALTER TABLE few ADD CHECK (id > 0); CLUSTER few", []),
        ("CREATE TABLE p1 (id int); ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1)", ["attach-partition"]),
    ],
)
def test_by_what_the_target_holds(sql: str, expected: list[str], read: Read) -> None:
    assert locks(read, sql, _TARGET) == expected


def test_a_commit_of_the_file_ends_a_transaction_of_apply_where_a_lock_is_short_by_it(read: Read) -> None:
    add, validate = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;", "ALTER TABLE t VALIDATE CONSTRAINT c"
    for facts in (Facts(), Facts(in_steps=True)):
        assert locks(read, f"{add} {validate}", facts) == ["validate-in-same-transaction"]
        assert locks(read, f"BEGIN; {add} COMMIT; {validate}", facts) == []
    enum = "BEGIN; CREATE TYPE b AS ENUM ('x'); ALTER TYPE a RENAME TO a_old; ALTER TYPE b RENAME TO a; COMMIT;"
    assert locks(read, f"{add} {enum} {validate}") == []  # as Prisma sends it
    assert locks(read, f"{add} {enum} {validate}", Facts(in_steps=True)) == ["validate-in-same-transaction"]
    apart = "ALTER TABLE t ADD q int; CREATE INDEX CONCURRENTLY i ON t (q); ALTER TABLE t VALIDATE CONSTRAINT c"
    assert locks(read, apart, Facts(in_steps=True)) == []


def test_the_message_names_what_waits(read: Read) -> None:
    (index,) = read("CREATE INDEX i ON t (a)", _TARGET)
    assert index.message == '"i" is built while writes to "t" wait; it has 5,000,000 rows'
    add, key = "ALTER TABLE t ADD q int;\n", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (q) REFERENCES u (id)"
    (finding,) = (one for one in read(add + key, _TARGET) if one.rule == "foreign-key-validates")
    assert finding.message == (
        '"f" is checked against every row while writes to "t" and "u" wait; so does every query of "t", '
        "which line 1 locked"
    )

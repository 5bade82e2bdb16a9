from __future__ import annotations

import psycopg
import pytest

from safemigrate.lint.column_type import holds, is_free, parts, same_type, takes_all

FREE = [
    ("varchar(5)", "varchar(9)"),
    ("varchar(5)", "varchar"),
    ("varchar(5)", "text"),
    ("varchar", "text"),
    ("numeric(5,2)", "numeric(9,2)"),
    ("numeric(5,2)", "numeric"),
    ("timestamp(3)", "timestamp(6)"),
    ("timestamptz(3)", "timestamptz"),
    ("interval(3)", "interval"),
    ("int", "integer"),
]
REWRITES = [
    ("varchar(9)", "varchar(5)"),
    ("text", "varchar(9)"),
    ("int", "bigint"),
    ("bigint", "int"),
    ("numeric(5,2)", "numeric(9,3)"),
    ("timestamp(6)", "timestamp(3)"),
    ("json", "jsonb"),
    ("char(5)", "text"),
    ("varchar(10)[]", "varchar(20)[]"),
]


@pytest.mark.parametrize(("before", "after"), [*FREE, *REWRITES])
def test_what_is_called_free_does_not_rewrite_the_table(before: str, after: str, target: psycopg.Connection) -> None:
    target.execute(f"CREATE TABLE t (a {before})".encode())
    shown = target.execute("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'a'").fetchone()
    node = "SELECT pg_relation_filenode('t')"
    old = target.execute(node).fetchone()
    target.execute(f"ALTER TABLE t ALTER a TYPE {after}".encode())
    assert shown
    assert is_free(shown[0], after) is (target.execute(node).fetchone() == old) is ((before, after) in FREE)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("integer", "BIGINT", True),
        ("bigint", "INTEGER", False),
        ("integer", "DECIMAL(4,2)", False),
        ("integer", "text", True),
        ("text", "integer", False),
        ("text", "VARCHAR(10)", False),
        ("real", "double precision", True),
        ("double precision", "real", False),
        ("timestamp(3) without time zone", "DATE", False),
        ('"Role"', '"Role2"', False),
        ("integer[]", "bigint[]", False),
    ],
)
def test_a_type_holds_the_old_values_only_where_all_come_back(before: str, after: str, expected: bool) -> None:
    assert holds(before, after) is expected


def test_spellings() -> None:
    assert parts('"public"."Role"[]') == ("Role", (), True)
    assert parts("timestamp(3) with time zone") == ("timestamp with time zone", (3,), False)
    assert same_type("character varying(5)", "VARCHAR(5)")
    assert same_type("timestamp(3) without time zone", "TIMESTAMP(3)")
    assert same_type("jsonb", "JSONB")
    assert not same_type('"Role"', '"ROLE"')


def test_without_the_old_type_only_the_widest_are_trusted() -> None:
    assert all(takes_all(type_) for type_ in ("TEXT", "BIGINT", "VARCHAR", "DECIMAL"))
    assert not any(
        takes_all(type_) for type_ in ("INTEGER", "VARCHAR(255)", "TEXT[]", "TIMESTAMPTZ(3)", "DECIMAL(9,2)")
    )

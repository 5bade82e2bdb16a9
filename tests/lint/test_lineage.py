from __future__ import annotations

import pytest

from safemigrate.lint.lineage import fills, is_present, mapped, plain, read
from safemigrate.sql import split
from safemigrate.sql.actions import Column, Insert


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('INSERT INTO n ("a", "b") SELECT "P", t."b" AS "b" FROM t', {"a": '"P"', "b": 't."b"'}),
        ('INSERT INTO n ("a", "b") SELECT "p", "it\'s new" FROM t', {"a": '"p"', "b": "'it''s new'"}),
        ('INSERT INTO n ("a", "b") SELECT "p", "z" FROM t, u', {"a": '"p"', "b": '"z"'}),
        ("INSERT INTO n (a, b) SELECT x y, CAST(z AS INTEGER) FROM t", {"a": "x", "b": "CAST(z AS INTEGER)"}),
        ("INSERT INTO n SELECT * FROM t", {"a": '"p"', "b": '"q"'}),
        ("INSERT INTO n (b, a) SELECT t.* FROM t", {"b": '"p"', "a": '"q"'}),
        ("INSERT INTO n (a, b) SELECT 1, 'x AS y' FROM t", {"a": "1", "b": "'x AS y'"}),
        ("INSERT INTO n (a) SELECT p, q FROM t", {}),
        ("INSERT INTO n (a, b) SELECT DISTINCT p, q FROM t", {}),
    ],
)
def test_what_goes_into_each_column(sql: str, expected: dict[str, str]) -> None:
    (statement,) = split(sql, dialect="sqlite")
    (copy,) = statement.actions
    assert isinstance(copy, Insert)
    assert mapped([copy], [Column("a", ""), Column("g", "", generated=True), Column("b", "")], ["p", "q"]) == expected


@pytest.mark.parametrize(
    ("expression", "column"),
    [('"a"', "a"), ("t.[a b]", "a b"), ("`a`", "a"), ('"a""b"', 'a"b'), ("NULL", ""), ("1", ""), ("lower(a)", "")],
)
def test_a_plain_column(expression: str, column: str) -> None:
    assert plain(expression) == column


def test_what_a_coalesce_fills_and_an_expression_reads() -> None:
    assert (fills('coalesce("a", 1)'), fills("ifnull(t.a, 'x')"), fills("lower(a)")) == ("a", "a", "")
    assert read(["lower(A) || 'b'", '"c"'], ["a", "b", "c", "d"]) == {"a", "c"}


@pytest.mark.parametrize(
    ("expression", "never_null"),
    [
        ("'it''s'", True),
        ("-1.5e3", True),
        ("CURRENT_TIMESTAMP", True),
        ('"r"', True),
        ('"r" || \'-\' || "r"', True),
        ("coalesce(\"a\", '1,2')", True),
        ('coalesce("a", "r")', True),
        ('coalesce("a", "b")', False),
        ('"a"', False),
        ('"r" || "a"', False),
        ('nullif("r", 1)', False),
        ("NULL", False),
    ],
)
def test_what_is_never_null(expression: str, never_null: bool) -> None:
    assert is_present(expression, {"r"}) is never_null

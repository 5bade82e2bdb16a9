from __future__ import annotations

import pytest

from safemigrate.rollback.layout import WIDTH, indented, laid_out
from safemigrate.sql.tokens import tokenize

COLUMNS = ", ".join(f'"column {number}"' for number in range(20))
WIDE = [
    f'INSERT INTO "public"."T" ({COLUMNS})\nSELECT {COLUMNS}\nFROM kept AS k',
    'UPDATE "T" AS t\nSET '
    + ",\n    ".join(
        f'"{name}" = CASE WHEN t."{name}"::text IS NOT DISTINCT FROM k.new[1] '
        f'THEN k.old[1]::timestamp(3) without time zone ELSE t."{name}" END'
        for name in ("created at", "changed at, or never FROM here")
    ),
    "SELECT 'a string, that is longer than a line AND holds, what looks like a place to break, WHERE there is none', "
    "1 FROM t WHERE a = 'it''s' AND b = E'\\n, AND' -- and a comment, WHERE nothing breaks, that goes on and on, too",
    'ALTER TABLE "T" ADD CONSTRAINT "T_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."User"(id) '
    "ON UPDATE CASCADE ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED NOT VALID",
]


def texts(sql: str) -> list[str]:
    return [sql[token.start : token.end] for token in tokenize(sql, "test")]


@pytest.mark.parametrize("sql", WIDE)
def test_only_white_space_changes(sql: str) -> None:
    assert texts(laid_out(sql)) == texts(sql)


@pytest.mark.parametrize("sql", [WIDE[0], WIDE[1], WIDE[3]])
def test_lines_are_no_wider_than_can_be_read(sql: str) -> None:
    assert max(len(line) for line in sql.split("\n")) > WIDTH
    assert max(len(line) for line in laid_out(sql).split("\n")) <= WIDTH


def test_what_is_outermost_is_broken_first() -> None:
    sql = f"DELETE FROM t USING k WHERE f(a, b, {'x' * 40}) = g(c, d, {'y' * 20}) AND h({'z' * 30}, e)"
    assert laid_out(sql) == sql.replace(" AND h", "\n    AND h")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1, 2",
        "DO $$BEGIN\n  RAISE NOTICE 'a line, that is long, AND in a body, WHERE white space is not ours to change, %', "
        "1, 2;\nEND$$",
        f"SELECT '{'x, ' * 60}",
        f"SELECT {'x' * 200}",
    ],
)
def test_what_stays_as_it_is(sql: str) -> None:
    assert laid_out(sql) == sql


def test_a_string_over_several_lines_is_not_indented() -> None:
    assert indented("SELECT 'a'\nFROM t") == "    SELECT 'a'\n    FROM t"
    for sql in ("SELECT 'it''s\nmore'", 'SELECT 1 AS "a\nb"', "SELECT $$a\nb$$", "SELECT E'\\'\n'", "SELECT 'open\n"):
        assert indented(sql) == sql

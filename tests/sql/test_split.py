from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import TokenType

from safemigrate.errors import NotSql
from safemigrate.sql import split
from safemigrate.sql.actions import Opaque
from tests.lint.label import cases


def sqls(text: str) -> list[str]:
    return [statement.sql for statement in split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \r\n\t", []),
        ("-- This is an empty migration.", []),
        ("/* a; /* b; */ c; */", []),
        (";;", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;;SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';', E'\\';', U&';', \"a;b\";SELECT 2", ["SELECT ';', E'\\';', U&';', \"a;b\"", "SELECT 2"]),
        ("SELECT '\\';SELECT 2", ["SELECT '\\'", "SELECT 2"]),
        ("SELECT 1 -- a;b\n;SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("DO $$ BEGIN a; b; END $$;SELECT 2", ["DO $$ BEGIN a; b; END $$", "SELECT 2"]),
        ("DO $a$ x; $$ y; $$ $a$;SELECT $1", ["DO $a$ x; $$ y; $$ $a$", "SELECT $1"]),
        ("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b);SELECT 2", None),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;SELECT 2", None),
        ("CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC DELETE FROM t; END;SELECT 2", None),
        ("BEGIN;SELECT 2;END;", ["BEGIN", "SELECT 2", "END"]),
        ("SELECT CASE WHEN true THEN 1 END;SELECT 2", ["SELECT CASE WHEN true THEN 1 END", "SELECT 2"]),
        ("\\restrict abc\nSELECT 1;\n\\.\n", ["\\restrict abc", "SELECT 1", "\\."]),
        ("SELECT 1 \\gset x\nSELECT 2", ["SELECT 1 \\gset x", "SELECT 2"]),
        ("COPY t FROM stdin;\n1\tit's;\n\\.\nSELECT 2;", ["COPY t FROM stdin;\n1\tit's;\n\\.", "SELECT 2"]),
        (
            "COPY t (a) FROM STDIN (FORMAT csv);\r\n\\.\r\nSELECT 2",
            ["COPY t (a) FROM STDIN (FORMAT csv);\r\n\\.", "SELECT 2"],
        ),
        ("COPY t FROM STDIN;\nSELECT 2;", ["COPY t FROM STDIN", "SELECT 2"]),
        ("SELECT 1e5-2,.5,1..2,$1,a$b$,0x1F;SELECT 2", ["SELECT 1e5-2,.5,1..2,$1,a$b$,0x1F", "SELECT 2"]),
        ("SELECT x'1f', B'0', N'a', 'it''s;', E'\\''';', U&\"a;\";SELECT 2", None),
    ],
)
def test_cuts_where_psql_does(text: str, expected: list[str] | None) -> None:
    assert sqls(text) == (expected if expected is not None else [text.rpartition(";")[0], "SELECT 2"])


@pytest.mark.parametrize("text", [case.sql for case in cases() if "ATOMIC" not in case.sql])
def test_cuts_where_sqlglot_does(text: str) -> None:
    """Another lexer than ours; it knows no `;` inside BEGIN ATOMIC."""
    try:
        spans = [(statement.span.start, statement.span.end) for statement in split(text)]
    except NotSql:
        with pytest.raises(TokenError):
            Postgres().tokenize(text)
        return
    cut: list[list[int]] = [[]]
    for token in Postgres().tokenize(text):
        if token.token_type is TokenType.SEMICOLON:
            cut.append([])
        else:
            cut[-1] += [token.start, token.end + 1]
    assert spans == [(piece[0], piece[-1]) for piece in cut if piece]


def test_spans_count_characters_from_one_and_point_into_the_file() -> None:
    text = "\ufeffSELECT 'é😀';\r\n\tSELECT\r\n  2 ;"
    first, second = split(text)
    assert [(s.span.line, s.span.column, s.span.end_line, s.span.end_column) for s in (first, second)] == [
        (1, 1, 1, 12),
        (2, 2, 3, 4),
    ]
    for statement in (first, second):
        assert text[statement.span.start : statement.span.end] == statement.sql


def test_comments_go_to_the_statement_they_stand_at() -> None:
    text = "/* top */\n\n-- over\nSELECT /* in */ 1; -- behind\n-- over two\nSELECT 2;\n-- end"
    first, second = split(text)
    assert [comment.text for comment in first.comments] == ["top", "over", "in", "behind"]
    assert [comment.text for comment in second.comments] == ["over two", "end"]
    assert [comment.span.line for comment in first.comments] == [1, 3, 4, 4]


def test_two_statements_on_one_line_share_no_comment() -> None:
    first, second = split("SELECT 1 /* a */; SELECT 2 /* b */; -- c")
    assert [comment.text for comment in first.comments] == ["a"]
    assert [comment.text for comment in second.comments] == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("SELECT 1;\n  -- it's\n  SELECT 'abc\n def", 3, 10, "string"),
        ('SELECT "abc', 1, 8, "quoted identifier"),
        ("SELECT 1; /* abc", 1, 11, "comment"),
        ("\ufeffDO $x$ BEGIN $$ $$ END", 1, 4, "dollar-quoted"),
        ("SELECT 'a''b", 1, 8, "string"),
        ("SELECT E'a\\'", 1, 8, "string"),
        ("SELECT U&'a", 1, 8, "string"),
        ('SELECT U&"a', 1, 8, "quoted identifier"),
        ("/* /* */", 1, 1, "comment"),
    ],
)
def test_what_never_ends_is_named_with_its_place(text: str, line: int, column: int, what: str) -> None:
    with pytest.raises(NotSql) as caught:
        split(text, "20260101_x/migration.sql")
    assert caught.value.summary.startswith(f"20260101_x/migration.sql: line {line}, column {column}: ")
    assert what in caught.value.summary
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "before", "last"),
    [
        ("SELECT 1; DELETE FROM t WHERE a = 'b;\nSELECT 2;\n", ["SELECT 1"], "DELETE FROM t WHERE a = 'b;\nSELECT 2;"),
        ("SELECT 1; /* DROP TABLE t;", ["SELECT 1"], "/* DROP TABLE t;"),
        ('"', [], '"'),
    ],
)
def test_what_stands_before_an_open_quote_can_be_read(text: str, before: list[str], last: str) -> None:
    statements = split(text, strict=False)
    assert [statement.sql for statement in statements] == [*before, last]
    (action,) = statements[-1].actions
    assert isinstance(action, Opaque)
    assert "is never closed" in action.reason


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("alter table t add c int", "ALTER TABLE"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX"),
        ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "CREATE VIEW"),
        ("DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW"),
        ("TRUNCATE t", "TRUNCATE"),
        ("COMMENT ON TABLE t IS 'x'", "COMMENT"),
        ("CREATE NONSENSE", "CREATE"),
    ],
)
def test_kind_is_verb_and_object(sql: str, kind: str) -> None:
    assert [statement.kind for statement in split(sql)] == [kind]


_STATEMENTS = st.sampled_from(
    [
        "SELECT ';'",
        "SELECT $$;$$",
        'ALTER TABLE "a;b" ADD COLUMN "c" TEXT DEFAULT \'x;\'',
        "DO $body$ BEGIN PERFORM 1; END $body$",
        "UPDATE t SET a = E'\\';' WHERE b = 1",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
    ]
)
_BETWEEN = st.sampled_from([";", ";\n", " ; -- a ; b\n", ";\r\n/* ; /* ; */ */\r\n", ";;\n\n", "\n;\t"])


@given(st.lists(st.tuples(_STATEMENTS, _BETWEEN), max_size=6))
def test_whatever_stands_between_statements_they_come_back(pieces: list[tuple[str, str]]) -> None:
    text = "".join(statement + between for statement, between in pieces)
    assert sqls(text) == [statement for statement, _between in pieces]

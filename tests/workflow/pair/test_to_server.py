from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import connect, literal
from safemigrate.prisma.schema.reader import parse
from safemigrate.workflow.pair.to_server import Misfit, misfits

ENUM = 'enum Role {\n  USER\n  ADMIN @map("admin")\n}\n'
MS = 1_700_000_000_000


def found(tmp_path: Path, production: str, development: str, *sql: str) -> list[Misfit]:
    file = tmp_path / "dev.db"
    made = sqlite3.connect(file)
    for statement in sql:
        made.execute(statement)
    made.commit()
    made.close()
    with connect(file, write=False) as connection:
        return misfits(connection, parse({Path("p"): ENUM + production}), parse({Path("d"): development}))


@pytest.mark.parametrize(
    ("field", "type_", "good", "bad"),
    [
        (
            "Int",
            "INTEGER",
            ["1", "NULL", "-2147483648"],
            {"2147483648": "beyond Int", "'x'": "no whole number", "1.5": "no whole number"},
        ),
        ("Int @db.SmallInt", "INTEGER", ["32767"], {"32768": "beyond SmallInt"}),
        (
            "BigInt",
            "BIGINT",
            ["9223372036854775807"],
            {"9223372036854775808": "no whole number", "'1x'": "no whole number"},
        ),
        ("Float", "REAL", ["1", "1.5"], {"'1,5'": "no number", "x'00'": "no number"}),
        (
            "Decimal",
            "DECIMAL",
            ["1", "1.5", "'1e3'", "'-0.00'"],
            {"'1,5'": "no number", "''": "no number", "'e'": "no number"},
        ),
        ("Decimal @db.Decimal(4, 2)", "DECIMAL", ["99.99", "-12"], {"100": "too large for Decimal(4, 2)"}),
        (
            "Boolean",
            "BOOLEAN",
            ["0", "1", "NULL"],
            {"2": "neither 0 nor 1", "'true'": "neither 0 nor 1", "0.5": "neither 0 nor 1"},
        ),
        (
            "DateTime",
            "DATETIME",
            ["'2024-02-29'", "'2024-01-01T10:00:00.000Z'", "'2024-01-01 10:00:00'", "'2024-01-01T23:30:00.1+02:00'"],
            {
                "'2023-02-29'": "text that is no date",
                "'01.02.2024'": "text that is no date",
                "'now'": "text that is no date",
                "''": "text that is no date",
                "1700000000": "seconds",
                "1.5": "a fraction",
                "999999999999999": "beyond the year 9999",
                str(MS): "dates in milliseconds",
            },
        ),
        (
            "Json",
            "TEXT",
            ["'{}'", "'null'", "'[1]'"],
            {"'{'": "no JSON", "''": "no JSON", "'\"\\u0000\"'": "JSON with \\u0000"},
        ),
        ("Bytes", "BLOB", ["x'ff'"], {"'text'": "no bytes"}),
        (
            "Role",
            "TEXT",
            ["'USER'", "'admin'", "NULL"],
            {"'ADMIN'": "labels by their names", "'user'": "no label of Role", "''": "no label of Role"},
        ),
        ("String[]", "TEXT", ["NULL"], {"'a,b'": "no JSON list", "'{}'": "no JSON list", "'[]'": "JSON lists"}),
        (
            "String",
            "TEXT",
            ["''", "'ü'", "'{}'"],
            {
                "x'41'": "bytes for text",
                "CAST(x'4100' AS TEXT)": "text with a zero byte",
                "CAST(x'ff' AS TEXT)": "text that is not UTF-8",
            },
        ),
        ("String @db.VarChar(3)", "TEXT", ["'abc'", "'äöü'"], {"'abcd'": "longer than VarChar(3)"}),
        ("String @db.Char", "TEXT", ["'a'"], {"'ab'": "longer than Char(1)"}),
        (
            "String @db.Uuid",
            "TEXT",
            ["'0b5a4e0c-2c6b-4a1e-9d0a-000000000000'", "'0B5A4E0C2C6B4A1E9D0A000000000000'"],
            {"'u1'": "no UUID", "'zb5a4e0c-2c6b-4a1e-9d0a-000000000000'": "no UUID"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_that_do_not_fit(field: str, type_: str, good: list[str], bad: dict[str, str], tmp_path: Path) -> None:
    optional = field if "[]" in field else f"{field.split(' ')[0]}? {' '.join(field.split(' ')[1:])}"
    production = f'model A {{\n  id Int @id\n  v {optional} @map("v_v")\n}}\n'
    development = 'model A {\n  id Int @id\n  v String? @map("v")\n  @@map("as")\n}\n'
    inserts = [f'INSERT INTO "as" (v) VALUES ({value})' for value in (*good, *bad)]
    said = found(tmp_path, production, development, f'CREATE TABLE "as" (id INTEGER PRIMARY KEY, v {type_})', *inserts)
    shown = sqlite3.connect(tmp_path / "dev.db")
    shown.text_factory = bytes
    shown.create_function("is_utf8", 1, lambda value: 0)
    by_key = {key: one.says for one in said for key in [row[0] for row in shown.execute(one.query)]}
    assert set(by_key) == set(range(len(good) + 1, len(good) + len(bad) + 1))
    for number, words in enumerate(bad.values(), len(good) + 1):
        assert by_key[number].startswith(words), (number, by_key)
    assert sum(one.count for one in said) == len(bad)
    assert {one.says.split()[0] for one in said if one.text} <= {"dates", "JSON", "labels"}


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("DateTime", MS + 7, "2023-11-14T22:13:20.007Z"),
        ("DateTime", -MS, "1916-02-18T01:46:40.000Z"),
        ("Role", "ADMIN", "admin"),
        ("String[]", "[]", "{}"),
        ("String[]", '["a", "b,c", "", "q\\"\\\\", null]', '{"a","b,c","","q\\"\\\\",NULL}'),
        ("Int[]", "[1, 2]", '{"1","2"}'),
    ],
)
def test_what_only_has_other_words_there(field: str, value: object, text: str, tmp_path: Path) -> None:
    production, development = (f"model A {{\n  id Int @id\n  v {type_}\n}}\n" for type_ in (field, "String"))
    (one,) = found(
        tmp_path,
        production,
        development,
        "CREATE TABLE A (id INTEGER PRIMARY KEY, v)",
        f"INSERT INTO A (v) VALUES ({literal(value)})",
    )
    (row,) = sqlite3.connect(tmp_path / "dev.db").execute(f"SELECT {one.text} FROM A WHERE {one.where}")
    assert row == (text,)


def test_required_unique_and_related(tmp_path: Path) -> None:
    production = (
        "model A {\n  id Int @id\n  email String @unique\n  x Int\n  y Int\n  b B @relation(fields: [bId], references: [id])\n"
        "  bId Int\n  @@unique([x, y])\n}\nmodel B {\n  id Int @id\n  as A[]\n}\n"
    )
    said = found(
        tmp_path,
        production,
        production,
        "CREATE TABLE A (id INTEGER PRIMARY KEY, email TEXT, x INTEGER, y INTEGER, bId INTEGER)",
        "CREATE TABLE B (id INTEGER PRIMARY KEY)",
        "INSERT INTO B VALUES (1)",
        "INSERT INTO A VALUES (1, 'a', 1, 1, 1), (2, 'a', 1, 1, 2), (3, NULL, 1, 2, 1), (4, 'd', NULL, 2, NULL)",
    )
    assert [(one.columns, one.says, one.count, one.sample) for one in said] == [
        (("email",), "NULL in a required column", 1, "3"),
        (("x",), "NULL in a required column", 1, "4"),
        (("bId",), "NULL in a required column", 1, "4"),
        (("x", "y"), "the same under a unique", 2, "1, 1"),
        (("email",), "the same under a unique", 2, "a"),
        (("bId",), "no row of B to refer to", 1, "2"),
    ]


def test_a_unique_that_the_file_has_is_not_counted(tmp_path: Path) -> None:
    text = "model A {\n  id Int @id\n  email String? @unique\n}\n"
    table = "CREATE TABLE A (id INTEGER PRIMARY KEY, email TEXT)"
    assert (
        found(tmp_path, text, text, table, "CREATE UNIQUE INDEX e ON A(email)", "INSERT INTO A VALUES (1, 'a')") == []
    )


def test_a_row_without_a_key_counts(tmp_path: Path) -> None:
    text = "model A {\n  id String @id\n  n Int?\n}\n"
    table = "CREATE TABLE A (id TEXT PRIMARY KEY, n INTEGER)"
    said = found(tmp_path, text, text, table, "INSERT INTO A VALUES (NULL, 'no')")
    assert [(one.columns, one.says, one.sample) for one in said] == [
        (("id",), "NULL in a required column", "NULL"),
        (("n",), "no whole number", "NULL"),
    ]


def test_tables_and_columns_of_one_side_are_passed_by(tmp_path: Path) -> None:
    production = "model A {\n  id Int @id\n  gone Int\n}\nmodel B {\n  id Int @id\n}\nmodel C {\n  id Int @id\n}\n"
    development = "model A {\n  id Int @id\n}\nmodel B {\n  id Int @id\n}\n"
    assert found(tmp_path, production, development, "CREATE TABLE A (id INTEGER PRIMARY KEY)") == []


def test_the_key_of_a_row_is_told_with_any_kind_of_table(tmp_path: Path) -> None:
    text = "model A {\n  a String\n  b Int\n  n Int?\n  @@id([a, b])\n}\nmodel W {\n  k String @id\n  n Int?\n}\n"
    said = found(
        tmp_path,
        text,
        text,
        "CREATE TABLE A (a TEXT, b INTEGER, n INTEGER, PRIMARY KEY (a, b))",
        "CREATE TABLE W (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID",
        "INSERT INTO A VALUES ('x', 1, 1), ('x', 2, 'no')",
        "INSERT INTO W VALUES ('key', 'no')",
    )
    assert [(one.table, one.sample) for one in said] == [("A", "2"), ("W", "key")]


def test_the_command_shows_them(tmp_path: Path) -> None:
    text = 'model A {\n  id Int @id\n  r Role?\n  @@map("it\'s")\n}\n'
    table = """CREATE TABLE "it's" (id INTEGER PRIMARY KEY, r TEXT)"""
    said = found(tmp_path, text, text, table, """INSERT INTO "it's" VALUES (7, 'no')""")
    program, file, query = shlex.split(said[0].command(tmp_path / "it's a dev.db"))
    assert (program, file) == ("sqlite3", str(tmp_path / "it's a dev.db"))
    assert sqlite3.connect(tmp_path / "dev.db").execute(query).fetchall() == [(7, "no")]

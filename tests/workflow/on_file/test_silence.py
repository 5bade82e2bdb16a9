"""Silence is safe: a rebuild of which no finding speaks fails on nothing, and every value is there afterwards."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection
from safemigrate.lint import lint
from safemigrate.model import Finding, Severity
from safemigrate.sql import split
from safemigrate.workflow.on_file.facts import facts
from tests.lint.conftest import migration
from tests.rollback.strategies import examples

NAMES = ["a", "b", "c", "Long name"]
TYPES = ["INTEGER", "BIGINT", "TEXT", "REAL", "BLOB", "DECIMAL", "BOOLEAN", "DATETIME", ""]
VALUES = [None, None, 0, 1, 7, 1.5, "x", "12", "", "2024-01-02", b"12"]
FAILS = {
    "NOT NULL": {"required-column-without-default", "set-not-null"},
    "UNIQUE": {"unique-on-existing"},
    "CHECK": {"constraint-on-existing"},
}


@dataclass(frozen=True)
class Case:
    """A table with rows, and what makes it anew."""

    setup: list[str]
    rows: list[tuple[object, ...]]
    columns: list[str]
    sql: str


def _column(draw: DrawFn, name: str) -> str:
    options = [f'"{name}"', draw(st.sampled_from(TYPES))]
    options += [draw(st.sampled_from(["", "", "NOT NULL"])), draw(st.sampled_from(["", "", "DEFAULT 7"]))]
    options += [draw(st.sampled_from(["", "", "", f'CHECK ("{name}" <> 1)', "UNIQUE"]))]
    return " ".join(option for option in options if option)


@st.composite
def cases(draw: DrawFn) -> Case:
    before = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    after = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    setup = f'CREATE TABLE "T" ("id" INTEGER PRIMARY KEY, {", ".join(_column(draw, name) for name in before)})'
    indexes = [f'CREATE UNIQUE INDEX "i" ON "T" ("{before[0]}")'] if draw(st.booleans()) else []
    rows = draw(st.lists(st.tuples(*(st.sampled_from(VALUES) for _ in before)), max_size=4))
    into, values = ['"id"'], ['"id"']
    for name in after:
        other = draw(st.sampled_from(before))
        ways = [None, f'"{other}"', f'"{other}" AS "{name}"', "'x'", "NULL"]
        ways += [f'"{name}"', f'"{name}"', f'"{name}"', f"coalesce(\"{name}\", 'x')"] if name in before else []
        value = draw(st.sampled_from(ways))
        if value is not None:
            into.append(f'"{name}"')
            values.append(value)
    where = draw(st.sampled_from(["", "", "", f' WHERE "{before[0]}" IS NOT NULL']))
    sql = (
        f'CREATE TABLE "new_T" ("id" INTEGER PRIMARY KEY, {", ".join(_column(draw, name) for name in after)});\n'
        f'INSERT INTO "new_T" ({", ".join(into)}) SELECT {", ".join(values)} FROM "T"{where};\n'
        'DROP TABLE "T";\nALTER TABLE "new_T" RENAME TO "T";\n'
    )
    if draw(st.booleans()):
        sql += f'CREATE UNIQUE INDEX "i" ON "T" ("{draw(st.sampled_from(after))}");\n'
    return Case([setup, *indexes], rows, before, sql)


def _same(old: object, new: object) -> bool:
    """Whether a value came through, as a number that became text or a whole one that became a fraction has."""
    try:
        return old == new or float(str(old)) == float(str(new))
    except ValueError:
        return False


def _values(connection: sqlite3.Connection) -> dict[int, dict[str, object]]:
    cursor = connection.execute('SELECT * FROM "T"')
    names = [column[0] for column in cursor.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cursor}


def _speaks(found: list[Finding], *words: str) -> bool:
    return any(all(word in f"{one.rule} {one.message}" for word in words) for one in found)


@examples(100)
@given(cases())
def test_silence_is_safe(case: Case) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=Connection)
    connection.path = Path("t.db")
    for sql in case.setup:
        connection.execute(sql)
    listed = ", ".join(f'"{name}"' for name in case.columns)
    marks = ", ".join("?" for _ in case.columns)
    for row in case.rows:
        connection.execute(f'INSERT OR IGNORE INTO "T" ({listed}) VALUES ({marks})', row)
    before = _values(connection)
    statements = split(case.sql, dialect="sqlite")
    found = lint(migration(case.sql), statements, facts(connection, read(connection)))
    told = [one for one in found if one.severity is not Severity.NOTICE]
    try:
        for statement in statements:
            connection.execute(statement.sql)
    except sqlite3.IntegrityError as error:
        constraint = next(name for name in FAILS if name in str(error))
        assert FAILS[constraint] & {one.rule for one in told}, (error, found)  # noqa: PT017
        return
    after = _values(connection)
    renamed = {one.message.split('"')[3]: one.message.split('"')[5] for one in told if one.rule == "rename-column"}
    for number, values in before.items():
        if number not in after:
            assert _speaks(told, "rebuild-loses-values"), found
            continue
        for name, old in values.items():
            new = after[number].get(renamed.get(name, name))
            if old is not None and not _same(old, new):
                assert _speaks(told, f'"{name}"') or _speaks(told, f'"{renamed.get(name, name)}"'), (
                    name,
                    old,
                    new,
                    found,
                )

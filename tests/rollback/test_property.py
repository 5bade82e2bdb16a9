"""Random schemas, random migrations of schema and rows, random writes since: all is as it was, or was said not to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect
from safemigrate.errors import MigrationFailed
from safemigrate.model import Verdict
from tests.rollback.journey import Later, Traveller
from tests.rollback.strategies import ACTION, ACTIONS, PATIENT, ROWS, ROWS_ACTION, START, attempt, examples

pytestmark = PATIENT

_SHAPE = st.one_of(*(one for kind in ("table", "column", "constraint", "enum", "type") for one in ACTIONS[kind]))
# Half of it writes rows, a quarter changes what they are; `map` keeps one_of from melting them into one. Of these the
# first six that the server takes.
CHANGE = st.lists(
    st.one_of(ROWS_ACTION.map(str), ROWS_ACTION.map(str), _SHAPE.map(str), ACTION.map(str)), min_size=3, max_size=14
)
SETUP = st.lists(ACTION, max_size=4)
# Which table, what is done to it, and to which row and column: taken modulo what there is.
WRITES = st.lists(
    st.tuples(st.sampled_from(["insert", "update", "delete"]), st.integers(0, 9), st.integers(0, 9)), max_size=5
)


@pytest.fixture(scope="module")
def start(traveller: Traveller) -> Iterator[Traveller]:
    """A template with something of every kind, rows in it."""
    with traveller.database("base") as url:
        with connect(url) as connection:
            # The server lets nobody update a published table that has lost its key, not even to give the key back.
            session.run(connection, f'{START + ROWS} DROP PUBLICATION "pub1"')
        yield traveller


@examples(60)
@given(setup=SETUP, wanted=CHANGE)
def test_without_writes_all_is_as_it_was(start: Traveller, setup: list[str], wanted: list[str]) -> None:
    _travel(start, setup, wanted, [])


@examples(60)
@given(setup=SETUP, wanted=CHANGE, writes=WRITES)
def test_with_writes_all_is_as_if_it_had_not_been(
    start: Traveller, setup: list[str], wanted: list[str], writes: list[tuple[str, int, int]]
) -> None:
    _travel(start, setup, wanted, writes)


def _travel(start: Traveller, setup: list[str], wanted: list[str], writes: list[tuple[str, int, int]]) -> None:
    with start.database("start", "base") as url:
        with connect(url) as connection:
            prepared = attempt(connection, setup)
            change = _possible(connection, wanted)
        if not change:
            return
        said: list[str] = []
        later = _later(writes, said) if writes else None
        story = [*prepared, "-- migration", *change, "-- since"]
        try:
            journey = start.on(url, ";\n".join(change), later)
        except (MigrationFailed, psycopg.Error) as error:
            pytest.fail(f"{error}: {getattr(error, 'why', '')}\n" + ";\n".join(story + said))
        outcome = "conflict" if journey.conflicts else journey.verdict.value
        event(outcome)
        _note(outcome, journey.reasons or journey.conflicts, story + said)
        if outcome == Verdict.EXACT.value:
            assert journey.wrong == (), "\n".join([*journey.wrong, "", ";\n".join(story + said)])


_POSITIONS = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
FROM pg_sequences
"""


def _possible(connection: Connection, wanted: Sequence[str]) -> list[str]:
    """Return those statements that run one after another in one transaction, and will again: sequences go back too."""
    done: list[str] = []
    positions = session.rows(connection, _POSITIONS)
    with connection.transaction(force_rollback=True):
        for sql in wanted:
            if len(done) == 6:
                break
            try:
                with connection.transaction():
                    connection.execute(sql.encode())
                done.append(sql)
            except psycopg.Error:
                continue
    for position in positions:
        connection.execute("SELECT setval(%s::regclass, %s, %s)", position)
    return done


def _note(outcome: str, why: Sequence[str], story: Sequence[str]) -> None:
    if os.environ.get("SAFEMIGRATE_TEST_STORIES") and outcome != "exact":
        with Path(os.environ["SAFEMIGRATE_TEST_STORIES"]).open("a", encoding="utf-8") as file:
            file.write("\n".join([f"== {outcome}", *(f"-- {one}" for one in why), ";\n".join(story), ""]))


_SHAPES = """
SELECT c.oid, format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), a.attnum, a.atttypid, a.atttypmod,
       a.attnotnull, a.attnum = ANY (i.indkey), a.attgenerated <> '' OR a.attidentity = 'a'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1
WHERE c.relkind = 'r' AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^(pg_|information_schema$|safemigrate)'
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f')
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent))
ORDER BY 1, 4
"""
_CONSTANTS = {23: "777", 20: "777", 25: "'later'", 1043: "'l'", 1700: "7.5"}


def _later(writes: Sequence[tuple[str, int, int]], said: list[str]) -> Later:
    """Write to what the migration left as it was: to tables and columns that are the same thing in both databases.

    A statement counts where both take it and it meets as many rows in both; what is said of it is in `said`.
    """

    def write(migrated: Connection, twin: Connection) -> None:
        here, there = session.rows(migrated, _SHAPES), session.rows(twin, _SHAPES)
        common = [one for one in there if one in here]
        tables = list(dict.fromkeys(one[1] for one in common if one[7]))
        if not tables:
            return
        for number, (kind, which, row) in enumerate(writes):
            table = tables[which % len(tables)]
            key = next(one for one in common if one[1] == table and one[7])
            others = [one for one in common if one[1] == table and not one[7] and not one[8] and one[4] in _CONSTANTS]
            if key[4] not in (20, 23):
                continue
            columns = [(one[2], _CONSTANTS[one[4]]) for one in others]
            sql = f"DELETE FROM {table} WHERE {key[2]} = {row % 4}"
            if kind == "insert":
                names, values = [key[2], *(name for name, _ in columns)], [str(1000 + number), *(v for _, v in columns)]
                sql = f"INSERT INTO {table} ({', '.join(names)}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(values)})"
            elif kind == "update" and columns:
                name, value = columns[row % len(columns)]
                sql = f"UPDATE {table} SET {name} = {value} WHERE {key[2]} = {row % 4}"
            if _both(migrated, twin, sql):
                said.append(sql)

    return write


def _both(one: Connection, other: Connection, sql: str) -> bool:
    try:
        with one.transaction(), other.transaction():
            counts = {connection.execute(sql.encode()).rowcount for connection in (one, other)}
            if len(counts) > 1:
                raise psycopg.Rollback
    except psycopg.Error:
        return False
    return len(counts) == 1

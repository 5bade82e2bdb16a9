from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from safemigrate.db.url import DatabaseUrl
from safemigrate.lint import RULES, Facts, lint
from safemigrate.lint.history import History
from safemigrate.model import Finding, Severity
from safemigrate.shadow.local import LocalServer
from safemigrate.sql import Dialect, Statement, split
from tests.lint.conftest import migration
from tests.lint.label import SETUP, Case, Label, cases

CASES = cases()
FAMILY = {rule.name: str(rule.family) for rule in RULES}


def wrong(case: Case) -> list[str]:
    """What a reading of the case misses, and what it says too much."""
    dialect: Dialect = "sqlite" if case.sqlite else "postgresql"
    statements = split(case.sql, strict=False, dialect=dialect)
    earlier = [statement for text in case.earlier for statement in split(text, dialect=dialect)]
    found = lint(migration(case.sql), statements, _known(case), earlier or None)
    heard: set[int] = set()
    problems = []
    for label in case.labels:
        answers = [finding for finding in found if _answers(finding, label, statements)]
        heard |= {id(finding) for finding in answers}
        named = [one for one in answers if one.severity != Severity.NOTICE and one.rule in (label.rules or {one.rule})]
        if label.must and not named:
            problems.append(f"line {label.line}: no {'|'.join(label.families)} ({' or '.join(label.rules) or 'any'})")
    return problems + [
        f"line {one.span.line if one.span else 0}: {one.rule} ({_family(one)}) says: {one.message}"
        for one in found
        if id(one) not in heard
    ]


def _known(case: Case) -> Facts | None:
    """Nothing, but for SQLite what the history has made: only the old table says what a new one changes."""
    if not case.sqlite:
        return None
    history = History(Facts(provider="sqlite", schema="main"))
    history.note(split(case.setup, dialect="sqlite"))
    return history.facts


def _answers(finding: Finding, label: Label, statements: list[Statement]) -> bool:
    meant = [one.span for one in statements if one.span.line >= label.line][: label.within]
    return _family(finding) in label.families and finding.span in meant


def _family(finding: Finding) -> str:
    return FAMILY.get(finding.rule, finding.rule)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_hazard_is_named_and_nothing_else(case: Case) -> None:
    assert wrong(case) == []


def test_the_set_is_large_and_its_names_are_its_own() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))
    assert sum(label.must for case in CASES for label in case.labels) >= 140
    assert sum(case.is_safe for case in CASES) >= 80
    assert sum(not case.is_safe for case in CASES if case.sqlite) >= 50
    assert sum(case.is_safe for case in CASES if case.sqlite) >= 30
    assert all(bool([label for label in case.labels if label.must]) != case.is_safe for case in CASES)


@pytest.fixture(scope="module")
def labelled(server: LocalServer) -> Iterator[psycopg.Connection]:
    """A connection to a database as `setup.sql` leaves it; the one named `labelled` is there to be copied."""
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE labelled")
    with psycopg.connect(server.url.with_database("labelled").conninfo()) as connection:
        connection.execute(SETUP.encode())
    with _copied(server.url, "labelled_shared") as connection:
        yield connection
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute("DROP DATABASE labelled")


@contextmanager
def _copied(url: DatabaseUrl, name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url.conninfo(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE labelled')
        with psycopg.connect(url.with_database(name).conninfo(), autocommit=True) as copy:
            yield copy
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _is_its_own_master(case: Case) -> bool:
    """Whether it ends the transaction it is in, or refuses to be in one."""
    return bool(re.search(r"(?im)^(begin|start|commit|savepoint|vacuum)\b|concurrently", case.sql))


@pytest.mark.parametrize("case", [case for case in CASES if not case.sqlite], ids=lambda case: case.id)
def test_it_runs_on_postgresql(case: Case, labelled: psycopg.Connection, server: LocalServer) -> None:
    if server.major < case.server:
        pytest.skip(f"PostgreSQL {case.server} is the first that has it")
    if _is_its_own_master(case):
        with _copied(server.url, "labelled_copy") as connection:
            _run(case, connection)
    else:
        with labelled.transaction(force_rollback=True):
            _run(case, labelled)


def _run(case: Case, connection: psycopg.Connection) -> None:
    for text in (case.setup, *case.earlier):
        connection.execute(text.encode())
    if case.fails:
        with pytest.raises(psycopg.Error) as raised:
            connection.execute(case.sql.encode())
        assert raised.value.sqlstate == case.fails
    else:
        connection.execute(case.sql.encode())


@pytest.mark.parametrize("case", [case for case in CASES if case.sqlite], ids=lambda case: case.id)
def test_it_runs_on_sqlite(case: Case) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"PRAGMA foreign_keys=ON; {case.setup}")
    if case.fails:
        with pytest.raises(sqlite3.Error, match=case.fails):
            connection.executescript(case.sql)
    else:
        connection.executescript(case.sql)

"""There and back in a throw-away database: proven, written to, rolled back, and judged by pg_dump."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from safemigrate import proc
from safemigrate.db import programs, session
from safemigrate.db.catalog import read
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.execute import run
from safemigrate.model import Migration, Plan, Verdict
from safemigrate.rollback.in_the_way import in_the_way
from safemigrate.rollback.prove import State
from safemigrate.rollback.there import there
from safemigrate.shadow.provider import Shadow
from safemigrate.sql import executable, split
from safemigrate.workflow.back import conflicts
from safemigrate.workflow.back.questions import ServerQuestions
from safemigrate.workflow.options import RollbackOptions
from safemigrate.workflow.proving import trial
from safemigrate.workflow.rehearsal.shadows import Database
from safemigrate.workflow.script import Script

_SETVAL = re.compile(r"SELECT pg_catalog\.setval\('(.*)', (\d+), (true|false)\);")
# The server keeps these in the order of the columns, and a column that came back is the last.
_STATISTICS = re.compile(r"(?<= ON )[^()]+(?= FROM .*;$)")

Later = Callable[[Connection, Connection], None]
"""Writes to the migrated database and the same to its twin."""


@dataclass(frozen=True)
class Dump:
    """What pg_dump prints: the schema's lines, each table's rows with their columns by name, where sequences stand."""

    schema: list[str]
    rows: dict[str, list[str]]
    sequences: dict[str, tuple[int, bool]]


@dataclass(frozen=True)
class Journey:
    """How it went; `wrong` has a line for everything that is not as it was."""

    plan: Plan
    conflicts: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What was said of the way back before it was gone."""
        return self.plan.proof.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was said not to lead back exactly."""
        return self.plan.proof.reasons


def dump(url: DatabaseUrl, major: int) -> Dump:
    """Read a whole database with pg_dump, in no order but the names'."""
    program = programs.client("pg_dump", major)
    done = proc.run([program, "--exclude-schema=safemigrate*"], environment=programs.environment(url))
    assert done.status == 0, done.stderr
    schema: list[str] = []
    rows: dict[str, list[str]] = {}
    sequences: dict[str, tuple[int, bool]] = {}
    lines = iter(done.stdout.splitlines())
    for line in lines:
        if copied := re.fullmatch(r"COPY (.*?) \((.*)\) FROM stdin;", line):
            names = re.findall(r'"(?:[^"]|"")+"|[^", ]+', copied[2])
            found = rows.setdefault(copied[1], [])
            while (row := next(lines)) != "\\.":
                found.append(
                    "\t".join(f"{name}={value}" for name, value in sorted(zip(names, row.split("\t"), strict=True)))
                )
            found.sort()
        elif at := _SETVAL.fullmatch(line):
            sequences[at[1]] = (int(at[2]), at[3] == "true")
        elif line and not line.startswith(("--", "\\", "SET ", "SELECT pg_catalog.set_config", "COPY ")):
            schema.append(_STATISTICS.sub(_in_order_of_names, line.rstrip(",")))
    return Dump(sorted(schema), {name: rows[name] for name in sorted(rows)}, sequences)


def _in_order_of_names(listed: re.Match[str]) -> str:
    return ", ".join(sorted(listed[0].split(", ")))


def differences(expected: Dump, found: Dump) -> list[str]:
    """Say, a line each, what is not as expected; a sequence may have gone on."""
    said = [f"schema lacks: {line}" for line in _less(expected.schema, found.schema)]
    said += [f"schema has: {line}" for line in _less(found.schema, expected.schema)]
    for table in sorted({*expected.rows, *found.rows}):
        was, now = expected.rows.get(table, []), found.rows.get(table, [])
        said += [f"{table} lacks {row}" for row in _less(was, now)]
        said += [f"{table} has {row}" for row in _less(now, was)]
    for name, at in expected.sequences.items():
        if name in found.sequences and found.sequences[name] < at:
            said.append(f"{name} stands at {found.sequences[name]}, not at {at}")
    return said


def _less(one: Sequence[str], other: Sequence[str]) -> list[str]:
    rest = list(other)
    return [line for line in one if line not in rest or rest.remove(line)]  # type: ignore[func-returns-value]


class Traveller:
    """Makes journeys on one server."""

    def __init__(self, shadow: Shadow, major: int) -> None:
        self.shadow, self.major = shadow, major

    def go(self, setup: str, migration: str, since: str = "", without: str | None = None) -> Journey:
        """Raises MigrationFailed where the migration itself does not run.

        `since` is written after the migration, `without` (default: the same) is it had there been no migration.
        """

        def write(migrated: Connection, twin: Connection) -> None:
            session.run(migrated, since or "SELECT")
            session.run(twin, (since if without is None else without) or "SELECT")

        with self.database("start") as url:
            with connect(url) as connection:
                session.run(connection, setup)
            return self.on(url, migration, write if since or without else None)

    def on(self, url: DatabaseUrl, migration: str, write: Later | None = None) -> Journey:
        """Go there and back in the database `start`; `write` runs in between, there and in a twin that stays behind."""
        written = Migration("change", Path("change"), migration, "0")
        script = Script(written, tuple(executable(written, split(migration, "change"))))
        before = None if write else dump(url, self.major)
        with ExitStack() as databases:
            twin = databases.enter_context(self.database("twin", "start")) if write else None
            migrated = Database(self.shadow, "start")
            catalog = read(migrated.connection)
            start = State.now(migrated.connection, catalog)
            seen = trial._seen(migrated, script, catalog)
            plan, stands = trial._proven(migrated, script, seen, start)  # which leaves it applied
            migrated.close()
            # One that names rows by ctid may not run a second time as the first.
            again = any("run again after its inverse" in reason for reason in plan.proof.reasons)
            if plan.proof.verdict is Verdict.IMPOSSIBLE or stands is None or again:
                return Journey(plan)
            if write and twin:
                with connect(url) as used, connect(twin) as stayed:
                    write(used, stayed)
                before = dump(twin, self.major)
            assert before
            return self._back(url, plan, before)

    def _back(self, url: DatabaseUrl, plan: Plan, before: Dump) -> Journey:
        with connect(url) as connection:
            found = tuple(
                f"{one.subject}: {one.message}"
                for one in conflicts.find(ServerQuestions(connection, url), plan, RollbackOptions())
            )
            if found:
                return Journey(plan, found)
            stands = in_the_way(plan, there(read(connection)))
            assert not stands, stands
            with connection.transaction():
                for step in reversed(plan.steps):
                    for sql in step.inverse:
                        run.execute(connection, sql)
        wrong = differences(before, dump(url, self.major))
        return Journey(plan, (), tuple(wrong))

    @contextmanager
    def database(self, name: str, template: str | None = None) -> Iterator[DatabaseUrl]:
        """A database as long as the block lasts, a copy of an earlier one where that is named."""
        url = self.shadow.create(name, template)
        try:
            yield url
        finally:
            self.shadow.drop(name)

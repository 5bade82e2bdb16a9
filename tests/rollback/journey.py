"""There and back in throw-away databases: rehearsed, proven, applied, written to, rolled back, judged by pg_dump."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from safemigrate import proc
from safemigrate.db import programs, session
from safemigrate.db.catalog import read
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.execute import journal
from safemigrate.model import Migration, Verdict, silent
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.rehearse import executable
from safemigrate.sql import split
from safemigrate.workflow import conflicts, rehearse, take_back, verify

_SETVAL = re.compile(r"SELECT pg_catalog\.setval\('(.*)', (\d+), (true|false)\);")


@dataclass(frozen=True)
class Dump:
    """What pg_dump prints: the schema's lines, each table's rows with their columns by name, where sequences stand."""

    schema: list[str]
    rows: dict[str, list[str]]
    sequences: dict[str, tuple[int, bool]]


@dataclass(frozen=True)
class Journey:
    """How it went; `wrong` has a line for everything that is not as it was, although nothing said so before."""

    verdict: Verdict | None
    reasons: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    plan: object = field(default=None, repr=False)


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
            schema.append(line.rstrip(","))
    return Dump(sorted(schema), {name: rows[name] for name in sorted(rows)}, sequences)


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
        """Raises MigrationFailed where the migration itself does not run."""
        with self._database("start") as url:
            with connect(url) as connection:
                session.run(connection, setup)
            before = dump(url, self.major)
            return self._from(before, migration, since, since if without is None else without)

    def _from(self, before: Dump, migration: str, since: str, without: str) -> Journey:
        written = Migration("change", Path("change"), migration, "0")
        script = rehearse.Script(written, tuple(executable(written, split(migration, "change"))))
        found = rehearse._rounds(None, self.shadow, "start", [script], None, {}, None, silent)  # type: ignore[arg-type]
        assert isinstance(found, rehearse.Rehearsal)
        (plan,) = found.plans
        proof = plan.proof
        errors = [one.message for one in found.findings if one.blocks]
        if proof.verdict is Verdict.IMPOSSIBLE:
            return Journey(proof.verdict, proof.reasons, wrong=tuple(errors), plan=plan)
        with self._database("target", "start") as url:
            with connect(url) as connection:
                journal.prepare(connection)
                was, earlier = read(connection), verify.written(connection)
                rehearse._run(connection, plan)
                errors += verify.unkept(connection, was, plan, earlier)
            with connect(url) as connection:
                if since:
                    session.run(connection, since)
            with connect(url) as connection:
                found_conflicts = tuple(f"{one.subject}: {one.message}" for one in conflicts.find(connection, plan, {}))
                if found_conflicts:
                    return Journey(proof.verdict, proof.reasons, found_conflicts, tuple(errors), plan)
                with connection.transaction():
                    take_back._run_inverse(connection, plan, {}, [])
            after = dump(url, self.major)
        if without:
            with self._database("twin", "start") as url:
                with connect(url) as connection:
                    session.run(connection, without)
                before = dump(url, self.major)
        wrong = differences(before, after)
        return Journey(proof.verdict, proof.reasons, (), (*errors, *wrong), plan)

    @contextmanager
    def _database(self, name: str, template: str | None = None) -> Iterator[DatabaseUrl]:
        url = self.shadow.create(name, template)
        try:
            yield url
        finally:
            self.shadow.drop(name)

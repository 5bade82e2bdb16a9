"""Cutting the way back of a plan into stages: transactions, and refills that run a part of the kept rows at a time.

The order is that of the proven inverse and nothing is moved, so one stage after the other does what all of it does at
once. Only how constraints come to hold differs, so that none keeps its lock for as long as a scan takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.execute.stored import check_of, tuples
from safemigrate.model import Check, Parting, Plan, Refill, Step


@dataclass(frozen=True, slots=True)
class Stage:
    """What one transaction does; with a `place`, which its statements read as `place AS k`, one for each part of it.

    `subject` is the table whose `rows` go back from there. `checks` ask, where the stage fails, which rows are in the
    way.
    """

    actions: tuple[str | Parting, ...]
    place: str = ""
    subject: str = ""
    rows: int = 0
    checks: tuple[Check, ...] = ()


def cut(connection: Connection, plan: Plan, batch_rows: int) -> tuple[Stage, ...]:
    """Return the stages in which a plan goes back; none where no refill has more rows than `batch_rows`.

    A team's own down.sql goes whole.
    """
    if plan.down:
        return ()
    cutting = _Cutting(connection, batch_rows)
    for step in reversed(plan.steps):
        cutting.step(step)
    cutting.end()
    if not any(stage.place for stage in cutting.stages):
        return ()
    return (*cutting.stages, *([Stage(())] if cutting.stages[-1].place else []))  # the last is never a refill


def whole(connection: Connection, plan: Plan, batch_rows: int) -> list[str]:
    """Say of refills with more rows than `batch_rows` why they go back in one transaction all the same."""
    refills = (one for step in reversed(plan.steps) for one in step.refills if one.whole and not plan.down)
    large = ((one, count(connection, one.place)) for one in {one.place: one for one in refills}.values())
    return [
        f"{rows:,} rows of {one.subject} go back in one transaction, and its locks last as long: {one.whole}"
        for one, rows in large
        if rows > batch_rows
    ]


def count(connection: Connection, place: str) -> int:
    """Count the rows of a kept table; 0 where it is gone."""
    if session.value(connection, "SELECT to_regclass(%s)", [place]) is None:
        return 0
    return int(session.value(connection, f"SELECT count(*) FROM {place}"))


def to_json(stages: Iterable[Stage]) -> str:
    """Write stages as the journal stores them."""
    return json.dumps([asdict(stage) for stage in stages])


def from_json(stored: Sequence[dict[str, Any]]) -> tuple[Stage, ...]:
    """Read stages back from the journal."""
    return tuple(
        Stage(
            tuple(action if isinstance(action, str) else Parting(**tuples(action)) for action in one["actions"]),
            one["place"],
            one["subject"],
            one["rows"],
            tuple(check_of(check) for check in one["checks"]),
        )
        for one in stored
    )


@dataclass(frozen=True, slots=True)
class _Eased:
    """A constraint in three transactions: `first` holds for new rows, `proof` reads all under a weak lock, `last`."""

    first: str
    proof: str
    last: tuple[str, ...]
    check: Check


@dataclass(slots=True)
class _Cutting:
    connection: Connection
    batch_rows: int
    stages: list[Stage] = field(default_factory=list)
    actions: list[str | Parting] = field(default_factory=list)

    def step(self, step: Step) -> None:
        self.actions += step.partings
        large = {one.at: rows for one in step.refills if (rows := self._large(one))}
        if not large:
            self.actions += step.inverse
            return
        at = 0
        rests: list[str] = []
        for refill in (one for one in step.refills if one.at in large):
            self.actions += step.inverse[at : refill.at]
            at = refill.at + len(refill.sql)
            self.end()
            for sql in refill.statements:
                around = (*refill.before, sql, *refill.after)
                self.stages.append(Stage(around, refill.place, refill.subject, large[refill.at]))
            if refill.rest:
                rests += [*refill.before, *refill.rest, *refill.after]
        self.actions += rests
        self._finish(step, at, rests, {one.subject for one in step.refills if one.at in large})

    def _large(self, refill: Refill) -> int:
        rows = 0 if refill.whole else count(self.connection, refill.place)
        return rows if rows > self.batch_rows else 0

    def _finish(self, step: Step, at: int, rests: Sequence[str], subjects: Iterable[str]) -> None:
        """What comes after the rows: a table that the application works on is never locked while it is scanned."""
        busy = [subject for subject in subjects if self._is_plain(subject)]
        waiting: list[_Eased] = []
        for sql in (part for one in step.inverse[at:] for part in _apart(one, busy)):
            eased = next((one for subject in busy if (one := _eased(sql, subject, step, len(waiting)))), None)
            if eased:
                waiting.append(eased)
                continue
            self._prove(waiting, rests)
            waiting = []
            alone = self._indexes(sql, busy)
            if alone:
                self.end()
            self.actions.append(sql)
            if alone:
                self.end()
        self._prove(waiting, rests)

    def _indexes(self, sql: str, tables: Iterable[str]) -> bool:
        """Whether a statement builds an index on one of the tables: writers wait for it, and readers need not."""
        found = re.match(r"CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?(.+?) USING ", sql)
        same = "SELECT coalesce(to_regclass(%s) = to_regclass(%s), false)"
        return bool(found) and any(session.value(self.connection, same, [found[1], one]) for one in tables)  # type: ignore[index]

    def _is_plain(self, subject: str) -> bool:
        """Whether it is a table without partitions and heirs, which take constraints in ways of their own."""
        found = session.rows(
            self.connection,
            "SELECT relkind = 'r' AND NOT relispartition AND NOT relhassubclass FROM pg_class "
            "WHERE oid = to_regclass(%s)",
            [subject],
        )
        return bool(found and found[0][0])

    def _prove(self, waiting: Sequence[_Eased], rests: Sequence[str]) -> None:
        if not waiting:
            return
        self.actions += [one.first for one in waiting]
        self.end()
        # Rows that came before the constraint held for new ones get their value now.
        statements = (*rests, *(one.proof for one in waiting))
        self.stages.append(Stage(statements, checks=tuple(one.check for one in waiting)))
        self.actions += [sql for one in waiting for sql in one.last]

    def end(self) -> None:
        if self.actions:
            self.stages.append(Stage(tuple(self.actions)))
            self.actions = []


def _apart(sql: str, tables: Iterable[str]) -> list[str]:
    """Take an ALTER TABLE of several actions, one to a line, apart again."""
    start = next((f"ALTER TABLE {one}" for one in tables if sql.startswith(f"ALTER TABLE {one}\n  ")), "")
    if not start:
        return [sql]
    parts, quoted = [""], ""
    for line in sql.removeprefix(f"{start}\n  ").split(",\n  "):
        parts[-1] += line
        quoted = _open_quote(line, quoted)
        parts += [""] if not quoted else []
        parts[-1] += ",\n  " if quoted else ""
    return [f"{start} {part}" for part in parts if part]


def _open_quote(text: str, quoted: str) -> str:
    """Return the quote that is open at the end of a text, when `quoted` was at its start."""
    for mark in text:
        if mark == quoted:
            quoted = ""
        elif not quoted and mark in "'\"":
            quoted = mark
    return quoted


def _eased(sql: str, subject: str, step: Step, number: int) -> _Eased | None:
    """Let a constraint hold for new rows first and for all of them after that (PostgreSQL docs, ALTER TABLE)."""
    name = r'"(?:[^"]|"")+"'
    start = f"ALTER TABLE {subject}"
    if found := re.fullmatch(rf"{re.escape(start)} ALTER COLUMN ({name}) SET NOT NULL", sql):
        column = found[1]
        constraint = f"safemigrate_not_null_{number}"  # spares SET NOT NULL its scan
        source = f"{subject} AS t WHERE t.{column} IS NULL"
        known = next((one for one in step.checks if one.setting and one.subject == f"{subject}.{column}"), None)
        return _Eased(
            f"{start} ADD CONSTRAINT {constraint} CHECK ({column} IS NOT NULL) NOT VALID",
            f"{start} VALIDATE CONSTRAINT {constraint}",
            (sql, f"{start} DROP CONSTRAINT {constraint}"),
            Check(
                f"{subject}.{column}",
                "{count} {row written since has|rows written since have} no value for this required column",
                f"SELECT count(*) FROM {source}",
                look=f"SELECT * FROM {source}",
                setting=known.setting if known else "",
            ),
        )
    if found := re.fullmatch(rf"{re.escape(start)} ADD CONSTRAINT ({name}) (CHECK|FOREIGN KEY) (.*)", sql, re.DOTALL):
        constraint, kind, definition = found.groups()
        source = _refused(subject, kind, definition)
        if not source or definition.endswith((" NOT VALID", " NOT ENFORCED")):
            return None
        return _Eased(
            f"{sql} NOT VALID",
            f"{start} VALIDATE CONSTRAINT {constraint}",
            (),
            Check(
                f"{subject}.{constraint}",
                "{count} {row written since does|rows written since do} not fit this constraint, which comes back",
                f"SELECT count(*) FROM {source}",
                look=f"SELECT * FROM {source}",
            ),
        )
    return None


def _refused(subject: str, kind: str, definition: str) -> str:
    """Return which rows of a table a constraint refuses, as what follows FROM; "" where that is not plain to see."""
    if kind == "CHECK":
        return f"{subject} AS t WHERE NOT {definition.removesuffix(' NO INHERIT')}"
    name = r'(?:"(?:[^"]|"")+"|\w+)'
    found = re.match(
        rf"\(({name}(?:, {name})*)\) REFERENCES ({name}(?:\.{name})?)\(({name}(?:, {name})*)\)", definition
    )
    if not found:
        return ""
    pairs = list(zip(re.findall(name, found[1]), re.findall(name, found[3]), strict=True))
    filled = " AND ".join(f"t.{here} IS NOT NULL" for here, _ in pairs)
    match = " AND ".join(f"p.{there} = t.{here}" for here, there in pairs)
    return f"{subject} AS t WHERE {filled} AND NOT EXISTS (SELECT FROM {found[2]} AS p WHERE {match})"

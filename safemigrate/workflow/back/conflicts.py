"""What a rollback cannot bring back as it was: asked before anything changes, answered with commands to paste."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from safemigrate.errors import MigrationFailed, RollbackError, word
from safemigrate.model import Check, Conflict, OnConflict, Plan, Way, counted
from safemigrate.sql.actions import quote
from safemigrate.workflow.options import RollbackOptions


class Unanswerable(MigrationFailed):
    """A question about what is not there, or cannot be compared; where nobody foresaw that, the rollback fails."""


class Questions(Protocol):
    """Whom to ask: the database as it is now."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Answer a query. Raises Unanswerable; what is open is as it was then."""

    def showing(self, sql: str) -> str:
        """Write the command that shows the rows of a query."""


def find(ask: Questions, plan: Plan, options: RollbackOptions, settled: Collection[Check] = ()) -> list[Conflict]:
    """Ask the plan's questions, but for those that are `settled`, and say how to go on."""
    found = []
    for check in open_checks(plan, options):
        if check in settled or not (count := asked(ask, check)):
            continue
        sample = tuple(str(row[0]) for row in ask.rows(check.sample)) if check.sample else ()
        keep_new, keep_old = (_said(ask, ways) for ways in (check.keep_new, check.keep_old))
        found.append(
            Conflict(
                plan.migration,
                check.subject,
                counted(check.message, count),
                count,
                sample,
                tuple(_choices(ask, check, options, new=bool(keep_new[0]), old=bool(keep_old[0]))),
                keep_new[0],
                keep_old[0],
                tuple(
                    f"{name} cannot be chosen: {each}"
                    for name, (_, held) in (("keep-new", keep_new), ("keep-old", keep_old))
                    for each in held
                ),
            )
        )
    return found


def open_checks(plan: Plan, options: RollbackOptions) -> Iterator[Check]:
    """Return the questions to put, newest statement first; rows that the inverse fills as asked are no question.

    They are about the plan's own inverse: of a team's own down.sql nobody knows which rows it cannot take.
    """
    if plan.down:
        return
    for step in reversed(plan.steps):
        for check in step.checks:
            if check.fill or not check.setting or check.subject not in options.fill:
                yield check


def answered(plan: Plan, options: RollbackOptions) -> set[Check]:
    """Return the questions that --fill answers before the inverse runs."""
    checks = (check for step in plan.steps for check in step.checks)
    return {check for check in checks if check.fill and check.subject in options.fill}


def asked(ask: Questions, check: Check) -> int:
    """Put one question. Raises RollbackError where there is no answer about rows that would lose their values."""
    try:
        return int(value(ask, check.count) or 0)
    except Unanswerable as error:
        if check.loses:
            raise RollbackError(
                f"nobody can tell what stands in {check.subject} that the rollback would lose",
                f"Nothing was changed. The database refused the question: {error.why}",
                ("safemigrate status   # says whether something else has changed the schema since",),
            ) from error
        return 0  # about something that is gone; where it matters the server refuses the rollback, whole


def value(ask: Questions, sql: str) -> Any:
    """Return the first column of a query's first row, None where it has no row."""
    found = ask.rows(sql)
    return found[0][0] if found else None


def _said(ask: Questions, ways: Sequence[Way]) -> tuple[str, tuple[str, ...]]:
    """Say what ways out would do, "" where they lead nowhere, and who holds that up."""
    said, held = [], []
    try:
        for way in ways:
            if count := value(ask, way.count):
                said.append(f"{counted(way.says, count)}{f', kept in {way.place}' if way.place else ''}")
                for table, query in way.held:
                    if pointed := value(ask, query):
                        held.append(counted(f"rows of {table} point to {{count}} {{row|rows}} that would go", pointed))
    except Unanswerable as error:  # somebody has changed since what it takes
        held.append(error.why)
    return "" if held else "; ".join(said), tuple(held)


def _choices(ask: Questions, check: Check, options: RollbackOptions, *, new: bool, old: bool) -> list[str]:
    again, ways = options.again, []
    if check.setting:
        ways.append(filling(again, check))
    if check.relabel:
        named = options.labels.get(check.relabel.enum, {})
        unknown = [str(row[0]) for row in ask.rows(check.relabel.unknown) if row[0] not in named]
        labels = [f"--map {word(f'{check.relabel.enum}.{quote(label)}=…')}" for label in unknown]
        if labels:
            ways.append(f"{again} {' '.join(labels)}   # … is one of {', '.join(check.relabel.labels)}")
    for policy, possible in ((OnConflict.KEEP_NEW, new), (OnConflict.KEEP_OLD, old)):
        if possible and options.on_conflict is not policy:
            ways.append(f"{replace(options, on_conflict=OnConflict.STOP).again} --on-conflict {policy}")
    if check.look:
        then = "" if ways else f"; when you have changed them: {again}"
        ways.append(f"{ask.showing(check.look)}   # shows these rows{then}")
    return ways


def filling(again: str, check: Check) -> str:
    """Write the command that gives rows a value."""
    return f"{again} --fill {word(f'{check.subject}=…')}"


def going(ask: Questions, plan: Plan, unit: str = "") -> list[str]:
    """Say what was written since into things that the rollback drops; of one `unit`, where that is given."""
    found = []
    for parting in (parting for step in reversed(plan.steps) for parting in step.partings):
        if not parting.unit or (unit and parting.unit != unit):
            continue
        try:
            count = value(ask, parting.count)
        except Unanswerable:  # about something that only an earlier step of the rollback brings back
            continue
        if count:
            found.append(f"{parting.subject} goes with {gone(count, parting.unit)} of today; they would be kept")
    return found


def gone(count: int, unit: str) -> str:
    """Count values or rows: `its 1 value`."""
    return counted(f"its {{count}} {{{unit.removesuffix('s')}|{unit}}}", count)


def answers(options: RollbackOptions, plans: Iterable[Plan]) -> dict[str, str]:
    """Return what --fill and --map say to the questions and the inverses, by the setting that they read.

    Refuses what no column or enum takes: it is a typing error, and the rollback would go on without it.
    """
    steps = (step for plan in plans if not plan.down for step in reversed(plan.steps))
    checks = [check for step in steps for check in step.checks]  # the oldest last
    columns = {check.subject: check.setting for check in checks if check.setting}
    enums = {check.relabel.enum: check.relabel for check in checks if check.relabel}
    again = (f"{options.again} --dry-run",)
    for flag, given, known, what in (
        ("--fill", options.fill, columns, "Columns that take a value"),
        ("--map", options.labels, enums, "Enums that go back"),
    ):
        if unknown := [name for name in given if name not in known]:
            raise RollbackError(
                f"{flag} names {', '.join(unknown)}, which takes no value in this rollback",
                f"Nothing was changed. {what}: {', '.join(known) or 'none'}.",
                again,
            )
    for enum, labels in options.labels.items():
        has = enums[enum].labels
        if unknown := [label for label in labels.values() if label not in has]:
            raise RollbackError(
                f"--map names {', '.join(unknown)}, which {enum} will not have",
                f"Nothing was changed. After the rollback {enum} has {', '.join(has)}.",
                again,
            )
    settings = {setting: options.fill[name] for name, setting in columns.items() if name in options.fill}
    settings |= {enums[enum].setting: json.dumps(labels) for enum, labels in options.labels.items()}
    return settings

"""Settling conflicts as the user chose: what gives way is kept first, and then everything is asked once more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from safemigrate.model import Check, Kept, KeptKind, OnConflict, Plan, Settled, Way, counted
from safemigrate.workflow.back import conflicts
from safemigrate.workflow.options import RollbackOptions

# What gives way may leave others without the row they point to; a chain of foreign keys is only so long.
_ROUNDS = 20


class Settling(conflicts.Questions, Protocol):
    """Whom to ask, inside a transaction, and who does as is said."""

    def execute(self, sql: str) -> None:
        """Run one statement. Raises MigrationFailed."""

    def make_room(self, place: str) -> None:
        """Rename what an earlier rollback of the same migration left in a place, so that it is not lost."""


@dataclass(slots=True)
class Settlement:
    """What was done for one plan.

    `done` are the questions that need not be asked again although they still find rows; `instead` replaces texts of the
    inverse; `unproven` are addresses of constraints that come back NOT VALID.
    """

    settled: dict[tuple[Check, Way], Settled] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    done: set[Check] = field(default_factory=set)
    instead: list[tuple[str, str]] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    def replaced(self, sql: str) -> str:
        """Return a statement of the inverse as it is to run."""
        for text, other in self.instead:
            sql = sql.replace(text, other)
        return sql


def needed(ask: Settling, plan: Plan, options: RollbackOptions) -> bool:
    """Whether anything is to be settled as the options say."""
    return bool(
        options.labels
        or conflicts.answered(plan, options)
        or (
            options.on_conflict is not OnConflict.STOP
            and any(conflicts.asked(ask, check) for check in conflicts.open_checks(plan, options))
        )
    )


def settle(ask: Settling, plan: Plan, options: RollbackOptions) -> Settlement:
    """Give the values and labels that were named, then let one side give way, inside the caller's transaction."""
    found = Settlement()
    for check in conflicts.open_checks(plan, options):
        if check.relabel and check.relabel.enum in options.labels:
            _go(ask, plan, check, check.relabel.way, found)
        if check.fill and check.subject in options.fill and (count := conflicts.asked(ask, check)):
            for sql in check.fill:
                ask.execute(sql)
            given = Way(f"{{count}} {{row gets|rows get}} the value {options.fill[check.subject]}", check.count)
            _note(plan, check, given, count, found)
    if options.on_conflict is OnConflict.STOP:
        return found
    for _ in range(_ROUNDS):
        moved = 0
        for check in conflicts.open_checks(plan, options):
            ways = check.keep_new if options.on_conflict is OnConflict.KEEP_NEW else check.keep_old
            if ways and check not in found.done and conflicts.asked(ask, check):
                moved += sum(_go(ask, plan, check, way, found) for way in ways)
        if not moved:
            break
    return found


def _go(ask: Settling, plan: Plan, check: Check, way: Way, found: Settlement) -> int:
    """Go one way out; return for how many it was one."""
    before = int(conflicts.value(ask, way.count))
    if not before:
        return 0
    if way.place and (check, way) not in found.settled:
        ask.make_room(way.place)
        found.kept.append(Kept(KeptKind.LEFT, check.subject, way.place))
    for sql in way.run:
        ask.execute(sql)
    if way.unproven:
        found.done.add(check)
        found.unproven.append(way.unproven)
    found.instead += (pair for pair in way.instead if pair not in found.instead)
    count = before if way.instead else before - int(conflicts.value(ask, way.count))
    if count:
        _note(plan, check, way, count, found)
    return count


def _note(plan: Plan, check: Check, way: Way, count: int, found: Settlement) -> None:
    if known := found.settled.get((check, way)):
        count += known.count
    found.settled[check, way] = Settled(plan.migration, check.subject, counted(way.says, count), count, way.place)

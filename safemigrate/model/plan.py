"""The plan of a migration: what runs, what is kept, what takes it back, and the proof."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from safemigrate.model.conflict import Check
from safemigrate.model.value import dataclass


class KeptKind(StrEnum):
    """What a kept object holds."""

    TABLE = "table"  # a dropped table, moved
    TYPE = "type"  # a dropped type, moved
    COLUMN = "column"  # old values of a dropped or retyped column, by key
    ROWS = "rows"  # rows that statements changed, by key
    SEQUENCE = "sequence"  # where a dropped sequence stood
    COUNT = "count"  # of rows that pointed nowhere before, and may again: told, and nothing that comes back
    LEFT = "left"  # what a rollback dropped or changed, for taking the rollback back


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that a migration would lose and that stays in the target.

    `subject` is the object as users write it; `place` the schema-qualified, quoted name of the kept object.
    """

    kind: KeptKind
    subject: str
    place: str


@dataclass(frozen=True, slots=True)
class Parting:
    """Something that a step's inverse drops or changes and that users may have written since: it is kept before.

    `count` asks how many there are, `keep` are the statements that copy them to `place`. `unit` is what goes, "rows"
    of a table or "values" of a column; "" where nothing goes and it is kept only for taking the rollback back: then
    `first` runs before the migration does again, and `back` puts it back after the step, or after step number `at` of
    the plan. `alone`: that takes a transaction of its own, for a label just added cannot be used before COMMIT.
    """

    subject: str
    place: str
    count: str
    keep: tuple[str, ...]
    unit: str = "values"
    back: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    at: int = -1
    alone: bool = False

    @property
    def always(self) -> bool:
        """Whether it is kept even where it is empty."""
        return self.count == "SELECT 1"


@dataclass(frozen=True, slots=True)
class Refill:
    """A part of a step's inverse, from its statement number `at` on, that gives kept rows back to the table `subject`.

    `before` and `after` surround the others, silencing triggers. `statements` read the kept table as `place AS k`: they
    may as well read a part of it at a time, each in a transaction of its own. `rest` is for rows written since. `whole`
    says why the statements cannot be run for a part, "" where they can.
    """

    subject: str
    place: str
    statements: tuple[str, ...]
    rest: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    whole: str = ""
    at: int = 0

    @property
    def sql(self) -> tuple[str, ...]:
        """All of it, as the inverse has it."""
        return (*self.before, *self.statements, *self.rest, *self.after)


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a migration with everything that surrounds it.

    Forward, in one transaction: `before`, `run`, `after`. `run` is the statement as written, except where it drops a
    table or a type: those are moved, so `run` holds the moves. Back: `inverse`, which finds its kept data in the places
    named in `kept`; `refills` are those parts of it that give rows back.
    """

    sql: str
    line: int
    run: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    kept: tuple[Kept, ...] = ()
    partings: tuple[Parting, ...] = ()
    refills: tuple[Refill, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that commit together; `transactional` is False for a single statement that refuses a transaction block."""

    steps: tuple[Step, ...]
    transactional: bool = True


class Verdict(StrEnum):
    """How good a rollback is proven to be."""

    EXACT = "exact"
    LOSSY = "lossy"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence that up, down, compared, up again is the identity. `reasons` say what is not, in the reader's words."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    tables: int = 0
    rows: int = 0
    server_version: str = ""
    seconds: float = 0.0

    @property
    def server(self) -> str:
        """What it was proven on: a version without a name is PostgreSQL's."""
        return f"PostgreSQL {self.server_version}" if self.server_version[:1].isdigit() else self.server_version


@dataclass(frozen=True, slots=True)
class Trace:
    """What one statement did in the shadow.

    `locks` maps a table to the strongest lock taken on it (PostgreSQL docs 13.3 names); `rewrites` are tables whose
    storage was replaced; `rows` maps a table to (inserted, updated, deleted) rows; `scans` a table that was read from
    end to end to how many rows that were. `born` are the tables that it made: nobody waits for those.
    """

    line: int
    sql: str
    seconds: float
    locks: dict[str, str] = field(default_factory=dict)
    rewrites: tuple[str, ...] = ()
    rows: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    scans: dict[str, int] = field(default_factory=dict)
    born: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is needed to apply one migration and to take it back; it survives as JSON in the journal.

    `down` is the team's own down.sql, where it takes the place of the steps' inverses; `proof` is of what is used, and
    `generated` then of those. `refused` says why a down.sql of their own is not used.
    """

    migration: str
    checksum: str
    groups: tuple[Group, ...]
    proof: Proof
    traces: tuple[Trace, ...] = ()
    down: str = ""
    generated: Proof | None = None
    refused: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in forward order."""
        return tuple(step for group in self.groups for step in group.steps)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """All that it keeps, in forward order."""
        return tuple(kept for step in self.steps for kept in step.kept)

    @property
    def returns(self) -> tuple[str, ...]:
        """What a rollback brings back, in words."""
        some = (f"{one.kind.value} {one.subject}" for one in self.kept if one.kind is not KeptKind.COUNT)
        return tuple(dict.fromkeys(some))

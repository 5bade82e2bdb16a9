"""What commands that reach an engine were asked to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from safemigrate.config import BATCH_ROWS
from safemigrate.errors import word
from safemigrate.model import OnConflict
from safemigrate.sql.actions import quote


def said(command: str, given: Iterable[tuple[str, object]]) -> str:
    """Write a command with the flags that were given; True is one without a value."""
    some = (flag if value is True else f"{flag} {word(value)}" for flag, value in given if value)
    return " ".join([command, *some])


def in_hours(age: timedelta | None) -> str:
    """Write an age as flags take it; "" for None."""
    return f"{age // timedelta(hours=1)}h" if age else ""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The flags of `apply`. `generate` is None to decide by whether somebody can be asked for a name.

    `command` is what applies: `rollback --undo` does, too.
    """

    name: str | None = None
    generate: bool | None = None
    dry_run: bool = False
    snapshot: str = "scoped"
    shadow: str | None = None
    lock_timeout: float = 3.0
    retries: int = 5
    fix: bool = False
    command: str = "apply"

    @property
    def again(self) -> str:
        """The command that asks for the same again."""
        bare = self.command == "apply" and self.snapshot == "none"
        return said(f"safemigrate {self.command}", [("--snapshot", bare and "none")])


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """The flags of `rollback`. `fill` gives values to rows written since, by the column they need one for.

    `labels` names, by enum, a label for each that it will not have. `on_conflict` says who gives way otherwise.
    `guard` makes plain `prisma migrate deploy` stop too, until what is put on hold is released. `generated` takes
    safemigrate's own inverse where a team's down.sql would be used. `as_migration` writes the way back as a migration,
    named `name`, and changes no database.
    """

    last: int | None = None
    to: str | None = None
    failed: bool = False
    undo: bool = False
    dry_run: bool = False
    lock_timeout: float = 3.0
    retries: int = 5
    shadow: str | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    guard: bool = False
    batch_rows: int = BATCH_ROWS
    generated: bool = False
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    on_conflict: OnConflict = OnConflict.STOP
    as_migration: bool = False
    name: str | None = None

    @property
    def again(self) -> str:
        """The command that asks for the same again."""
        given: list[tuple[str, object]] = [("--failed", self.failed), ("--undo", self.undo)]
        given += [("--to", self.to), ("--last", self.last)]
        given += [("--fill", f"{column}={value}") for column, value in self.fill.items()]
        for enum, labels in self.labels.items():
            given += [("--map", f"{enum}.{quote(label)}={other}") for label, other in labels.items()]
        if self.on_conflict is not OnConflict.STOP:
            given.append(("--on-conflict", self.on_conflict))
        return said("safemigrate rollback", [*given, ("--guard", self.guard), ("--generated", self.generated)])


@dataclass(frozen=True, slots=True)
class ProveOptions:
    """The flags of `prove`. Without `names`, `last` and `since` it is the whole history; `jobs` 0 is one a core.

    `snapshot` is the id of one to begin with, instead of an empty database: its rows, and what it has not applied yet.
    """

    names: tuple[str, ...] = ()
    last: int | None = None
    since: str | None = None
    rows: int = 5
    seed: int = 1
    require: str = "exact"
    shadow: str | None = None
    jobs: int = 0
    cache: bool = True
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class PruneOptions:
    """The flags of `prune`; what is given together must all be true of an object. None given: the retention decides."""

    older_than: timedelta | None = None
    migration: str | None = None
    returned: bool = False
    orphans: bool = False
    dry_run: bool = False
    lock_timeout: float = 3.0
    retries: int = 5

    @property
    def again(self) -> str:
        """The command that asks for the same again."""
        given = [("--older-than", in_hours(self.older_than)), ("--migration", self.migration)]
        return said("safemigrate prune", [*given, ("--returned", self.returned), ("--orphans", self.orphans)])


@dataclass(frozen=True, slots=True)
class EraseOptions:
    """The flags of `erase`: a table as users write it, and the values of the columns that tell its row."""

    table: str
    key: Mapping[str, str]
    dry_run: bool = False
    lock_timeout: float = 3.0
    retries: int = 5

    @property
    def again(self) -> str:
        """The command that asks for the same again."""
        row = [("--key", f"{name}={value}") for name, value in self.key.items()]
        return said(f"safemigrate erase {word(self.table)}", row)

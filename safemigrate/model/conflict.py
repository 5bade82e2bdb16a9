"""Rows written since that exclude what a rollback brings back: the questions, the ways out, what was found and done."""

from __future__ import annotations

import re
from enum import StrEnum

from safemigrate.model.value import dataclass


def counted(words: str, count: int) -> str:
    """Put a number into words: `{count} {row points|rows point} nowhere`."""
    said = re.sub(r"\{([^{}|]*)\|([^{}|]*)\}", r"\1" if count == 1 else r"\2", words)
    return said.replace("{count}", f"{count:,}")


class OnConflict(StrEnum):
    """Who wins where a row written since and something that goes back exclude each other."""

    STOP = "stop"
    KEEP_NEW = "keep-new"
    KEEP_OLD = "keep-old"


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a conflict, under the names that hold before the first inverse of the migration runs.

    `says` what becomes of the things that `count` finds (see `counted`); `run` copies them to `place`, "" where nothing
    gives way, and only then takes them out of the way. `instead` replaces texts in the inverse of the same step.
    `held` are tables whose rows point to what would go, each with a query for how many: such rows stay where they are.
    `unproven` is the address of a constraint that comes back NOT VALID.
    """

    says: str
    count: str
    run: tuple[str, ...] = ()
    place: str = ""
    instead: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, str], ...] = ()
    unproven: str = ""


@dataclass(frozen=True, slots=True)
class Relabel:
    """A column goes back to an enum: `labels` are those that it has, and what is mapped to one of them is no conflict.

    `enum` is its name as users write it. `unknown` asks for the values of today that it does not have. `setting` is the
    custom server setting that holds the mapping as JSON; `way` keeps the values that are mapped, and maps them.
    """

    enum: str
    labels: tuple[str, ...]
    unknown: str
    setting: str
    way: Way


@dataclass(frozen=True, slots=True)
class Check:
    """A question to the database before a rollback step: rows that cannot go back as they are.

    `count` is a query for one number (rows); `sample` returns a few keys as one text column each. `message` has
    `{count}` in it (see `counted`). `look` is SQL that shows these rows. `setting` is the custom server setting
    (PostgreSQL docs 20.16) from which they get a value, "" where they take none: by the statements `fill` or, where
    there are none, by the inverse. `loses`: the inverse would not fail on such rows, it would lose their values; then
    `table` has them, and nobody writes to it between the last answer and COMMIT.
    `keep_new` and `keep_old` lead out together, one after the other; empty where that choice leads nowhere.
    """

    subject: str
    message: str
    count: str
    sample: str = ""
    look: str = ""
    setting: str = ""
    loses: bool = False
    table: str = ""
    fill: tuple[str, ...] = ()
    relabel: Relabel | None = None
    keep_new: tuple[Way, ...] = ()
    keep_old: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rows that a rollback cannot bring back as they were, found before anything changes.

    `keep_new` and `keep_old` say what would become of them, "" where that choice leads nowhere; `notes` say why.
    `choices` are commands to paste.
    """

    migration: str
    subject: str
    message: str
    count: int
    sample: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    keep_new: str = ""
    keep_old: str = ""
    notes: tuple[str, ...] = ()

    def way(self, choice: OnConflict) -> str:
        """What becomes of the rows where one side is to give way."""
        return {OnConflict.KEEP_NEW: self.keep_new, OnConflict.KEEP_OLD: self.keep_old}.get(choice, "")


@dataclass(frozen=True, slots=True)
class Settled:
    """A conflict that was settled as the user chose: what became of how many things, and where they are kept."""

    migration: str
    subject: str
    message: str
    count: int
    place: str

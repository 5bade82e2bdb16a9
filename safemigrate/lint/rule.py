"""What a rule is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from safemigrate.model import Finding, Severity
from safemigrate.model.value import dataclass

if TYPE_CHECKING:
    from safemigrate.lint.context import Context
    from safemigrate.lint.fix import Fix
    from safemigrate.sql import Action

# What goes, what waits, what old code stumbles over, what fails or is left wrong, where it stands among migrations.
Family = Literal["data-loss", "lock", "compatibility", "correctness", "history"]

Shows = Literal["lock", "work", "rows", "nothing"]

# Below this many rows a scan or a rewrite is over before anybody waits.
SMALL = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """A check and what there is to know about it.

    `name` reads after "allow" and names the pattern, not the remedy. `severity` is that of a finding without a target.
    `check` is asked for every statement, or for those that do one of the things in `on`; where the family is "history",
    once for the migration; where `last`, once when all others have spoken.
    `shows` is what a rehearsal would see of it: a lock, the work on a whole table under one, rows changed, or nothing.
    `provider` is the one that it is about, "" where it holds for PostgreSQL and SQLite.
    `fix` writes something else for the statement that a finding is on, or nothing where it cannot.
    `bad` is SQL on which this rule alone fires, `good` SQL on which none does; both run on `setup`, but a `bad` that
    `fails` does not.
    """

    name: str
    family: Family
    severity: Severity
    check: Callable[[Context], Iterator[Finding]]
    bad: str = ""
    good: str = ""
    setup: str = ""
    last: bool = False
    fails: bool = False
    shows: Shows = "lock"
    fix: Callable[[Context], Iterator[Fix]] | None = None
    on: tuple[type[Action], ...] = ()
    provider: Literal["", "postgresql", "sqlite"] = ""

    def is_for(self, provider: str) -> bool:
        """Whether it has something to say of a migration for this provider; one that nobody knows is PostgreSQL."""
        if provider == "sqlite":  # there is one lock for the whole database, whatever the statement
            return self.family != "lock" and self.provider != "postgresql"
        return self.provider != "sqlite"

    @property
    def of_history(self) -> bool:
        """Whether it judges where the migration stands in the history, not its text."""
        return self.family == "history"

    @property
    def of_text(self) -> bool:
        """Whether it judges a statement, so that a comment can allow it."""
        return not self.of_history and not self.last

    @property
    def docs(self) -> str:
        """The page of the rule: the docstring of its module."""
        return sys.modules[self.check.__module__].__doc__ or ""

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return self.docs.partition("\n")[0]


def counted(number: int, thing: str) -> str:
    """A number and its noun: "1 row", "12,431 values"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"

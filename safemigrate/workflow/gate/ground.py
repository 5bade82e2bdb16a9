"""The ground that a branch is tried on: what its base's history makes of an empty database.

Each kind of database has its own, imported where it is needed: what one rests on is nothing to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Finding, Migration, MigrationOutcome, OnProgress, SchemaChange
from safemigrate.sql import Dialect
from safemigrate.workflow.proving import Terms


class Ground(Protocol):
    """Where the base's history has run; `failed` are its migrations that do not run there."""

    @property
    def failed(self) -> tuple[str, ...]:
        """The migrations of the base that do not run."""

    @property
    def describe(self) -> str:
        """All that what is found here depends on, beside the migrations."""

    @property
    def major(self) -> int | None:
        """The server's major version, None for a file."""

    @property
    def begin(self) -> DatabaseUrl:
        """The database that has gone through the base's history, for Prisma to look at."""

    def end(self, new: Sequence[Migration]) -> DatabaseUrl | None:
        """Return one that has gone through what is new too, to be asked for once; None where that does not run."""

    def parts(self, sql: str, new: Sequence[Migration]) -> list[str]:
        """Cut what Prisma would do behind what is new into what a person reads, and compares with another such list."""

    def change(self, new: Sequence[Migration]) -> SchemaChange:
        """The schema before and after what is new, as far as it runs."""

    def tried(
        self, new: Sequence[Migration], terms: Terms, on_progress: OnProgress, *, cache: bool, alone: bool
    ) -> list[MigrationOutcome]:
        """Try each after all that come before it; what was tried before on the same ground is remembered.

        `alone` says that nobody else needs the ground as it is.
        """

    def beside(self, new: Sequence[Migration]) -> tuple[list[Finding], list[str]]:
        """Say how the live database stands, where there is one, and what there is to note."""


class Grounds(Protocol):
    """One kind of ground."""

    def tools(self) -> str:
        """Say which programs and libraries of this machine a ground rests on."""

    def ground(
        self,
        choice: str | None,
        before: Sequence[Migration],
        new: Sequence[Migration],
        on_progress: OnProgress,
        *,
        live: DatabaseUrl | None = None,
        cache: bool = True,
    ) -> AbstractContextManager[Ground]:
        """Give a database that has gone through `before` and in which `new` can run.

        A `live` one is read, and stands beside it. A migration that does not run is passed over. Raises ShadowError,
        and ConnectionFailed for a live one.
        """


def grounds_of(provider: Dialect) -> Grounds:
    """Return the kind that a provider needs, as `prisma.project` names it."""
    if provider == "sqlite":
        from safemigrate.workflow.gate import on_file

        return on_file
    from safemigrate.workflow.gate import on_server

    return on_server

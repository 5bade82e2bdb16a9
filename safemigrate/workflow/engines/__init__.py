"""What differs between kinds of databases, behind one interface: a module for servers, a module for files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol

from safemigrate.model import Migration
from safemigrate.prisma.project import Project
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.adopt.adoption import Adopter, Adoption
from safemigrate.workflow.fitness import Check
from safemigrate.workflow.options import ProveOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved
from safemigrate.workflow.ways import Opened, Proving


class Engine(Protocol):
    """One kind of database."""

    def opened(self, resolved: Resolved, *, make: bool = False) -> AbstractContextManager[Opened]:
        """Open the target and read where it stands; nothing is written. Raises ConnectionFailed.

        With `make` a file that is not there is made; a server's database is not.
        """

    def checks(self, stack: ExitStack) -> Sequence[tuple[str, Check]]:
        """Return what `doctor` asks of the database; what it opens is closed with `stack`."""

    def proving(
        self, request: Request, options: ProveOptions, history: Sequence[Migration], snapshot: Snapshot | None
    ) -> AbstractContextManager[Proving]:
        """Give a place to prove a history in, from nothing or from what a snapshot holds. Raises ShadowError."""

    def verify_snapshot(self, request: Request, snapshot: Snapshot, *, deep: bool, shadow: str | None = None) -> str:
        """Check size, sha256 and a full read, `deep` with a restore; returns what held. Raises SnapshotError."""

    def restore_into(self, request: Request, snapshot: Snapshot, into: str) -> tuple[str, tuple[str, ...], str]:
        """Restore and compare; what is there already takes consent and is kept aside.

        Returns the database, what there is to say, and the command that leads on. Raises SnapshotError.
        """

    def sweep(self) -> None:
        """Remove what killed runs left on this machine."""

    def adopter(self, request: Request, resolved: Resolved, shadow: str | None) -> AbstractContextManager[Adopter]:
        """Open a database for `init`. Raises ConnectionFailed."""

    def without_database(self, request: Request, project: Project, shadow: str | None) -> Adoption:
        """Say what `init` writes where no database can be asked."""


def engine_of(provider: str) -> Engine:
    """Return the engine of a provider as `prisma.project` names it; imported here, for each has heavy libraries."""
    if provider == "sqlite":
        from safemigrate.workflow.engines import file

        return file
    from safemigrate.workflow.engines import server

    return server

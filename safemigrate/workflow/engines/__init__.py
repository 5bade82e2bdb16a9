"""What differs between kinds of databases, behind one interface: a module for servers, a module for files."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from safemigrate.errors import ProjectError
from safemigrate.workflow.target import Resolved
from safemigrate.workflow.ways import Opened


class Engine(Protocol):
    """One kind of database."""

    def opened(self, resolved: Resolved) -> AbstractContextManager[Opened]:
        """Open the target and read where it stands; nothing is written. Raises ConnectionFailed."""

    def sweep(self) -> None:
        """Remove what killed runs left on this machine."""


def engine_of(provider: str) -> Engine:
    """Return the engine of a provider as `prisma.project` names it; imported here, for each has heavy libraries."""
    if provider == "sqlite":
        raise ProjectError(
            "this command does not work on SQLite yet", fix=("--schema PATH/TO/THE/POSTGRESQL/schema.prisma",)
        )
    from safemigrate.workflow.engines import server

    return server

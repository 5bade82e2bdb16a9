"""What differs between kinds of databases, behind one interface: a module for servers, a module for files."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from safemigrate.sql import Dialect
from safemigrate.workflow.target import Resolved
from safemigrate.workflow.ways import Opened


class Engine(Protocol):
    """One kind of database."""

    def opened(self, resolved: Resolved, *, make: bool = False) -> AbstractContextManager[Opened]:
        """Open the target and read where it stands; nothing is written. Raises ConnectionFailed.

        With `make` a file that is not there is made; a server's database is not.
        """

    def sweep(self) -> None:
        """Remove what killed runs left on this machine."""


def engine_of(provider: Dialect) -> Engine:
    """Return the engine of a provider as `prisma.project` names it; imported here, for each has heavy libraries."""
    if provider == "sqlite":
        from safemigrate.workflow.engines import file

        return file
    from safemigrate.workflow.engines import server

    return server

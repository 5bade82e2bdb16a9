"""Files that are thrown away: copies to try a migration in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from safemigrate import proc
from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection, connect, quote, run
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ShadowError


class Copies:
    """A folder of files by name, none of which outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the file of a name is, or will be."""
        return self.folder / f"{name}.db"

    def url(self, name: str) -> DatabaseUrl:
        """Name a copy of a file, without what schema.prisma cannot say, as Prisma's CLI is told of it.

        Prisma looks past triggers, views, partial and expression indexes; 7.10's engine stumbles over some of them.
        """
        copy = f"{name}_sayable"
        self.copy(name, copy)
        with self.opened(copy) as connection:
            catalog = read(connection)
            for trigger in catalog.triggers.values():
                run(connection, f"DROP TRIGGER {quote(trigger.name)}")
            for view in catalog.views.values():
                run(connection, f"DROP VIEW {quote(view.name)}")
            for index in catalog.indexes.values():
                if index.origin == "c" and (index.where or index.columns is None):
                    run(connection, f"DROP INDEX {quote(index.name)}")
        return DatabaseUrl.parse(f"file:{self.path(copy)}").resolved(self.folder)

    def copy(self, source: str | Path, into: str) -> Path:
        """Copy a file that nobody writes to, and in which no transaction is open, over one that nobody has open."""
        source, target = self.path(source) if isinstance(source, str) else source, self.path(into)
        try:
            return shutil.copyfile(source, target)
        except OSError as error:
            raise ShadowError(
                f"no copy of {source.name} can be written into {self.folder.parent}: {error.strerror}",
                "Migrations are tried in copies, where temporary files go. Nothing was changed.",
                (f"df -h {self.folder.parent}", "TMPDIR=/a/folder/with/space safemigrate apply"),
            ) from error

    @contextmanager
    def opened(self, name: str) -> Iterator[Connection]:
        """Open a file, made where there is none, in a way that a loss of power would spoil it."""
        with connect(self.path(name), create=True) as connection:
            run(connection, "PRAGMA journal_mode = MEMORY")
            run(connection, "PRAGMA synchronous = OFF")
            yield connection


@contextmanager
def copies(folder: Path | None = None) -> Iterator[Copies]:
    """Make a folder, in `folder` or where the system has its temporary ones, for as long as the block lasts.

    What a kill leaves of the latter, which has every row, goes with the next command's `proc.sweep`.
    """
    with TemporaryDirectory(prefix="safemigrate-", dir=folder) if folder else proc.scratch() as made:
        yield Copies(Path(made))

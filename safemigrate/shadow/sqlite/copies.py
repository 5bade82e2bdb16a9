"""Files that are thrown away: copies to try a migration in."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safemigrate import proc
from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.connection import Connection, connect, quote, run
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, ShadowError, word

# Not between these disks, or not on this kernel (copy_file_range(2)).
_NO_CLONE = {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.EBADF}


class Copies:
    """A folder of files by name, none of which outlives it; `elsewhere` says how another is chosen."""

    def __init__(self, folder: Path, elsewhere: str = "TMPDIR=/a/folder/with/space safemigrate ...") -> None:
        self.folder, self._elsewhere = folder, elsewhere

    def path(self, name: str) -> Path:
        """Where the file of a name is, or will be."""
        return self.folder / f"{name}.db"

    def inside(self, name: str) -> Copies:
        """Make a folder for others, which does not outlive this one either."""
        folder = self.folder / name
        folder.mkdir()
        return Copies(folder, self._elsewhere)

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
            return _cloned(source, target)
        except OSError as error:
            raise ShadowError(
                f"no copy of {source.name} can be written into {self.folder.parent}: {error.strerror}",
                "Migrations are tried in copies. Nothing was changed.",
                (f"df -h {word(self.folder.parent)}", self._elsewhere),
            ) from error

    @contextmanager
    def opened(self, name: str) -> Iterator[Connection]:
        """Open a file, made where there is none, in a way that a loss of power would spoil it."""
        try:
            with connect(self.path(name), create=True) as connection:
                run(connection, "PRAGMA synchronous = OFF")
                connection.map_files()
                yield connection
        except ConnectionFailed as error:
            if getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_FULL":
                raise
            raise ShadowError(
                error.summary, error.why, (f"df -h {word(self.folder.parent)}", self._elsewhere)
            ) from error


@contextmanager
def copies() -> Iterator[Copies]:
    """Make a folder where the system has its temporary ones, for files without anybody's rows."""
    with proc.scratch() as made:
        yield Copies(made)


def _cloned(source: Path, target: Path) -> Path:
    """Copy a file; where the disk can (btrfs, XFS) the copy shares its blocks until it is written to."""
    if not hasattr(os, "copy_file_range"):
        return shutil.copyfile(source, target)
    with source.open("rb") as whole, target.open("wb") as copy:
        left = os.fstat(whole.fileno()).st_size
        try:
            while left and (done := os.copy_file_range(whole.fileno(), copy.fileno(), left)):
                left -= done
        except OSError as error:
            if error.errno not in _NO_CLONE:
                raise
    return target if not left else shutil.copyfile(source, target)

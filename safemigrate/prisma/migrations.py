"""The migrations folder, read as Prisma reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from safemigrate.errors import ProjectError, word
from safemigrate.model import Migration
from safemigrate.prisma import lock

if TYPE_CHECKING:
    from safemigrate.prisma.project import Project

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def migrations(project: Project) -> list[Migration]:
    """Every migration on disk, in Prisma's order: bytewise by the folder's name.

    Files beside the folders and links to folders are no migrations, as for Prisma (`file_type().is_dir()`).
    A folder with other files and no .sql at all is not ours (a data migration in TypeScript): see `without_sql`.
    `sql` holds every character of the file, byte order mark and CR too, so that offsets fit; `checksum` is over bytes.
    Raises ProjectError for a folder that lost its migration.sql (Prisma: P3015) and for a file that is not UTF-8.
    """
    return [read(folder) for folder in _folders(project) if not _is_foreign(folder)]


def without_sql(project: Project) -> list[Path]:
    """Folders of the history that hold something else than SQL; nobody here runs them, so a workflow says so."""
    return [folder for folder in _folders(project) if _is_foreign(folder)]


def passed_over(project: Project) -> tuple[str, ...]:
    """Say which folders are no migrations of ours; of a history that is empty, where it looks as if there were one."""
    said = [f"{path.name} has no migration.sql and was passed over" for path in without_sql(project)]
    home = project.migrations
    if not home.is_dir() or not any(home.glob("*/migration.sql")):
        said.append(f"{home} has no migrations")
        for folder in sorted(home.parent.iterdir()) if home.parent.is_dir() else ():
            ours = folder != home and lock.provider(folder) in ("", project.provider)
            count = sum(1 for _ in folder.glob("*/migration.sql")) if ours else 0
            if count:
                said.append(f'{folder} has {count}: migrations = "{folder}" in safemigrate.toml takes them')
    return tuple(said)


def read(folder: Path) -> Migration:
    """Read one migration; raises ProjectError as `migrations` does."""
    path = folder / "migration.sql"
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ProjectError(
            f"{path} cannot be read (Prisma: P3015)",
            f"{error.strerror}. Every folder of the history needs its migration.sql; Prisma stops here too.",
            (
                f"git log --diff-filter=D -- {word(path)}    # was it deleted?",
                f"rmdir {word(folder)}    # if it is only a leftover",
            ),
        ) from error
    return decode(folder.name, path, content)


def decode(name: str, path: Path, content: bytes) -> Migration:
    """A migration of these bytes; raises ProjectError where they are not UTF-8."""
    try:
        sql = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, content, error) from error
    return Migration(name, path, sql, hashlib.sha256(content).hexdigest())


def refuse_empty(pending: list[Migration]) -> None:
    """Raise ProjectError for a pending migration without a single character; one applied long ago is nobody's business.

    Prisma's own empty migration holds the comment `-- This is an empty migration.`
    """
    for migration in pending:
        if not migration.sql.strip("\ufeff \t\r\n"):
            folder, file = (word(path) for path in (migration.path.parent, migration.path))
            raise ProjectError(
                f"{migration.path} is empty",
                "Usually a file that was not saved, or an interrupted generation.",
                (
                    f"rm -r {folder}    # if nothing was meant",
                    f"echo '-- This is an empty migration.' > {file}    # if nothing is what was meant",
                ),
            )


def _folders(project: Project) -> list[Path]:
    if not project.migrations.is_dir():
        return []
    found = [path for path in project.migrations.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(found, key=lambda path: path.name.encode(errors="surrogateescape"))


def _is_foreign(folder: Path) -> bool:
    if (folder / "migration.sql").exists():
        return False
    inside = [path for path in folder.rglob("*") if path.is_file()]
    return bool(inside) and not any(path.suffix == ".sql" for path in inside)


def _not_utf8(path: Path, content: bytes, error: UnicodeDecodeError) -> ProjectError:
    encoding = "UTF-16" if content.startswith(_UTF16) else "LATIN1"
    line = content.count(b"\n", 0, error.start) + 1
    quoted = word(path)
    return ProjectError(
        f"{path} is not UTF-8: byte 0x{content[error.start]:02x} in line {line}",
        "Prisma and PostgreSQL read migrations as UTF-8.",
        (f"iconv -f {encoding} -t UTF-8 {quoted} > fixed.sql && mv fixed.sql {quoted}",),
    )

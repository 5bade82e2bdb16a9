"""What it takes to bring a database under its project's history: a new baseline, or rows for migrations it has."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import HistoryError, PrismaError, word
from safemigrate.model import AppliedMigration, AppliedState, Migration, counted
from safemigrate.prisma import command
from safemigrate.prisma.history import HistoryState
from safemigrate.prisma.project import Project
from safemigrate.workflow.adopt.changes import Change
from safemigrate.workflow.target import Resolved, Target

NAME = "0_init"  # as Prisma's guide "Baselining a database" calls it

# Prisma's own words for what it writes.
_HEADINGS = (
    (r"CREATE SCHEMA ", "CreateSchema"),
    (r"CREATE EXTENSION ", "CreateExtension"),
    (r"CREATE TYPE .* AS ENUM ", "CreateEnum"),
    (r"CREATE (?:UNLOGGED )?TABLE ", "CreateTable"),
    (r"CREATE (?:UNIQUE )?INDEX ", "CreateIndex"),
    (r"ALTER TABLE .* FOREIGN KEY ", "AddForeignKey"),
)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is to be written and recorded, and what was found out on the way.

    `rows` are recorded as applied where the database is still in the state `proven`. `drift` is the SQL from the
    database to schema.prisma, "" without any. `said` are facts with their subjects, `notes` what a person should know.
    """

    changes: tuple[Change, ...] = ()
    rows: tuple[Migration, ...] = ()
    proven: str = ""
    drift: str = ""
    said: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


EMPTY = Adoption(said=(("database", "has no tables yet: the first `safemigrate apply` makes them"),))


def in_place(state: HistoryState) -> Adoption:
    """Nothing is to do: everything is recorded already."""
    words = counted("{count} {migration|migrations} applied, none pending", len(state.applied))
    return Adoption(said=(("history", words),))


class Adopter(Protocol):
    """An open database that a project is to be brought to migrations with."""

    @property
    def target(self) -> Target:
        """The database."""

    @property
    def described(self) -> str:
        """What it is, where, and who named it, in words."""

    @property
    def major(self) -> int:
        """The server's major version, 0 for a file."""

    def adoption(self) -> Adoption:
        """Find out what the database needs; nothing is written.

        Raises HistoryError where its schema is at no point of a history that is there, or cannot be written down.
        """

    def record(self, rows: Sequence[Migration], proven: str) -> None:
        """Write the rows that `prisma migrate resolve --applied` writes, all or none.

        The database must be in the state `proven` before and after; one that is recorded already is passed over. Raises
        HistoryError where it is not, or where another migration runs.
        """

    def are_recorded(self, names: Collection[str]) -> bool:
        """Whether any of these is recorded as applied, asked anew; True where nobody can be asked."""

    def forget(self, rows: Collection[tuple[str, str]], *, table: bool) -> list[str]:
        """Delete the rows that `record` wrote for these names and checksums, and the table where it is empty then.

        `table` says that `record` made it. Returns the names whose rows are gone. Raises HistoryError where migrations
        came after them.
        """


@dataclass(frozen=True, slots=True)
class Reached:
    """The point of the history at which the schema is the database's: after `count` migrations, None at no point.

    `silent` are the last of them that leave the schema as it is: whether their rows were changed, nobody can see.
    `closest` and `differences` say what comes near where there is no such point. `order` names tables whose columns
    stand in another order.
    """

    count: int | None
    silent: tuple[Migration, ...] = ()
    closest: str = ""
    differences: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


def silent_before(migrations: Sequence[Migration], matches: Sequence[int]) -> tuple[Migration, ...]:
    """Return the migrations between the last of the points that match and the first of those right before it."""
    last = start = matches[-1]
    while start - 1 in matches:
        start -= 1
    return tuple(migrations[start:last])


def along(resolved: Resolved, point: Reached, applied: Collection[str], made: DatabaseUrl) -> Adoption:
    """Record those migrations of an existing history that the database has already.

    `made` has the whole history, where all of it is to be recorded. Raises HistoryError where none is, and no other is.
    """
    history, database = resolved.migrations, resolved.url.name
    folder = word(resolved.project.migrations)
    if point.count is None:
        if applied:
            return Adoption(notes=("the database is at no point of the history: safemigrate apply says what differs",))
        raise HistoryError(
            f"database {database} is at no point of the history in {resolved.project.migrations}",
            "\n".join(
                [
                    f"It comes closest after {point.closest}; there, expected is what the database has:",
                    *point.differences[:15],
                    *([f"and {len(point.differences) - 15:,} more"] if len(point.differences) > 15 else ()),
                ]
            ),
            (
                f"mv {folder} {folder}_before   # the database is right:",
                "safemigrate init   # a baseline takes the place of the old history",
            ),
        )
    rows = tuple(one for one in history[: point.count] if one.name not in applied)
    left = len(history) - point.count
    notes = [
        f"{one.name} leaves the schema as it is, so nobody can see whether it ran here; it is taken for applied"
        for one in point.silent
        if one in rows
    ]
    notes += [f"{table}: the columns stand in another order than the history makes them" for table in point.order[:5]]
    asked, unknown = drift(resolved.project, made) if not left else ("", ())
    said = [("history", f"{point.count:,} of {len(history):,} migrations make the schema that {database} has")]
    if left:
        said.append(("pending", counted("{count} {comes|come} next, by safemigrate apply", left)))
    return Adoption(rows=rows, drift=asked, said=tuple(said), notes=(*notes, *unknown))


def from_schema(project: Project, empty: DatabaseUrl) -> Adoption:
    """Write the baseline from schema.prisma alone, for a database that cannot be reached from here."""
    sql = command.diff(project, empty)
    if not sql:
        return Adoption(said=(("schema.prisma", "has no models yet"),))
    return Adoption(
        changes=files(project, first(project, sql)),
        notes=(
            "the baseline is what schema.prisma says; no database was asked, and none has it recorded",
            "run safemigrate init again where the database can be reached: it compares, and records it as applied",
        ),
    )


def ours(found: Sequence[AppliedMigration], recorded: Collection[tuple[str, str]]) -> list[AppliedMigration]:
    """Return the rows that were recorded under these names and checksums.

    Raises HistoryError where migrations came after them.
    """
    mine = [one for one in found if (one.name, one.checksum) in recorded and one.applied_steps == 0]
    newest = max((one.started_at for one in mine), default=None)
    later = [
        one.name for one in found if newest and one.started_at > newest and one.state is not AppliedState.ROLLED_BACK
    ]
    if later:
        raise HistoryError(
            f"migrations were applied since: {', '.join(later)}",
            "Without the baseline below them their history would begin in the middle. Nothing was taken back.",
            ("safemigrate rollback   # takes them back first", "safemigrate status"),
        )
    return mine


def moved() -> HistoryError:
    """The error for a database that somebody changed meanwhile."""
    return HistoryError(
        "the database is not as it was when the baseline was proven; nothing was recorded",
        "Somebody changed its schema meanwhile.",
        ("safemigrate init   # again, when nobody else does",),
    )


def drift(project: Project, made: DatabaseUrl) -> tuple[str, tuple[str, ...]]:
    """Return the SQL from a database to schema.prisma, or why nobody can say."""
    try:
        return command.diff(project, made), ()
    except PrismaError as error:
        return "", (f"schema.prisma was not compared: {error.summary}; {project.package.install} first",)


def first(project: Project, sql: str) -> Migration:
    """The migration that a baseline of this text will be."""
    path = project.migrations / NAME / "migration.sql"
    return Migration(NAME, path, sql, hashlib.sha256(sql.encode()).hexdigest())


def files(project: Project, one: Migration) -> tuple[Change, ...]:
    """What is written for a baseline."""
    lock = project.migrations / "migration_lock.toml"
    found = [Change(str(one.path), None, one.sql)]
    if not lock.exists():
        found.append(Change(str(lock), None, command.LOCK.format(provider=project.provider)))
    return tuple(found)


def head(database: str, beyond: Sequence[str]) -> str:
    """The lines above a baseline: whose it is, and in words what it holds that no schema.prisma can say."""
    lines = [
        f"-- The schema that database {database} had when safemigrate init took it in. There it is recorded as applied",
        "-- and was never run; a database that is made anew begins with it.",
    ]
    if beyond:
        lines += textwrap.wrap(
            f"Beyond schema.prisma: {', '.join(beyond)}.", 117, initial_indent="-- ", subsequent_indent="-- "
        )
    return "\n".join(lines)


def headed(sql: str) -> str:
    """A statement under the words that Prisma has for it."""
    heading = next((name for pattern, name in _HEADINGS if re.match(pattern, sql, re.DOTALL)), "")
    return f"-- {heading}\n{sql};" if heading else f"{sql};"

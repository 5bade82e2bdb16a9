"""Running a migration in a copy of a file, as it will run and as Prisma would run it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from safemigrate.db.sqlite import script
from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.connection import Connection, SqlError, connect, quote, run
from safemigrate.db.sqlite.errors import told
from safemigrate.db.sqlite.foreign_keys import Violations, added, foreign_keys, reached, violations
from safemigrate.errors import MigrationFailed
from safemigrate.model import Migration
from safemigrate.shadow.sqlite.trace import Observation, Tracer
from safemigrate.sql import Statement
from safemigrate.sql.pragmas import in_one_transaction, without_foreign_keys

Execute = Callable[[int, Statement], None]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A migration that ran to its end in a copy; `foreign_keys` says whether they were enforced."""

    migration: Migration
    observations: tuple[Observation, ...]
    before: Catalog
    after: Catalog
    foreign_keys: bool

    @property
    def written(self) -> frozenset[str]:
        """The tables whose rows some statement may have changed, by the names they had then and have in the end."""
        then = {table for one in self.observations for table in one.written}
        around = (catalog.tables for one in self.observations for catalog in (one.before, one.after))
        roots = {tables[table].root for tables in around for table in then if table in tables} - {0}  # 0: a module's
        return frozenset(then | {name for name, table in self.after.tables.items() if table.root in roots})


def rehearse(
    connection: Connection,
    migration: Migration,
    statements: Sequence[Statement],
    execute: Execute | None = None,
    now: Catalog | None = None,
) -> Rehearsed:
    """Run a migration in one transaction, each of its statements observed.

    Foreign keys are as `without_foreign_keys` says; the file's own BEGIN, COMMIT and switching are left out, so that
    what `execute(number, statement)` gets are the statements of `in_one_transaction`. Raises MigrationFailed, naming
    the file and the line, where one fails, or where rows in the end refer to none; the copy is then as it was.
    """
    do = execute or as_written(connection)
    tracer = Tracer(connection, now)
    before = tracer.catalog
    with _named(migration), _of(connection, statements):
        observations = tuple(
            tracer.observe(one, lambda number=number, one=one: do(number, one))  # type: ignore[misc]
            for number, one in enumerate(in_one_transaction(statements))
        )
    return Rehearsed(migration, observations, before, read(connection), not without_foreign_keys(statements))


def run_whole(connection: Connection, migration: Migration, statements: Sequence[Statement]) -> None:
    """Run a migration as `rehearse` does, and look at nothing."""
    with _named(migration), _of(connection, statements):
        for one in in_one_transaction(statements):
            script.execute(connection, one.sql, one.span.line)


def run_as_prisma(connection: Connection, migration: Migration, statements: Sequence[Statement]) -> None:
    """Run a migration as Prisma's engine does: each statement commits by itself, the file's own words decide.

    Foreign keys are on when it begins. Raises MigrationFailed; what ran before stays.
    """
    with _named(migration), foreign_keys(connection, on=True):
        try:
            for one in statements:
                script.execute(connection, one.sql, one.span.line, plain=True)
        finally:
            if connection.in_transaction:  # a BEGIN without its COMMIT is lost at disconnect
                run(connection, "ROLLBACK")


def as_written(connection: Connection) -> Execute:
    """Run statements as they stand in the file; raises MigrationFailed with their line."""
    return lambda _number, statement: script.execute(connection, statement.sql, statement.span.line)


def _of(connection: Connection, statements: Sequence[Statement]) -> AbstractContextManager[None]:
    return whole(connection, [one.sql for one in statements], on=not without_foreign_keys(statements))


@contextmanager
def whole(connection: Connection, statements: Iterable[str], *, on: bool) -> Iterator[None]:
    """Keep what runs inside the block whole, with foreign keys `on` or not, and refuse rows that then refer to none.

    These statements see no file but their own, and what is temporary ends with them. Raises MigrationFailed.
    """
    text = list(statements)
    broken = _broken_before(connection, text) if not on else None
    with connection.alone(text), foreign_keys(connection, on=on):
        try:
            with connection.transaction():
                yield
                now = violations(connection, tables=reached(connection, text)) if broken else None
                if broken and now and (new := added(broken(), now)):
                    raise _orphaned(new)
        except SqlError as error:
            if told(connection.path, error):
                raise
            raise script.failed(connection, error, "COMMIT") from error


def _broken_before(connection: Connection, statements: Sequence[str]) -> Callable[[], Violations]:
    """Return what counts the rows that referred to none before: only where it is asked, if the former file is there."""
    tables = reached(connection, statements)
    if former := connection.beside.get("before"):

        def count() -> Violations:
            with connect(former[0], write=False) as before:
                return violations(before, tables=tables)

        return count
    found = violations(connection, tables=tables)
    return lambda: found


class Orphaned(MigrationFailed):
    """A migration would leave rows of `tables` that refer to none."""

    tables: frozenset[str] = frozenset()


def _orphaned(new: Violations) -> Orphaned:
    told = [f"{count} of {quote(table)} to {quote(parent)}" for (table, parent), count in sorted(new.items()) if parent]
    told += [table for table, parent in new if not parent]
    error = Orphaned(
        f"it leaves rows that refer to none: {', '.join(told)}",
        "Foreign keys are off while it runs, and nothing else would have said so.",
        ("PRAGMA foreign_key_check;",),
    )
    error.tables = frozenset(table for table, parent in new if parent)
    return error


@contextmanager
def _named(migration: Migration) -> Iterator[None]:
    """Say of a failure inside the block which migration it is of."""
    try:
        yield
    except MigrationFailed as error:
        raise error.of(migration.name, migration.path) from error

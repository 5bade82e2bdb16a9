"""Whether a migration ends the same in one transaction of ours and statement by statement, as Prisma runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from safemigrate.db.sqlite.catalog import fold, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection
from safemigrate.db.sqlite.rows import differences
from safemigrate.errors import MigrationFailed
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.shadow.sqlite.rehearse import Rehearsed, run_as_prisma
from safemigrate.sql import Statement
from safemigrate.sql.pragmas import switches, without_foreign_keys

_SHOWN = 5


def same_end(
    connection: Connection, seen: Rehearsed, statements: Sequence[Statement], before: Path, copies: Copies
) -> tuple[str, ...]:
    """Say in words how the file of `connection`, where a migration ran as `seen`, is not what Prisma would make of it.

    `before` is the file as it was, which nobody writes to. Where Prisma's way does not reach an end, nothing is said.
    """
    if not _may_differ(seen, statements):
        return ()
    name = "as_prisma"
    copies.copy(before, name)
    with copies.opened(name) as other:
        try:
            run_as_prisma(other, seen.migration, statements)
        except MigrationFailed:
            return ()
        schema = compare(read(other), read(connection))
    connection.attach(copies.path(name), name)
    try:
        return tuple([*schema, *differences(connection, name, "main")][:_SHOWN])
    finally:
        connection.detach(name)


def _may_differ(seen: Rehearsed, statements: Sequence[Statement]) -> bool:
    """Whether rows that others refer to are written where the file has its foreign keys on, and ours are off."""
    if not without_foreign_keys(statements):
        return False
    enforced = set(_enforced(statements))
    for one in seen.observations:
        if one.statement.span.start in enforced:
            referred = {fold(key.table) for table in one.before.tables.values() for key in table.foreign_keys}
            if any(fold(table) in referred for table in one.written):
                return True
    return False


def _enforced(statements: Sequence[Statement]) -> Iterator[int]:
    """Where the statements begin that run with foreign keys on, as the file switches them."""
    on = True
    for one in statements:
        switched = switches(one, "foreign_keys")
        on = on if switched is None else switched
        if on:
            yield one.span.start

"""Taking a rollback back: it is a change like any other, from the file as it was used to the file as it is now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.connection import Connection, SqlError
from safemigrate.db.sqlite.foreign_keys import foreign_keys
from safemigrate.db.sqlite.script import execute
from safemigrate.errors import MigrationFailed
from safemigrate.model import Plan
from safemigrate.rollback.sqlite.derive import Derived, derive
from safemigrate.rollback.sqlite.lineage import Lineage, lineage, reversed_lineage
from safemigrate.sql import Statement, split


@dataclass(frozen=True, slots=True)
class _Seen:
    statement: Statement
    before: Catalog
    after: Catalog
    written: frozenset[str] = frozenset()


def undo(
    connection: Connection,
    name: str,
    checksum: str,
    plans: Sequence[Plan],
    before: Catalog,
    after: Catalog,
    touched: Collection[str] | None = None,
) -> Derived:
    """Derive what takes the rollback of `plans`, oldest first, back, and keep what it needs, as `derive` does.

    `main` is the file after the rollback, `before` the one before it. Which table became which the migrations' own
    statements tell: they run again in the file, in a transaction that is undone. Rows of other tables than those
    `touched`, where they are given, are not read.
    """
    descent = _back(connection, plans, after, before)
    return derive(connection, name, checksum, (), before, after, descent=descent, touched=touched)


def _back(connection: Connection, plans: Sequence[Plan], former: Catalog, today: Catalog) -> Lineage | None:
    """Trace today's tables to the former ones; None, for names to tell, where the migrations do not run again."""
    observed: list[_Seen] = []
    now = former
    with foreign_keys(connection, on=False):  # else a DROP TABLE deletes row by row, and what points to them
        connection.execute("SAVEPOINT undo")
        try:
            for step in (step for plan in plans for step in plan.steps):
                for sql in (*step.before, *step.run, *step.after):
                    (statement,) = split(sql, "the migration", dialect="sqlite")
                    execute(connection, sql, step.line)
                    then, now = now, read(connection)
                    observed.append(_Seen(statement, then, now))
        except (MigrationFailed, SqlError):
            return None
        finally:
            connection.execute("ROLLBACK TO undo")
            connection.execute("RELEASE undo")
    found = {name: one for name, one in lineage(former, now, observed).items() if one.table in today.tables}
    return reversed_lineage(found, former)

"""Foreign keys: enforced or not, and the rows that refer to none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from safemigrate.db.sqlite.connection import Connection, rows, run, value

Violations = Counter[tuple[str, str]]  # how many rows of a table refer to none of another


@contextmanager
def foreign_keys(connection: Connection, *, on: bool) -> Iterator[None]:
    """Enforce foreign keys inside the block, or do not; around a transaction, within one it cannot be switched."""
    assert not connection.in_transaction
    before = bool(value(connection, "PRAGMA foreign_keys"))
    run(connection, f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")
    try:
        yield
    finally:
        run(connection, f"PRAGMA foreign_keys = {'ON' if before else 'OFF'}")


def violations(connection: Connection, schema: str = "main") -> Violations:
    """Count the rows that refer to none, by table and the table referred to."""
    return Counter((table, parent) for table, _, parent, _ in rows(connection, f"PRAGMA {schema}.foreign_key_check"))


def added(before: Violations, after: Violations) -> Violations:
    """Return the violations that are new; none where there are no more than before: a table may have a new name."""
    return after - before if after.total() > before.total() else Counter()

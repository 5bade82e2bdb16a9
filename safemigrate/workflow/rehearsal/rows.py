"""Rows that changed in a rehearsal although no statement was seen to touch them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.db.postgres import quote
from safemigrate.model import Finding, Severity
from safemigrate.rollback.prove import State
from safemigrate.shadow.rehearse import Rehearsed
from safemigrate.workflow.rehearsal.scope import at_risk


def untraced(seen: Sequence[Rehearsed], states: Sequence[State]) -> Iterator[Finding]:
    """Compare the tables that no statement of a migration touched: their rows must be as they were."""
    for number, rehearsed in enumerate(seen):
        before, after = states[number], states[number + 1]
        touched = at_risk(rehearsed.observations)
        for table in sorted(before.rows.keys() & after.rows.keys() - touched):
            was, now = (state.catalog.addresses.get(f"table {table}") for state in (before, after))
            if was and now and was.identity != now.identity:
                continue  # another table has taken its name
            if before.rows[table] != after.rows[table]:
                columns = [
                    {
                        (one.identity[2], one.name)
                        for one in state.catalog
                        if one.kind == "column" and quote(one.schema, one.parent) == table
                    }
                    for state in (before, after)
                ]
                if columns[0] != columns[1] and before.rows[table].rows == after.rows[table].rows:
                    continue  # a digest is over the columns in the order of their names
                yield Finding(
                    "untraced-change",
                    Severity.ERROR,
                    f"{table}: its rows changed in the rehearsal, and no statement was seen to touch it",
                    rehearsed.migration.name,
                    subject=table,
                )

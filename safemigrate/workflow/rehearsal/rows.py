"""Which rows a rehearsal changed, as findings: those that a statement was seen to change, and those that none was."""

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


def rows_changed(seen: Sequence[Rehearsed]) -> Iterator[Finding]:
    """Say, a finding a statement and table, how many rows that were there before the migration go or change.

    Rows that go take consent, as the rule truncate-or-delete-all asks it of those that name no rows.
    """
    for rehearsed in seen:
        for one in rehearsed.observations:
            whole = one.statement.kind.startswith("TRUNCATE")
            for table, (_, updated, deleted) in one.trace.rows.items():
                if f"table {table}" not in rehearsed.before.addresses or whole:
                    continue
                name, span = rehearsed.migration.name, one.statement.span
                if deleted:
                    text = f"{table}: {deleted:,} row{'s' * (deleted != 1)} deleted; kept for rollback"
                    yield Finding("rows-deleted", Severity.WARNING, text, name, span, table, count=deleted, loses=True)
                if updated:
                    text = (
                        f"{table}: {updated:,} row{'s' * (updated != 1)} updated; the old values are kept for rollback"
                    )
                    yield Finding("rows-updated", Severity.NOTICE, text, name, span, table, count=updated)

"""What the rules may know of the target."""

from __future__ import annotations

from safemigrate.db import session
from safemigrate.lint.facts import Facts, Key, TableFact
from safemigrate.workflow.on_target.resolve import Target

# A count that takes longer is worth less than the wait.
_SECONDS = 5

_TABLES = """
SELECT n.nspname, c.relname, CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END,
       array_agg(a.attname::text), array_agg(format_type(a.atttypid, a.atttypmod))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
GROUP BY 1, 2, 3
"""

_ENUMS = """
SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace GROUP BY 1, 2
"""


def facts(target: Target, schema: str) -> Facts:
    """Describe the target before any pending migration.

    Counting happens when a rule asks, five seconds at most each.
    """
    connection = target.connection
    tables: dict[Key, TableFact] = {
        (row[0], row[1]): TableFact(row[2], dict(zip(row[3], row[4], strict=True)))
        for row in session.rows(connection, _TABLES)
    }
    enums: dict[Key, tuple[str, ...]] = {(row[0], row[1]): tuple(row[2]) for row in session.rows(connection, _ENUMS)}
    applied = {migration.name: migration.checksum for migration in target.state.applied}
    applied.update({file.name: row.checksum for file, row in target.state.edited})

    def count(query: str) -> int | None:
        try:
            with connection.transaction(force_rollback=True):
                session.run(connection, f"SET LOCAL statement_timeout = '{_SECONDS}s'")
                session.run(connection, "SET LOCAL transaction_read_only = on")
                return int(session.value(connection, query))
        except session.SqlError:
            # The rule then speaks without a number; the rehearsal will run the statement itself.
            return None

    return Facts(tables, enums, count, applied, schema)

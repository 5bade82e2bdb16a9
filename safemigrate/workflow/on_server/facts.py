"""What the rules may know of the target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from safemigrate.db import session
from safemigrate.db.postgres import Connection, quote
from safemigrate.lint.facts import Facts, Index, Key, TableFact
from safemigrate.sql import Name
from safemigrate.sql.actions import Constraint
from safemigrate.workflow.on_server.resolve import ServerTarget

# A count that takes longer is worth less than the wait.
_SECONDS = 5

_OURS = "n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'"

_TABLES = f"""
SELECT n.nspname, c.relname, CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END, c.relkind = 'p',
       CASE WHEN pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' THEN pn.nspname END, p.relname,
       array_agg(a.attname::text), array_agg(format_type(a.atttypid, a.atttypmod)),
       coalesce(array_agg(a.attname::text) FILTER (WHERE a.attnotnull), '{{}}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN (pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace)
  ON i.inhrelid = c.oid AND c.relispartition
WHERE c.relkind IN ('r', 'p', 'm') AND {_OURS}
GROUP BY c.oid, 1, 2, 3, 4, 5, 6
"""

_COLUMNS = (
    "ARRAY(SELECT a.attname::text FROM unnest({keys}) WITH ORDINALITY key (number, place) JOIN pg_attribute a ON \
a.attrelid = {table} AND a.attnum = key.number ORDER BY key.place)"
)

_CONSTRAINTS = f"""
SELECT n.nspname, c.relname, k.conname, k.contype::text, k.convalidated, rn.nspname, r.relname,
       coalesce(pg_get_expr(k.conbin, k.conrelid), ''), {_COLUMNS.format(keys="k.conkey", table="k.conrelid")},
       {_COLUMNS.format(keys="k.confkey", table="k.confrelid")}, k.confdeltype::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace) ON r.oid = k.confrelid
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND {_OURS}
"""
_KINDS = {"c": "check", "f": "foreign key", "p": "primary key", "u": "unique", "x": "exclude"}

_KEYS = "i.indkey[0:i.indnkeyatts - 1]"  # not what it only INCLUDEs
_INDEXES = f"""
SELECT n.nspname, t.relname, c.relname, i.indisunique, i.indisvalid,
       CASE WHEN i.indexprs IS NULL THEN {_COLUMNS.format(keys=_KEYS, table="i.indrelid")} ELSE '{{}}' END,
       i.indpred IS NOT NULL
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace WHERE {_OURS}
"""

_ENUMS = """
SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace GROUP BY 1, 2
"""

_FUNCTIONS = f"""
SELECT p.proname, bool_or(p.provolatile = 'v') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {_OURS} GROUP BY 1
"""

# A domain over a domain has the constraints of both.
_DOMAINS = f"""
WITH RECURSIVE below (oid, base) AS (
  SELECT oid, oid FROM pg_type WHERE typtype = 'd'
  UNION SELECT b.oid, t.typbasetype FROM below b JOIN pg_type t ON t.oid = b.base WHERE t.typtype = 'd')
SELECT n.nspname, t.typname, bool_or(d.typnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.contypid = d.oid))
FROM below b JOIN pg_type t ON t.oid = b.oid JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_type d ON d.oid = b.base AND d.typtype = 'd' WHERE {_OURS} GROUP BY 1, 2
"""


def facts(target: ServerTarget, schema: str) -> Facts:
    """Describe the target before any pending migration."""
    applied = {migration.name: migration.checksum for migration in target.state.applied}
    applied.update({file.name: row.checksum for file, row in target.state.edited})
    return replace(described(target.connection, schema), applied=applied, in_steps=True, provider="postgresql")


def described(connection: Connection, schema: str) -> Facts:
    """Describe a database, its history aside.

    Counting happens when a rule asks, five seconds at most each.
    """
    enums: dict[Key, tuple[str, ...]] = {(row[0], row[1]): tuple(row[2]) for row in session.rows(connection, _ENUMS)}

    def count(query: str) -> int | None:
        try:
            with connection.transaction(force_rollback=True):
                session.run(connection, f"SET LOCAL statement_timeout = '{_SECONDS}s'")
                session.run(connection, "SET LOCAL transaction_read_only = on")
                return int(session.value(connection, query))
        except session.SqlError:
            # The rule then speaks without a number; the rehearsal will run the statement itself.
            return None

    return Facts(
        _tables(connection),
        enums,
        count,
        schema=schema,
        version=connection.info.server_version // 10000,
        functions=dict(session.rows(connection, _FUNCTIONS)),
        domains={(row[0], row[1]): row[2] for row in session.rows(connection, _DOMAINS)},
    )


def described_shadow(connection: Connection, schema: str) -> Facts:
    """Describe what a history has made of a shadow: its schema is known, and its rows say nothing."""
    known = described(connection, schema)
    tables = {key: replace(table, rows=None) for key, table in (known.tables or {}).items()}
    return replace(known, tables=tables, count=Facts().count)


def sizes(known: Facts) -> Callable[[str], int | None]:
    """Say how many rows a table, by its quoted name, has in the target, counted where that is quick."""
    tables = {quote(*key): table for key, table in (known.tables or {}).items()}

    @cache
    def rows(name: str) -> int | None:
        if name not in tables:
            return None
        exact = known.count(f"SELECT count(*) FROM {name}")
        return tables[name].rows if exact is None else exact

    return rows


def _tables(connection: Connection) -> dict[Key, TableFact]:
    constraints: dict[Key, dict[str, Constraint]] = defaultdict(dict)
    for schema, table, name, kind, valid, to_schema, to, expression, columns, referenced, deletes in session.rows(
        connection, _CONSTRAINTS
    ):
        constraints[schema, table][name] = Constraint(
            _KINDS[kind],
            name,
            tuple(columns),
            expression,
            not_valid=not valid,
            references=Name(to_schema, to) if to else None,
            referenced=tuple(referenced),
            on_delete="cascade" if deletes == "c" else "",
        )
    indexes: dict[Key, dict[str, Index]] = defaultdict(dict)
    for schema, table, name, unique, valid, columns, partial in session.rows(connection, _INDEXES):
        indexes[schema, table][name] = Index(tuple(columns), unique, valid, partial)
    return {
        (schema, table): TableFact(
            rows,
            dict(zip(names, types, strict=True)),
            frozenset(required),
            constraints[schema, table],
            indexes[schema, table],
            partitioned,
            (parent_schema, parent) if parent_schema else None,
        )
        for schema, table, rows, partitioned, parent_schema, parent, names, types, required in session.rows(
            connection, _TABLES
        )
    }

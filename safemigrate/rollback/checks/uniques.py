"""Unique keys and exclusion constraints that come back: which rows of today exclude each other."""

from __future__ import annotations

from safemigrate.db.catalog import Identity
from safemigrate.model import Check
from safemigrate.rollback.checks.place import Asking
from safemigrate.rollback.checks.then import Terms, look, then
from safemigrate.rollback.checks.ways import referring, removed


def unique(subject: str, table: Identity, terms: Terms, asking: Asking) -> list[Check]:
    """Ask about values that stand more than once. Of each, the row from before the migration counts as the old one."""
    seen = then(asking, table)
    listed = ", ".join(f"({value})" for value in terms.values)
    source = f"{seen.rows} AS t WHERE {terms.compared}"
    twins = f"{source} GROUP BY {listed} HAVING count(*) > 1"

    def others(direction: str) -> str:
        order = ", ".join(f"{one} {direction}" for one in seen.order)
        nth = f"row_number() OVER (PARTITION BY {listed} ORDER BY {order})"
        return seen.at(
            f"SELECT safemigrate_home, safemigrate_at FROM (SELECT t.*, {nth} AS safemigrate_nth FROM {source}) AS n "
            "WHERE safemigrate_nth > 1"
        )

    pointing = referring(asking.end, table)
    return [
        Check(
            subject,
            "{count} {value stands|values stand} more than once; the unique key cannot come back",
            f"SELECT count(*) FROM (SELECT FROM {twins}) AS d",
            f"SELECT concat_ws(', ', {listed}) FROM {twins} LIMIT 5",
            look=f"SELECT {listed}, count(*) FROM {twins.replace(seen.rows, seen.now.rows) if seen.alike else twins}",
            keep_new=(removed(asking.left(), seen.now, others("DESC"), pointing),),
            keep_old=(removed(asking.left(), seen.now, others("ASC"), pointing),),
        )
    ]


def exclusion(subject: str, table: Identity, terms: Terms, asking: Asking) -> list[Check]:
    """Ask about rows written since that an exclusion constraint forbids beside another; older ones agree."""
    seen = then(asking, table)
    values = ", ".join(f"({value}) AS safemigrate_value_{number}" for number, value in enumerate(terms.values))
    order = ", ".join(seen.order)
    rows = f"(SELECT safemigrate_home, safemigrate_at, {order}, {values} FROM {seen.rows} AS t WHERE {terms.compared})"
    clash = " AND ".join(
        f"a.safemigrate_value_{number} {operator} b.safemigrate_value_{number}"
        for number, operator in enumerate(terms.operators)
    )
    clash += " AND (a.safemigrate_home, a.safemigrate_at) <> (b.safemigrate_home, b.safemigrate_at)"

    def against(condition: str) -> str:
        return (
            f"SELECT a.safemigrate_home, a.safemigrate_at FROM {rows} AS a "
            f"WHERE EXISTS (SELECT FROM {rows} AS b WHERE {clash} AND {condition})"
        )

    def ranked(compared: str) -> str:
        rank = (f"({', '.join(f'{alias}.{one}' for one in seen.order)})" for alias in "ba")
        return seen.at(against(f"(a.safemigrate_since OR b.safemigrate_since) AND {f' {compared} '.join(rank)}"))

    found = seen.at(against("a.safemigrate_since"))
    source = f"{seen.now.rows} AS t WHERE {found}"
    key = ", ".join(f"t.{column.quoted}" for column in seen.now.key) or "t.ctid"
    pointing = referring(asking.end, table)
    return [
        Check(
            subject,
            "{count} {row excludes|rows exclude} another row; the constraint cannot come back",
            f"SELECT count(*) FROM {source}",
            f"SELECT concat_ws(', ', {key}) FROM {source} LIMIT 5",
            look=look(asking, table, found),
            keep_new=(removed(asking.left(), seen.now, ranked(">"), pointing),),
            keep_old=(removed(asking.left(), seen.now, ranked("<"), pointing),),
        )
    ]

"""What a rehearsal leaves for the judge: traces as written, and counts of the rows that were there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safemigrate.db import session
from safemigrate.db.catalog import Object, difference
from safemigrate.db.postgres import Connection, quote
from safemigrate.model import Plan
from safemigrate.rollback.prove import State
from safemigrate.shadow.rehearse import Rehearsed
from safemigrate.workflow.judge import Evidence

# What runs SQL that no trace of an empty database has seen: a branch on rows, a routine.
_OPEN = ("DO", "CALL", "SELECT", "EXECUTE")


def may_branch(rehearsed: Sequence[Rehearsed]) -> bool:
    """Whether a statement may do something else once rows are there."""
    return any(one.statement.kind.split(" ")[0] in _OPEN for each in rehearsed for one in each.observations)


def held_values(connection: Connection, rehearsed: Rehearsed) -> dict[str, int]:
    """Count, before a migration, the values in the columns that it drops, by column.

    Left out are columns of tables whose rows it changes before.
    """
    found: dict[str, int] = {}
    written: set[int] = set()
    for one in rehearsed.observations:
        tables: dict[str, list[Object]] = {}
        for gone in difference(one.before, one.after).gone:
            column = rehearsed.before.get(gone.identity)
            if gone.kind == "column" and column and column.table in one.after and column.identity[1] not in written:
                tables.setdefault(quote(column.schema, column.parent), []).append(column)
        for table, columns in tables.items():
            counts = ", ".join(f"count({quote(column.name)})" for column in columns)
            (numbers,) = session.rows(connection, f"SELECT {counts} FROM {table}")
            found |= {column.address: int(number) for column, number in zip(columns, numbers, strict=True)}
        written |= one.written
    return found


def gather(
    rehearsed: Sequence[Rehearsed],
    plans: Sequence[Plan],
    states: Sequence[State],
    values: Sequence[Mapping[str, int]],
    held: frozenset[str],
) -> tuple[Evidence, ...]:
    """Return the evidence of each migration; `held` are the tables whose rows were the target's own."""
    if not rehearsed:
        return ()
    start = rehearsed[0].before
    real = {one.identity for one in start if one.kind == "table" and quote(one.schema, one.name) in held}
    return tuple(
        Evidence(
            seen,
            plan.traces,
            start,
            {table: digest.rows for table, digest in before.rows.items()},
            {table: digest.rows for table, digest in after.rows.items()},
            counted,
            frozenset(quote(one.schema, one.name) for one in seen.before if one.identity in real),
        )
        for seen, plan, before, after, counted in zip(rehearsed, plans, states, states[1:], values, strict=False)
    )

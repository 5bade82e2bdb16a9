"""Which columns of a table have to be chosen together."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.shadow.sample.table import Table


@dataclass(frozen=True, slots=True)
class Tie:
    """Columns that conditions, and foreign keys that share a column with these, are about.

    A row fulfils all conditions of one of the `alternatives`: there is one for each partition.
    """

    columns: frozenset[str]
    alternatives: tuple[tuple[str, ...], ...]


def ties(table: Table) -> list[Tie]:
    """Return the ties of a table; no column is in two of them."""
    writable = {column.name for column in table.writable}
    parts: list[tuple[set[str], list[str]]] = []
    conditions = [(set(check.columns), [check.expression]) for check in table.checks if check.columns]
    bound = {name for leaf in table.partitions for name in leaf.columns}
    for about, expressions in [*conditions, (bound, [])]:
        if not about <= writable or not about:
            continue  # about a generated column: only the server knows
        columns = about.union(*(key.columns for key in table.foreign_keys if about & set(key.columns)))
        joined = list(expressions)
        for other in [part for part in parts if part[0] & columns]:
            columns |= other[0]
            joined += other[1]
            parts.remove(other)
        parts.append((columns, joined))
    return [
        Tie(
            frozenset(columns),
            tuple((*expressions, leaf.expression) for leaf in table.partitions)
            if bound & columns
            else (tuple(expressions),),
        )
        for columns, expressions in parts
    ]

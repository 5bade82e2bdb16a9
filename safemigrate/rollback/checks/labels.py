"""Labels that users took up since and the former enum does not have."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from safemigrate.db.postgres import quote
from safemigrate.model import Check, Relabel, Way
from safemigrate.rollback.checks.place import Asking, columns_at, not_ours, table_name
from safemigrate.rollback.checks.then import look
from safemigrate.rollback.checks.ways import referring, yielded
from safemigrate.rollback.describe import table_of
from safemigrate.rollback.inverse.retype import Retyped
from safemigrate.rollback.inverse.words import literal
from safemigrate.rollback.keep.table import Column, Table


def label_check(one: Retyped, asking: Asking) -> list[Check]:
    """Ask about labels that an enum will not have any more, but for those that later steps take back."""
    table, end = one.table, asking.end
    names = columns_at(end, table, [one.number]) if table in end else None
    if names is None or table not in asking.before:
        return []
    (name,) = names
    unknown = f"t.{name} IS NOT NULL AND NOT ({known(f't.{name}', one.old_labels, array=one.old_type.endswith('[]'))})"
    unknown += not_ours(end, table, one.number, asking.since)
    now = table_of(end, table)
    column = next(column for column in now.columns if column.position == one.number)
    mapping = relabel(one.old_type, one.old_labels, (one.using or "", one.name), now, column, unknown, asking.left())
    where = f"{unknown} AND {mapped(one.old_type, one.old_labels)(f't.{name}')} IS NULL"
    source = f"{now.rows} AS t WHERE {where}"
    return [
        Check(
            f"{table_name(end, table)}.{name}",
            "{count} {value is a label|values are labels} that the enum will not have any more",
            f"SELECT count(*) FROM {source}",
            f"SELECT DISTINCT t.{name}::text FROM {source} LIMIT 5",
            look=look(asking, table, where),
            loses=True,
            table=now.name,
            relabel=mapping,
            keep_old=(yielded(asking.left(), now, (column,), where, referring(end, table)),),
        )
    ]


def known(value: str, labels: Sequence[str], *, array: bool) -> str:
    """The condition under which an enum of these labels has the label, or all labels, of `value`."""
    listed = ", ".join(literal(label) for label in labels)
    return (
        f"array_remove({value}::text[], NULL) <@ ARRAY[{listed}]::text[]" if array else f"{value}::text IN ({listed})"
    )


def mapped(type_name: str, labels: Sequence[str]) -> Callable[[str], str]:
    """Write what a value is mapped to: the label that users name for it, in an array for each; NULL where none is."""
    if not type_name.endswith("[]"):
        return lambda value: f"safemigrate.relabelled({value}::text, '{_setting(type_name)}')"
    listed = ", ".join(literal(label) for label in labels)
    return lambda value: f"safemigrate.relabelled({value}::text[], '{_setting(type_name)}', ARRAY[{listed}]::text[])"


def relabel(
    type_name: str,
    labels: Sequence[str],
    way_back: tuple[str, str],
    table: Table,
    column: Column,
    unknown: str,
    left: str,
    follow: Sequence[str] = (),
) -> Relabel:
    """Let users name a label for each that the enum of a column has not; values that are mapped are kept.

    `way_back` is the USING that leaves out what the enum does not have, and the column's name in it. `unknown` finds
    the rows `t` of `table` with such a value. `follow` runs when labels are named.
    """
    using, name = way_back
    given = mapped(type_name, labels)
    found = f"{unknown} AND {given(f't.{column.quoted}')} IS NOT NULL"
    listed = (*(key for key in table.key if key.name != column.name), column) if table.key else table.columns
    copied = f"SELECT {', '.join(each.kept for each in listed)} FROM {table.rows} AS t"
    values = f"unnest(t.{column.quoted}::text[])" if type_name.endswith("[]") else f"t.{column.quoted}::text"
    return Relabel(
        _enum(type_name),
        tuple(labels),
        f"SELECT DISTINCT value FROM (SELECT {values} AS value FROM {table.rows} AS t WHERE {unknown}) AS v "
        f"WHERE NOT {known('value', labels, array=False)} ORDER BY value",
        _setting(type_name),
        Way(
            f"{{count}} {{value|values}} of {table.name}.{column.quoted} {{is|are}} mapped",
            f"SELECT count(*) FROM {table.rows} AS t WHERE {found}",
            (
                f"CREATE TABLE IF NOT EXISTS {left} AS {copied} WITH NO DATA",
                *table.unforced([f"INSERT INTO {left} {copied} WHERE {found}"]),
                *follow,
            ),
            left,
            instead=((using, f"{using.removesuffix(' END')} ELSE {given(name)}::{type_name} END"),),
        ),
    )


def _setting(type_name: str) -> str:
    return f"safemigrate.labels_{hashlib.sha256(_enum(type_name).encode()).hexdigest()[:8]}"


def _enum(type_name: str) -> str:
    """Write a type's name as users write it, from the server's words: quoted, whether or not it must be."""
    parts = re.findall(r'"(?:[^"]|"")*"|[^."]+', type_name.removesuffix("[]"))
    return ".".join(part if part.startswith('"') else quote(part) for part in parts)

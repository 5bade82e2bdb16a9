"""Columns get their former type back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from safemigrate.db.catalog import Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse.situation import Situation
from safemigrate.rollback.inverse.words import literal, table_of


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column whose type goes back.

    `table` and `number` are its identity; `place` and `name` are quoted and hold when `restore` runs. `new_type` is the
    type it has then. `using` is None where PostgreSQL's own assignment cast does it, and fails on what does not fit.
    `nulls` says that `using` turns values that do not fit into NULL; `old_labels` are those that fit, for an enum.
    """

    table: Identity
    number: int
    place: str
    name: str
    old_type: str
    new_type: str
    using: str | None
    nulls: bool = False
    old_labels: tuple[str, ...] = ()


def retyped(
    was: Object, now: Object, found: Situation, new_type: str, using: Mapping[tuple[Identity, int], str]
) -> Retyped:
    """Decide how one column's values become values of the former type again."""
    assert was.table is not None
    key = (was.table, was.identity[2])
    old_type = str(was.attributes["type"])
    expression, nulls, labels = _expression(was, now, found)
    if key in using:
        expression, nulls = using[key], True
    if was.attributes["generated"] or found.before[was.table].kind != "table":
        expression, nulls = None, False  # PostgreSQL computes it anew, or another server has the rows: no USING
    return Retyped(
        was.table, was.identity[2], table_of(was), quote(was.name), old_type, new_type, expression, nulls, labels
    )


def statements(columns: list[Retyped], collations: Mapping[tuple[Identity, int], str]) -> list[str]:
    """One ALTER TABLE a table, so that it is rewritten once."""
    tables: dict[str, list[str]] = {}
    for one in columns:
        collate = collations.get((one.table, one.number), "")
        text = f"ALTER COLUMN {one.name} TYPE {one.old_type}{collate}"
        text += f" USING {one.using}" if one.using else ""
        tables.setdefault(one.place, []).append(text)
    several = "\n  "
    return [
        f"ALTER TABLE {place}{several if parts[1:] else ' '}{f',{several}'.join(parts)}"
        for place, parts in tables.items()
    ]


def _expression(was: Object, now: Object, found: Situation) -> tuple[str | None, bool, tuple[str, ...]]:
    column, old_type = quote(was.name), str(was.attributes["type"])
    old, array = found.type_of(found.before, was.internal["_type"])
    new, from_array = found.type_of(found.after, now.internal["_type"])
    enum = found.before.get(old) if old else None
    today = found.after.get(new) if new else None
    from_array = from_array or str(now.attributes["type"]).endswith("[]")
    array = array or old_type.endswith("[]")
    if from_array and not array:
        column = f"{column}[1]"
    if enum is not None and enum.kind == "domain" and not array:
        enum = _under(enum, found) or enum
    if enum is not None and enum.kind == "enum":
        labels = tuple(map(str, enum.attributes["labels"] or ()))  # type: ignore[arg-type]
        return (*_enum(column, old_type, labels, today, array=array, from_array=from_array), labels)
    if array and not from_array:
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}]::{old_type} END", False, ()
    if from_array and not array:
        return f"{column}::text::{old_type}", False, ()
    return _cast(was, now, found, column), False, ()


def _under(domain: Object, found: Situation) -> Object | None:
    """The enum that a domain is made of."""
    needs = (found.before[place] for place in found.before.depends.get(domain.identity, {}))
    return next((one for one in needs if one.kind == "enum"), None)


def _enum(
    column: str, old_type: str, labels: tuple[str, ...], today: Object | None, *, array: bool, from_array: bool
) -> tuple[str, bool]:
    held = today.attributes["labels"] if today is not None and today.kind == "enum" else None
    listed = ", ".join(literal(label) for label in labels)
    fits = isinstance(held, tuple) and set(held) <= set(labels)
    if array and not from_array:
        column = f"ARRAY[{column}]"
    if array:
        if fits:
            return f"{column}::text[]::{old_type}", False
        texts = f"{column}::text[]"
        return f"CASE WHEN array_remove({texts}, NULL) <@ ARRAY[{listed}]::text[] THEN {texts}::{old_type} END", True
    if fits:
        return f"{column}::text::{old_type}", False
    return f"CASE WHEN {column}::text IN ({listed}) THEN {column}::text::{old_type} END", True


def _cast(was: Object, now: Object, found: Situation, column: str) -> str | None:
    old, new = was.internal["_type"], now.internal["_type"]
    old_type = was.attributes["type"]
    if old == new:
        place, _ = found.type_of(found.before, old)
        return f"{column}::text::{old_type}" if place in found.creates else None
    casts = found.after.casts
    context = casts.get((new, old))
    if context in ("i", "a") or (old, 0) in casts:
        return None
    if context == "e" or (new, 0) in casts or str(old_type).endswith("[]"):
        return f"{column}::{old_type}"
    return f"{column}::text::{old_type}"

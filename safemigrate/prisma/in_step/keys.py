"""Ids, uniques, indexes and the table's name of a model in both schemas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from safemigrate.prisma.in_step import write
from safemigrate.prisma.in_step.difference import Difference, Edit, Level, Side
from safemigrate.prisma.in_step.sides import Sides
from safemigrate.prisma.in_step.translate import block_for_sqlite, for_sqlite
from safemigrate.prisma.schema.values import Attribute, Block, Field, Schema

_WORDS = {"id": "the id", "unique": "a unique", "index": "an index"}
_Key = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class _Said:
    """Where a key is said: in an attribute of the block, or of a field."""

    attribute: Attribute
    field: Field | None = None


def compare(sides: Sides, there: Block, here: Block) -> Iterator[Difference]:
    """Compare a model of the production schema, `there`, with that of the development schema."""
    theirs, mine = _keys(there), _keys(here)
    of_same = {_fields(key): key for key in theirs.keys() - mine.keys() if key[0] == "index"}
    twins = {
        of_same[_fields(key)]: key
        for key in mine.keys() - theirs.keys()
        if key[0] == "index" and _fields(key) in of_same
    }
    for key, twin in twins.items():
        if _possible(sides, there, here, theirs[key], Side.DEVELOPMENT):
            yield _in_other_order(sides, there, theirs[key].attribute, mine[twin].attribute, twin)
    for key in dict.fromkeys([*theirs, *mine]):
        if (key in theirs and key in mine) or key in twins or key in twins.values():
            continue
        lacking = Side.DEVELOPMENT if key in theirs else Side.PRODUCTION
        said = theirs.get(key) or mine[key]
        has, lacks = (there, here) if lacking is Side.DEVELOPMENT else (here, there)
        if _possible(sides, has, lacks, said, lacking):
            yield _one_sided(sides, has, lacks, key, said, lacking)
    ends = [sides.name(side) for side in (Side.PRODUCTION, Side.DEVELOPMENT)]
    if there.table != here.table and not there.get("schema"):
        message = f"{there.name} is the table {there.table} in {ends[0]}, {here.table} in {ends[1]}"
        yield _said_otherwise(sides, there, here, "map", lambda block: block.table, message)
    if bool(there.get("ignore")) != bool(here.get("ignore")):
        left_out, left_in = ends if there.get("ignore") else reversed(ends)
        message = f"{there.name} is left out of the client in {left_out}, and not in {left_in}"
        yield _said_otherwise(sides, there, here, "ignore", lambda block: bool(block.get("ignore")), message)


def _keys(block: Block) -> dict[_Key, _Said]:
    found: dict[_Key, _Said] = {}
    for attribute in block.attributes:
        if attribute.name in _WORDS:
            fields = tuple(re.sub(r"\(sort: Asc\)$", "", one) for one in attribute.listed("fields"))
            key = (attribute.name, fields, attribute.text("name"))
            found.setdefault(key, _Said(attribute))
    for field in block.fields.values():
        for attribute in field.attributes:
            if attribute.name in _WORDS:
                found.setdefault((attribute.name, (field.name,), ""), _Said(attribute, field))
    return found


def _fields(key: _Key) -> tuple[str, ...]:
    return tuple(one.partition("(")[0] for one in key[1])


def _possible(sides: Sides, has: Block, lacks: Block, said: _Said, lacking: Side) -> bool:
    """Whether the other can have it: SQLite has no GIN, no classes of operators, and nothing of what it lacks."""
    if said.field:
        return said.field.name in lacks.fields  # with the field comes its attribute
    if lacking is Side.PRODUCTION:
        return True
    fields = [has.fields.get(one.partition("(")[0]) for one in said.attribute.listed("fields")]
    kept = all(one is None or for_sqlite(sides.production, has, one, sides.style) for one in fields)
    return kept and bool(block_for_sqlite(sides.production, said.attribute))


def _one_sided(sides: Sides, has: Block, lacks: Block, key: _Key, said: _Said, lacking: Side) -> Difference:
    kind, fields, name = key
    what = f"{_WORDS[kind]} of {has.name} ({', '.join(fields)})" + (f" named {name}" if name else "")
    message = f"{what} is in {sides.name(lacking.other)} and not in {sides.name(lacking)}"
    place = said.field.place if said.field else said.attribute.place
    level = Level.WORTH if kind == "index" and lacking is Side.DEVELOPMENT else Level.MUST
    follows, edit = lacking, _added(sides, lacks, said, lacking)
    if _had(sides, lacking, has.name, key):
        message += " any more"
        follows, edit = lacking.other, _without(sides.of(lacking.other), said)
    elif lacking is Side.PRODUCTION and kind != "index" and not _is_new(sides, has.name, key):
        # production's rows may not be unique so: it gets only what a branch has just written
        follows, edit = lacking.other, _without(sides.of(lacking.other), said)
    return Difference(has.name, message, level, follows, place, lacks.place, (edit,))


def _in_other_order(sides: Sides, there: Block, theirs: Attribute, mine: Attribute, key: _Key) -> Difference:
    ends = (", ".join(one.listed("fields")) for one in (theirs, mine))
    says = (
        f"({one}) in {sides.name(side)}" for one, side in zip(ends, (Side.PRODUCTION, Side.DEVELOPMENT), strict=True)
    )
    message = f"an index of {there.name} is {', '.join(says)}"
    if _is_new(sides, there.name, key):
        follows, level, old, new = Side.PRODUCTION, Level.MUST, theirs, mine
    else:
        follows, level, old, new = Side.DEVELOPMENT, Level.WORTH, mine, theirs
    listed = f"[{', '.join(new.listed('fields'))}]"
    text = re.sub(r"\[.*\]", lambda _: listed, sides.of(follows).text(old.place), flags=re.DOTALL)
    edit = Edit(old.place.path, old.place.start, old.place.end, text)
    return Difference(there.name, message, level, follows, old.place, new.place, (edit,))


def _had(sides: Sides, side: Side, model: str, key: _Key) -> bool:
    if not sides.before:
        return False
    was = sides.before[0 if side is Side.PRODUCTION else 1].blocks.get(model)
    return was is not None and key in _keys(was)


def _is_new(sides: Sides, model: str, key: _Key) -> bool:
    return sides.before is not None and not _had(sides, Side.DEVELOPMENT, model, key)


def _without(schema: Schema, said: _Said) -> Edit:
    if said.field:
        return write.attribute(schema, said.field, said.attribute.name, "")
    return write.without_attribute(schema, said.attribute)


def _added(sides: Sides, lacks: Block, said: _Said, lacking: Side) -> Edit:
    schema, source = sides.of(lacking), sides.of(lacking.other)
    is_plain = lacking is Side.PRODUCTION or said.field
    text = source.text(said.attribute.place) if is_plain else block_for_sqlite(source, said.attribute)
    if said.field:
        return write.attribute(schema, lacks.fields[said.field.name], said.attribute.name, text)
    return write.new_attribute(schema, lacks, text)


def _said_otherwise(
    sides: Sides, there: Block, here: Block, name: str, value: Callable[[Block], object], message: str
) -> Difference:
    """An attribute of the whole model."""
    follows = sides.follows(there.name, lambda _schema, block: value(block))
    block, led = (there, here) if follows is Side.PRODUCTION else (here, there)
    schema, old, new = sides.of(follows), block.get(name), led.get(name)
    text = sides.of(follows.other).text(new.place) if new else ""
    if old and text:
        edit = Edit(old.place.path, old.place.start, old.place.end, text)
    else:
        edit = write.without_attribute(schema, old) if old else write.new_attribute(schema, block, text)
    place, also = (attribute.place if attribute else one.place for attribute, one in ((old, block), (new, led)))
    return Difference(there.name, message, Level.MUST, follows, place, also, (edit,))

"""One field in both schemas: type, mark, default, relation and name in the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from safemigrate.prisma.in_step import write
from safemigrate.prisma.in_step.difference import Difference, Edit, Level, Side
from safemigrate.prisma.in_step.sides import Sides
from safemigrate.prisma.in_step.translate import (
    Translated,
    as_written,
    counts,
    counts_in_int,
    for_sqlite,
    generated,
)
from safemigrate.prisma.schema.values import Block, Field, Schema, unquoted

Value = Callable[[Schema, Block, Field], object]


def compare(sides: Sides, there: Block, here: Block, theirs: Field, mine: Field) -> Iterator[Difference]:
    """Compare a field of the production schema, `theirs`, with that of the development schema."""
    if theirs.type.startswith("Unsupported"):
        return
    production, development = sides.production, sides.development
    wanted = for_sqlite(production, there, theirs, sides.style)
    assert wanted is not None
    is_list = theirs.many and theirs.type not in production.models
    if not _fits(sides, there, theirs, mine):
        follows = sides.follows(there.name, mine.name, lambda _schema, _block, field: (field.type, field.many))
        yield _differs(sides, there, theirs, mine, "type", (_typed(theirs), _typed(mine)), follows, wanted)
    elif theirs.optional != mine.optional and not is_list:
        follows = sides.follows(there.name, mine.name, lambda _schema, _block, field: field.optional)
        words = ("optional" if theirs.optional else "required", "optional" if mine.optional else "required")
        yield _differs(sides, there, theirs, mine, "type", words, follows, wanted)
    if not is_list and not _same_default(sides, there, theirs, mine):
        follows = sides.follows(there.name, mine.name, _default_text)
        shown = (_default_text(production, there, theirs), _default_text(development, here, mine))
        yield _differs(sides, there, theirs, mine, "default", shown, follows, wanted)
    for name, value in (("updatedAt", _has("updatedAt")), ("ignore", _has("ignore")), ("map", _column)):
        pair = (value(production, there, theirs), value(development, here, mine))
        if pair[0] != pair[1] and not (name == "map" and there.get("schema")):
            follows = sides.follows(there.name, mine.name, value)
            yield _differs(sides, there, theirs, mine, name, (str(pair[0]), str(pair[1])), follows, wanted)
    if theirs.type in production.models and _fits(sides, there, theirs, mine):
        pair = (relation(production, there, theirs), relation(development, here, mine))
        if pair[0] != pair[1]:
            follows = sides.follows(there.name, mine.name, relation)
            shown = (_only(pair[0], pair[1]), _only(pair[1], pair[0]))
            yield _differs(sides, there, theirs, mine, "relation", shown, follows, wanted)


def relation(schema: Schema, block: Block, field: Field) -> dict[str, str]:
    """What a relation does, with what Prisma takes where nothing is said (docs: referential actions)."""
    about = field.get("relation")
    target = schema.models.get(field.type)
    if about is None or "fields" not in about.arguments:
        back = target and any(one.type == block.name and one.many for one in target.fields.values())
        through = field.many and back  # its table is named after the relation
        return {"name": about.text("name")} if about and through else {}
    optional = any(block.fields[name].optional for name in about.listed("fields") if name in block.fields)
    return {
        "fields": about.arguments["fields"],
        "references": about.arguments.get("references", ""),
        "onDelete": about.arguments.get("onDelete", "SetNull" if optional else "Restrict"),
        "onUpdate": about.arguments.get("onUpdate", "Cascade"),
    }


def _differs(
    sides: Sides,
    there: Block,
    theirs: Field,
    mine: Field,
    what: str,
    shown: tuple[str, str],
    follows: Side,
    wanted: Translated,
) -> Difference:
    subject = f"{there.name}.{mine.name}"
    production, development = (
        f"{_words(what, words)} in {sides.name(side)}"
        for words, side in zip(shown, (Side.PRODUCTION, Side.DEVELOPMENT), strict=True)
    )
    if follows is Side.DEVELOPMENT:
        schema, field, source = sides.development, mine, wanted
    else:
        schema, field, source = sides.production, theirs, as_written(sides.development, mine)
    edits = tuple(_edits(schema, field, source, what, follows, theirs))
    also = theirs.place if field is mine else mine.place
    message = f"{subject} {_VERBS.get(what, 'is')} {production}, {development}"
    if what == "type" and shown == ("BigInt", "BigInt"):
        message = f"{subject} is a BigInt that counts by itself: SQLite counts in an Int alone"
    forced = what == "default" and not edits  # an expression that SQLite has nothing like
    return Difference(subject, message, Level.WORTH if forced else Level.MUST, follows, field.place, also, edits)


_VERBS = {"default": "has", "updatedAt": "has", "ignore": "has", "relation": "has", "map": "is called"}


def _words(what: str, words: str) -> str:
    match what:
        case "default":
            short = " ".join(words.split())
            return f"the default {short if len(short) < 60 else short[:59] + '…'}" if words else "no default"
        case "updatedAt" | "ignore":
            return f"@{what}" if words == "True" else f"no @{what}"
        case "relation":
            return words or "nothing of it"
        case _:
            return words


def _edits(schema: Schema, field: Field, source: Translated, what: str, follows: Side, theirs: Field) -> Iterator[Edit]:
    if what == "type":
        if schema.text(field.typed) != source.type:
            yield write.retyped(field, source.type)
        bare = re.sub(r"\[\]|\?", "", source.type)
        if follows is Side.PRODUCTION and theirs.native and bare != theirs.type:
            yield write.attribute(schema, field, theirs.native.name, "")
        return
    text = source.attributes.get(what, "")
    if what == "default" and follows is Side.PRODUCTION and field.type in schema.enums:
        text = text.replace('"', "")  # a label
    if text or field.get(what):
        yield write.attribute(schema, field, what, text)


def _fits(sides: Sides, there: Block, theirs: Field, mine: Field) -> bool:
    production = sides.production
    if theirs.type in production.models:
        return (mine.type, mine.many) == (theirs.type, theirs.many)
    if mine.type == theirs.type and mine.many == theirs.many and not counts_in_int(production, there, theirs):
        return True
    if mine.many:
        return False
    if theirs.many:
        return mine.type in ("String", "Json")
    if theirs.type in production.enums or theirs.type == "Json":
        return mine.type == "String"
    return mine.type == "Int" and counts_in_int(production, there, theirs)


def _same_default(sides: Sides, there: Block, theirs: Field, mine: Field) -> bool:
    ours, other = (_value(field) for field in (theirs, mine))
    if ours == other:
        return True
    if "autoincrement()" in (ours, other) and not counts(there, theirs):
        return not other or other == "autoincrement()"  # SQLite counts in a primary key alone
    if ours.startswith("dbgenerated("):
        return bool(other) or theirs.optional
    if not ours or not other:
        return False
    if inside := generated(other):
        return inside.strip("()'").replace("''", "'") == unquoted(ours) or ours.endswith(")")
    if theirs.type in sides.production.enums:
        label = sides.production.enums[theirs.type].fields.get(ours)
        return unquoted(other) in (ours, label.column if label else ours)
    return _plain(ours) == _plain(other)


def _value(field: Field) -> str:
    default = field.get("default")
    text = default.arguments.get("value", "") if default else ""
    return {"uuid(4)": "uuid()", "cuid(1)": "cuid()"}.get(text, text)


def _plain(text: str) -> object:
    """A number, or JSON in a string, whatever way it is written."""
    bare = unquoted(text)
    try:
        return json.loads(bare)
    except json.JSONDecodeError:
        return bare


def _default_text(_schema: Schema, _block: Block, field: Field) -> str:
    return _value(field)


def _has(name: str) -> Value:
    return lambda _schema, _block, field: field.get(name) is not None


def _column(_schema: Schema, _block: Block, field: Field) -> str:
    return field.column


def _typed(field: Field) -> str:
    return f"{field.type}{'[]' if field.many else ''}"


def _only(one: dict[str, str], other: dict[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in one.items() if other.get(key) != value)

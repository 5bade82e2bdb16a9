"""One field in both schemas: type, mark, default, relation and name in the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator

from safemigrate.prisma.in_step import write
from safemigrate.prisma.in_step.difference import Difference, Edit, Level, Side
from safemigrate.prisma.in_step.relations import as_related, relation
from safemigrate.prisma.in_step.sides import Sides
from safemigrate.prisma.in_step.translate import (
    Translated,
    as_written,
    counts,
    counts_in_int,
    for_server,
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
        follows = sides.field_follows(there.name, mine.name, lambda _schema, _block, field: (field.type, field.many))
        yield _differs(sides, there, theirs, mine, "type", (_typed(theirs), _typed(mine)), follows, wanted)
    elif theirs.optional != mine.optional and not is_list:
        follows = sides.field_follows(there.name, mine.name, lambda _schema, _block, field: field.optional)
        words = ("optional" if theirs.optional else "required", "optional" if mine.optional else "required")
        yield _differs(sides, there, theirs, mine, "mark", words, follows, wanted)
    if not is_list and not _same_default(sides, there, theirs, mine):
        follows = sides.field_follows(there.name, mine.name, _default_text)
        shown = (_default_text(production, there, theirs), _default_text(development, here, mine))
        yield _differs(sides, there, theirs, mine, "default", shown, follows, wanted)
    is_relation = theirs.type in production.models
    if theirs.column != mine.column and not is_relation and not there.get("schema"):
        yield mapped(sides, there, theirs, mine)
    for name in ("updatedAt", "ignore"):
        value = _has(name)
        pair = (value(production, there, theirs), value(development, here, mine))
        if pair[0] != pair[1]:
            follows = sides.field_follows(there.name, mine.name, value)
            yield _differs(sides, there, theirs, mine, name, (str(pair[0]), str(pair[1])), follows, wanted)
    if is_relation and _fits(sides, there, theirs, mine):
        pair = (relation(production, there, theirs), relation(development, here, mine))
        said = {key for one in (theirs, mine) if (about := one.get("relation")) for key in about.arguments}
        # what nobody says follows from `?`, which is told where it stands
        keys = [key for key in pair[0] | pair[1] if key in said and pair[0].get(key) != pair[1].get(key)]
        if keys:
            follows = sides.field_follows(there.name, mine.name, relation)
            shown = (_listed(pair[0], keys), _listed(pair[1], keys))
            yield _differs(sides, there, theirs, mine, "relation", shown, follows, wanted, keys)


def mapped(sides: Sides, there: Block, theirs: Field, mine: Field) -> Difference:
    """A field or a label that has another name in the database."""
    follows = sides.field_follows(there.name, mine.name, lambda _schema, _block, field: field.column)
    wanted = as_written(sides.production, theirs)
    return _differs(sides, there, theirs, mine, "map", (theirs.column, mine.column), follows, wanted)


def _differs(
    sides: Sides,
    there: Block,
    theirs: Field,
    mine: Field,
    what: str,
    shown: tuple[str, str],
    follows: Side,
    wanted: Translated,
    keys: Collection[str] = (),
) -> Difference:
    subject = f"{there.name}.{mine.name}"
    production, development = (
        f"{_words(what, words)} in {sides.name(side)}"
        for words, side in zip(shown, (Side.PRODUCTION, Side.DEVELOPMENT), strict=True)
    )
    message = f"{subject} {_VERBS.get(what, 'is')} {production}, {development}"
    if what == "type" and shown == ("BigInt", "BigInt"):
        message = f"{subject} is a BigInt that counts by itself: SQLite counts in an Int alone"
        follows = Side.DEVELOPMENT
    if follows is Side.DEVELOPMENT:
        schema, field, led, source = sides.development, mine, theirs, wanted
    else:
        schema, field, led = sides.production, theirs, mine
        source = for_server(schema, theirs, as_written(sides.development, mine), mine)
    edits = tuple(_edits(schema, field, led, source, what, keys))
    also = led.place
    forced = what == "default" and follows is Side.DEVELOPMENT and not edits  # SQLite has no such expression
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


def _edits(
    schema: Schema, field: Field, led: Field, source: Translated, what: str, keys: Collection[str]
) -> Iterator[Edit]:
    if what == "type":
        if schema.text(field.typed) != source.type:
            yield write.retyped(field, source.type)
        if field.native and re.sub(r"\[\]|\?", "", source.type) != field.type:
            yield write.attribute(schema, field, field.native.name, "")
        return
    if what == "mark":
        yield write.retyped(field, schema.text(field.typed).removesuffix("?") + "?" * led.optional)
        return
    text, old, new = source.attributes.get(what, ""), field.get(what), led.get(what)
    if what == "relation" and old and new:
        text = as_related(old, new, keys)
    if text != (schema.text(old.place) if old else ""):
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
    if ours == "autoincrement()":
        return not other and not counts(there, theirs)  # SQLite counts in a primary key alone
    if ours.startswith("dbgenerated("):
        return bool(other) or theirs.optional
    if not ours or not other:
        return False
    if inside := generated(other):
        return inside.strip("()'").replace("''", "'") == unquoted(ours) or ours.endswith(")")
    if theirs.type in sides.production.enums:
        label = sides.production.enums[theirs.type].fields.get(ours)
        return unquoted(other) in (ours, label.column if label else ours)
    return _plain(ours) == _plain(other) and ours.startswith('"') == other.startswith('"')


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


def _typed(field: Field) -> str:
    return f"{field.type}{'[]' if field.many else ''}"


def _listed(said: dict[str, str], keys: Collection[str]) -> str:
    return ", ".join(f"{key}: {said[key]}" for key in keys if key in said)

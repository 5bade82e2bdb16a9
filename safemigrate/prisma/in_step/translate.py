"""What a field of one side is on the other: what its provider lacks is left out, or written as it can be kept there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from safemigrate.prisma.schema.values import Attribute, Block, Field, Schema, unquoted

_UUID = re.compile(r"(gen_random_uuid|uuid_generate_v4|uuidv4)\s*\(")
_NOW = re.compile(r"\s*(now\s*\(\s*\)|(CURRENT|LOCAL)_?(TIMESTAMP|DATE|TIME)(\s*\(\d*\))?)\s*", re.IGNORECASE)
_UNNAMED = ("relation", "id")  # SQLite's connector has no names for foreign and primary keys
_PLAIN = re.compile(r"-?\d+(\.\d+)?|true|false")
_TREES = ("", "BTree")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Style:
    """What SQLite can do in this project's Prisma, as far as its schema makes use of it: 6.2 brought both."""

    enums: bool
    json: bool

    @classmethod
    def of(cls, production: Schema, development: Schema, version: tuple[int, ...]) -> Style:
        """Look how the development schema has it: where it has strings for them already, more strings are expected."""
        if version < (6, 2):
            return cls(enums=False, json=False)
        strings = {
            theirs.type
            for name, model in production.models.items()
            for field, theirs in model.fields.items()
            if name in development.models
            and (mine := development.models[name].fields.get(field))
            and mine.type == "String"
            and not theirs.many
        }
        return cls(enums=not strings & production.enums.keys(), json="Json" not in strings)


@dataclass(frozen=True, slots=True)
class Translated:
    """A field's type with its mark, and its attributes by name."""

    type: str
    attributes: dict[str, str]


def as_written(schema: Schema, field: Field) -> Translated:
    """A field as it is: what SQLite has, PostgreSQL has too."""
    return Translated(schema.text(field.typed), {one.name: schema.text(one.place) for one in field.attributes})


def for_sqlite(schema: Schema, model: Block, field: Field, style: Style) -> Translated | None:
    """A field of the production schema for SQLite; None where there is nothing that it could be."""
    if field.type.startswith("Unsupported"):
        return None
    kind = field.type
    is_list = field.many and kind not in schema.models
    if is_list or (kind in schema.enums and not style.enums) or (kind == "Json" and not style.json):
        kind = "String"
    elif counts_in_int(schema, model, field):
        kind = "Int"
    mark = "[]" if field.many and not is_list else "?" if field.optional else ""
    attributes = {}
    for one in field.attributes:
        text = _default(schema, field, one, kind) if one.name == "default" else _plain(schema, one)
        if text and "." not in one.name:
            attributes[one.name] = text
    if is_list:
        attributes.setdefault("default", '@default("[]")')
    return Translated(kind + mark, attributes)


def new_on_server(production: Schema, schema: Schema, model: Block, field: Field) -> Translated:
    """A field that production lacks, as it is; a foreign key like the key there: SQLite has an Int for a BigInt."""
    mine = as_written(schema, field)
    led = next((one for _, one in _led(production, model, field)), None)
    if led is None or led.type not in (field.type, "BigInt"):
        return mine
    native = {led.native.name: production.text(led.native.place)} if led.native and not field.native else {}
    return Translated(mine.type.replace(field.type, led.type, 1), mine.attributes | native)


def for_server(schema: Schema, field: Field, mine: Translated, led: Field) -> Translated:
    """A field of the development schema for a field that production has: a label for a text that stands for it."""
    default = led.get("default")
    value = default.arguments.get("value", "") if default else ""
    text = mine.attributes.get("default", "")
    if enum := schema.enums.get(field.type):
        labels = {name: one.name for one in enum.fields.values() for name in (one.column, one.name)}
        label = labels.get(unquoted(value), "")
        own = field.get("default")
        text = f"@default({label})" if label or not value else schema.text(own.place) if own else ""
    elif field.type == "Json" and (literal := _LITERAL.fullmatch(generated(value))):
        text = f"@default({json.dumps(literal[1].replace(chr(39) * 2, chr(39)), ensure_ascii=False)})"
    return Translated(mine.type, {**mine.attributes, "default": text})


def block_for_sqlite(schema: Schema, attribute: Attribute) -> str:
    """An attribute of a block for SQLite, "" where it has no such thing."""
    if attribute.name in ("schema", "fulltext") or attribute.arguments.get("type", "") not in _TREES:
        return ""
    if any("ops:" in part for part in attribute.listed("fields")):
        return ""
    return _plain(schema, attribute)


def counts_in_int(schema: Schema, model: Block, field: Field) -> bool:
    """Whether SQLite has an Int for a BigInt: only INTEGER PRIMARY KEY counts by itself there, and keys lead to it."""
    if field.type != "BigInt":
        return False
    keys = [(model, field)]
    for block, key in keys:  # they grow on the way: a key may lead to one that leads on
        if counts(block, key):
            return True
        keys += [one for one in _led(schema, block, key) if one not in keys]
    return False


def _led(schema: Schema, model: Block, field: Field) -> Iterator[tuple[Block, Field]]:
    """The keys that a foreign key leads to, with their models."""
    for relation in model.fields.values():
        target = schema.models.get(relation.type)
        about = relation.get("relation")
        if target and about:
            name = dict(zip(about.listed("fields"), about.listed("references"), strict=False)).get(field.name, "")
            if (led := target.fields.get(name)) and led is not field:
                yield target, led


def counts(model: Block, field: Field) -> bool:
    """Whether a field is the whole primary key, and counts by itself."""
    default, block = field.get("default"), model.get("id")
    alone = field.get("id") is not None or (block is not None and block.listed("fields") == (field.name,))
    return alone and default is not None and default.arguments.get("value") == "autoincrement()"


def generated(value: str) -> str:
    """The expression of a dbgenerated("..."), "" where it is something else."""
    return unquoted(value[len("dbgenerated(") : -1].strip()) if value.startswith("dbgenerated(") else ""


def _default(schema: Schema, field: Field, attribute: Attribute, kind: str) -> str:
    value = attribute.arguments.get("value", "")
    if value == "autoincrement()":
        return schema.text(attribute.place) if kind == "Int" and "id" in {one.name for one in field.attributes} else ""
    if expression := generated(value):
        return (
            "@default(uuid())" if _UUID.match(expression) else "@default(now())" if _NOW.fullmatch(expression) else ""
        )
    if value.startswith("["):
        parts = [json.loads(part) if _PLAIN.fullmatch(part) else unquoted(part) for part in attribute.listed("value")]
        return f"@default({json.dumps(json.dumps(parts, ensure_ascii=False), ensure_ascii=False)})"
    if kind == "String" and field.type in schema.enums:
        return f'@default("{value}")'
    if kind == "Json":  # its engine writes DEFAULT {} without quotes, which is no SQL
        literal = "'" + unquoted(value).replace("'", "''") + "'"
        return f"@default(dbgenerated({json.dumps(literal, ensure_ascii=False)}))"
    return schema.text(attribute.place)


def _plain(schema: Schema, attribute: Attribute) -> str:
    """An attribute without what only PostgreSQL has in it."""
    text = schema.text(attribute.place)
    gone = [name for name in ("map", "type") if name in attribute.arguments]
    if attribute.name not in _UNNAMED:
        gone = [name for name in gone if name != "map"]
    for name in gone:
        text = re.sub(rf',\s*{name}:\s*("(?:\\.|[^"\\])*"|\w+)|{name}:\s*("(?:\\.|[^"\\])*"|\w+)\s*,?\s*', "", text)
    return re.sub(r"\(\s*\)", "", text) if gone else text

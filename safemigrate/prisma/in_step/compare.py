"""The two schemas of a pair, block by block and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from safemigrate.prisma.in_step import allow, fields, keys, relations, write
from safemigrate.prisma.in_step.difference import Difference, Edit, Level, Side
from safemigrate.prisma.in_step.sides import Sides
from safemigrate.prisma.in_step.translate import (
    Style,
    Translated,
    as_written,
    block_for_sqlite,
    for_sqlite,
    new_on_server,
)
from safemigrate.prisma.schema.values import Block, Field, Schema


def differences(
    production: Schema,
    development: Schema,
    version: tuple[int, ...] = (),
    before: tuple[Schema, Schema] | None = None,
) -> list[Difference]:
    """Say where the schemas differ beyond what PostgreSQL and SQLite force, and which of the two should change.

    `version` is Prisma's, () where nobody knows. `before` are both as they were (the base of a branch): the side that
    changed since leads, and what one lost since the other loses too. Without it production leads, and nothing is lost.
    """
    sides = Sides(production, development, Style.of(production, development, version), before)
    found = [*_blocks(sides, "enum"), *_blocks(sides, "model"), *_views(sides)]
    for number, one in enumerate(found):
        said = (allow.reason(schema, one.subject, one.place) for schema in (production, development))
        found[number] = replace(one, allowed=next(filter(None, said), ""))
    return sorted(found, key=lambda one: (str(one.place.path), one.place.line))


def _blocks(sides: Sides, kind: str) -> Iterator[Difference]:
    names = [*_named(sides.production, kind), *_named(sides.development, kind)]
    for name in dict.fromkeys(names):
        there, here = (one.blocks.get(name) for one in (sides.production, sides.development))
        if there and here and there.kind == here.kind:
            compared = _labels(sides, there, here) if kind == "enum" else _model(sides, there, here)
            yield from compared
        elif there and not here:
            if kind == "model" or sides.style.enums:
                yield _one_sided(sides, there, Side.DEVELOPMENT)
        elif here and not there:
            yield _one_sided(sides, here, Side.PRODUCTION)


def _named(schema: Schema, kind: str) -> Iterator[str]:
    yield from (name for name, block in schema.blocks.items() if block.kind == kind)


def _one_sided(sides: Sides, block: Block, lacking: Side) -> Difference:
    has = lacking.other
    message = f"{block.kind} {block.name} is in {sides.name(has)} and not in {sides.name(lacking)}"
    if sides.lost(lacking, block.name):
        edits: tuple[Edit, ...] = (write.without_block(sides.of(has), block),)
        return Difference(block.name, f"{message} any more", Level.MUST, has, block.place, edits=edits)
    schema = sides.of(has)
    text = _translated(sides, block, lacking)
    edits = (write.new_block(sides.of(lacking), text, block.name, list(schema.blocks)),)
    return Difference(block.name, message, Level.MUST, lacking, block.place, edits=edits)


def _translated(sides: Sides, block: Block, lacking: Side) -> str:
    schema = sides.of(lacking.other)
    if block.kind == "enum":
        return schema.text(block.place)
    fields_ = {name: _wanted(sides, block, field, lacking) for name, field in block.fields.items()}
    texts = {schema.text(one.place): one for one in block.attributes}
    if lacking is Side.PRODUCTION:
        return write.block_text(schema, block, fields_, {text: text for text in texts})
    return write.block_text(
        schema, block, fields_, {text: block_for_sqlite(schema, one) for text, one in texts.items()}
    )


def _wanted(sides: Sides, has: Block, field: Field, lacking: Side) -> Translated | None:
    """A field for the side that lacks it."""
    if has.kind == "enum":
        return as_written(sides.of(lacking.other), field)
    if lacking is Side.DEVELOPMENT:
        return for_sqlite(sides.production, has, field, sides.style)
    return new_on_server(sides.production, sides.development, has, field)


def _labels(sides: Sides, there: Block, here: Block) -> Iterator[Difference]:
    for name in dict.fromkeys([*there.fields, *here.fields]):
        if (name in there.fields) != (name in here.fields):
            lacking = Side.DEVELOPMENT if name in there.fields else Side.PRODUCTION
            has, lacks = (there, here) if lacking is Side.DEVELOPMENT else (here, there)
            subject = f"{there.name}.{name}"
            message = f"{subject} is a label in {sides.name(lacking.other)} and not in {sides.name(lacking)}"
            yield _part(sides, subject, message, lacking, has, lacks, has.fields[name])
        elif there.fields[name].column != here.fields[name].column:
            yield fields.mapped(sides, there, there.fields[name], here.fields[name])


def _model(sides: Sides, there: Block, here: Block) -> Iterator[Difference]:
    called = relations.called((sides.production, there), (sides.development, here))
    if sides.before is None:  # a base says which name is new: that comes, the old one goes
        columns = {one.column: name for name, one in there.fields.items() if name not in here.fields}
        called |= {
            name: columns[one.column]
            for name, one in here.fields.items()
            if name not in there.fields and one.column in columns and one.type not in sides.development.models
        }
    for new, old in called.items():
        yield _renamed(sides, there.fields[old], here.fields[new], there.name)
        yield from fields.compare(sides, there, here, there.fields[old], here.fields[new])
    for name in dict.fromkeys([*there.fields, *here.fields]):
        if name in called or name in called.values():
            continue
        mine, theirs = here.fields.get(name), there.fields.get(name)
        if mine and theirs:
            yield from fields.compare(sides, there, here, theirs, mine)
        elif theirs and for_sqlite(sides.production, there, theirs, sides.style):
            yield _missing(sides, there, here, theirs, Side.DEVELOPMENT)
        elif mine:
            yield _missing(sides, here, there, mine, Side.PRODUCTION)
    yield from keys.compare(sides, there, here)


def _missing(sides: Sides, has: Block, lacks: Block, field: Field, lacking: Side) -> Difference:
    subject = f"{has.name}.{field.name}"
    message = f"{subject} is in {sides.name(lacking.other)} and not in {sides.name(lacking)}"
    return _part(sides, subject, message, lacking, has, lacks, field)


def _renamed(sides: Sides, theirs: Field, mine: Field, model: str) -> Difference:
    """A field that has another name for the same thing: a relation's has no column, so the name is all there is."""
    message = f"{model}.{theirs.name} of {sides.name(Side.PRODUCTION)} is called {mine.name}"
    leads = sides.lost(Side.DEVELOPMENT, model, theirs.name) and not sides.lost(Side.PRODUCTION, model, mine.name)
    field, name, also = (theirs, mine.name, mine) if leads else (mine, theirs.name, theirs)
    edits: tuple[Edit, ...] = ()
    if field.type in sides.production.models:
        width = field.typed.start - field.place.start
        edits = (Edit(field.place.path, field.place.start, field.typed.start, f"{name} ".ljust(width)),)
    follows = Side.PRODUCTION if leads else Side.DEVELOPMENT
    message += f" in {sides.name(Side.DEVELOPMENT)}"
    return Difference(f"{model}.{theirs.name}", message, Level.MUST, follows, field.place, also.place, edits)


def _part(
    sides: Sides, subject: str, message: str, lacking: Side, has: Block, lacks: Block, field: Field
) -> Difference:
    """A field or a label that one side lacks: it is added there, or goes here too."""
    schema = sides.of(lacking.other)
    if sides.lost(lacking, has.name, field.name):
        beyond = [one for one in has.attributes if not block_for_sqlite(schema, one)]  # SQLite never had those
        named = [one for one in beyond if field.name in {part.partition("(")[0] for part in one.listed("fields")}]
        edits = (write.without_field(schema, field), *(write.without_attribute(schema, one) for one in named))
        return Difference(subject, f"{message} any more", Level.MUST, lacking.other, field.place, edits=edits)
    order = list(has.fields)
    wanted = _wanted(sides, has, field, lacking)
    assert wanted is not None
    edits = (write.new_field(sides.of(lacking), lacks, field.name, wanted, order),)
    return Difference(subject, message, Level.MUST, lacking, field.place, edits=edits)


def _views(sides: Sides) -> Iterator[Difference]:
    """PostgreSQL's views are beyond Prisma's SQL; one of SQLite's alone is something that production does not have."""
    for name, block in sides.development.blocks.items():
        if block.kind == "view" and (there := sides.production.blocks.get(name)):
            yield from _model(sides, there, block)
        elif block.kind == "view":
            message = f"view {name} is in {sides.name(Side.DEVELOPMENT)} alone"
            yield Difference(name, message, Level.WORTH, Side.PRODUCTION, block.place)

"""The edits that bring something into a schema, or out of it, in the columns of what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from safemigrate.prisma.in_step.difference import Edit, applied
from safemigrate.prisma.in_step.translate import Translated
from safemigrate.prisma.schema.values import Attribute, Block, Field, Place, Schema


def retyped(field: Field, text: str) -> Edit:
    """Another type; what follows it keeps its column where there is room."""
    typed = field.typed
    if not field.attributes:
        return Edit(typed.path, typed.start, typed.end, text)
    end = field.attributes[0].place.start
    width = end - typed.start
    return Edit(typed.path, typed.start, end, f"{text} ".ljust(width))


def attribute(schema: Schema, field: Field, name: str, text: str) -> Edit:
    """An attribute of a field with another text, a new one, or none where the text is ""."""
    old = field.get(name)
    if old is None:
        end = field.place.end
        return Edit(field.place.path, end, end, f" {text}")
    if text:
        return Edit(old.place.path, old.place.start, old.place.end, text)
    before = schema.texts[old.place.path][: old.place.start]
    return Edit(old.place.path, len(before.rstrip(" \t")), old.place.end, "")


def new_field(schema: Schema, block: Block, name: str, text: Translated, order: list[str]) -> Edit:
    """A field behind the one that it follows in the other schema; `order` are that one's fields."""
    before = order[: order.index(name)]
    anchor = next((block.fields[one] for one in reversed(before) if one in block.fields), None)
    words = [name, text.type, " ".join(text.attributes.values())]
    if anchor is None:
        first = next(iter(block.fields.values()), None)
        start = _line_end(schema, block.body.path, block.body.start - 1)
        return Edit(block.place.path, start, start, _line(schema, first, words))
    end = _line_end(schema, anchor.place.path, anchor.place.end)
    return Edit(block.place.path, end, end, _line(schema, anchor, words))


def without_field(schema: Schema, field: Field) -> Edit:
    """No such field, nor the words about it above it."""
    return _without(schema, field.place)


def new_attribute(schema: Schema, block: Block, text: str) -> Edit:
    """An attribute of a block, behind its others."""
    if block.attributes:
        last = max(block.attributes, key=lambda one: one.place.end)
        end = _line_end(schema, last.place.path, last.place.end)
        return Edit(block.place.path, end, end, f"{_indent(schema, last.place)}{text}\n")
    close = block.body.end
    return Edit(block.place.path, close, close, f"\n  {text}\n")


def without_attribute(schema: Schema, attribute: Attribute) -> Edit:
    """No such attribute of a block."""
    return _without(schema, attribute.place)


def new_block(schema: Schema, text: str, name: str, order: list[str]) -> Edit:
    """A block behind the one that it follows in the other schema, or at the end of the last file."""
    before = order[: order.index(name)]
    anchor = next((schema.blocks[one] for one in reversed(before) if one in schema.blocks), None)
    if anchor:
        end = _line_end(schema, anchor.place.path, anchor.place.end)
        return Edit(anchor.place.path, end, end, f"\n{text}\n")
    path, there = list(schema.texts.items())[-1]
    end = len(there)
    return Edit(path, end, end, ("" if there.endswith("\n") else "\n") + f"\n{text}\n")


def without_block(schema: Schema, block: Block) -> Edit:
    """No such block, and no empty line where it was."""
    edit = _without(schema, block.place)
    text = schema.texts[edit.path]
    if edit.end == len(text):
        start = len(text[: edit.start].rstrip()) + 1
        return Edit(edit.path, min(start, edit.start), edit.end, "")
    end = edit.end + 1 if text[edit.end : edit.end + 1] == "\n" else edit.end
    return Edit(edit.path, edit.start, end, "")


def block_text(
    schema: Schema, block: Block, fields: Mapping[str, Translated | None], attributes: Mapping[str, str]
) -> str:
    """The text of a block with its fields as they are translated, None for none; `attributes` are by their own text."""
    edits = [*_fields(schema, block, fields)]
    for one in block.attributes:
        text = attributes[schema.text(one.place)]
        place = one.place
        edits.append(Edit(place.path, place.start, place.end, text) if text else without_attribute(schema, one))
    text = schema.texts[block.place.path]
    return applied(text[: block.place.end], edits)[block.place.start :]


def _fields(schema: Schema, block: Block, fields: Mapping[str, Translated | None]) -> Iterator[Edit]:
    for name, field in block.fields.items():
        wanted = fields[name]
        if wanted is None:
            yield without_field(schema, field)
            continue
        if wanted.type != schema.text(field.typed):
            yield retyped(field, wanted.type)
        for one in field.attributes:
            text = wanted.attributes.get(one.name, "")
            if text != schema.text(one.place):
                yield attribute(schema, field, one.name, text)
        known = {one.name for one in field.attributes}
        for key, text in wanted.attributes.items():
            if key not in known:
                yield attribute(schema, field, key, text)


def _line(schema: Schema, like: Field | None, words: list[str]) -> str:
    """A field's line in the columns of another's."""
    name, kind, rest = words
    if like is None or not kind:
        return f"  {' '.join(word for word in words if word)}\n"
    indent = _indent(schema, like.place)
    named = like.typed.start - like.place.start
    typed = like.attributes[0].place.start - like.typed.start if like.attributes else 0
    text = f"{name} ".ljust(named) + f"{kind} ".ljust(typed) + rest
    return f"{indent}{text.rstrip()}\n"


def _without(schema: Schema, place: Place) -> Edit:
    text = schema.texts[place.path]
    start = text.rfind("\n", 0, place.start) + 1
    while (above := text.rfind("\n", 0, max(start - 1, 0)) + 1) < start and text[above:start].lstrip().startswith(
        "///"
    ):
        start = above
    return Edit(place.path, start, _line_end(schema, place.path, place.end), "")


def _indent(schema: Schema, place: Place) -> str:
    text = schema.texts[place.path]
    line = text[text.rfind("\n", 0, place.start) + 1 : place.start]
    return line if not line.strip() else "  "


def _line_end(schema: Schema, path: Path, at: int) -> int:
    text = schema.texts[path]
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1

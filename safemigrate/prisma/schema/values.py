"""What a Prisma schema consists of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, its 1-based line, and 0-based offsets into its text."""

    path: Path
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """`@name(...)` or `@@name(...)`; arguments by their names, spelled alike whatever space and comments they have.

    One without a name has the name that Prisma knows it by (`fields`, `name`, `value`), or its number.
    """

    name: str
    arguments: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]  # of the arguments that are lists
    place: Place

    def listed(self, name: str) -> tuple[str, ...]:
        """The parts of an argument that is a list, or may be one."""
        if name in self.parts or name not in self.arguments:
            return self.parts.get(name, ())
        return (self.arguments[name],)

    def text(self, name: str) -> str:
        """An argument that is a string, without its quotes."""
        return unquoted(self.arguments.get(name, ""))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model, or a label of an enum, whose type is "". `typed` is where the type stands, with its mark."""

    name: str
    type: str
    many: bool
    optional: bool
    attributes: tuple[Attribute, ...]
    place: Place
    typed: Place

    def get(self, name: str) -> Attribute | None:
        """The attribute of this name."""
        return next((one for one in self.attributes if one.name == name), None)

    @property
    def column(self) -> str:
        """What it is called in the database."""
        return _mapped(self.get("map"), self.name)

    @property
    def native(self) -> Attribute | None:
        """Its native type, as @db.VarChar(20)."""
        return next((one for one in self.attributes if "." in one.name), None)


@dataclass(frozen=True, slots=True)
class Block:
    """A model, view, composite type or enum; `place` is all of it, `body` what stands between its braces."""

    kind: str
    name: str
    fields: Mapping[str, Field]
    attributes: tuple[Attribute, ...]
    place: Place
    body: Place

    def get(self, name: str) -> Attribute | None:
        """The first attribute of this name."""
        return next((one for one in self.attributes if one.name == name), None)

    @property
    def table(self) -> str:
        """What it is called in the database."""
        return _mapped(self.get("map"), self.name)


@dataclass(frozen=True)  # without slots, for what is found once
class Schema:
    """The blocks of a schema by their names, and the texts of its files."""

    blocks: Mapping[str, Block]
    texts: Mapping[Path, str] = field(repr=False)

    @cached_property
    def models(self) -> dict[str, Block]:
        """Its models."""
        return {name: block for name, block in self.blocks.items() if block.kind == "model"}

    @cached_property
    def enums(self) -> dict[str, Block]:
        """Its enums."""
        return {name: block for name, block in self.blocks.items() if block.kind == "enum"}

    def text(self, place: Place) -> str:
        """What stands at a place."""
        return self.texts[place.path][place.start : place.end]


def unquoted(word: str) -> str:
    """The content of a string literal; any other word is left as it is."""
    if not word.startswith('"'):
        return word
    try:
        return str(json.loads(word))
    except json.JSONDecodeError:
        return word[1:-1]


def _mapped(attribute: Attribute | None, name: str) -> str:
    return attribute.text("name") if attribute else name

"""A difference between the two schemas of a pair, and the edits of the one that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from safemigrate.prisma.schema.values import Place, Schema


class Level(StrEnum):
    """How much it matters; what a provider forces is no difference."""

    MUST = "must be mended"  # code that works on the one fails on the other, or does something else
    WORTH = "worth knowing"


class Side(StrEnum):
    """One of the two."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"

    @property
    def other(self) -> Side:
        """The other one."""
        return Side.DEVELOPMENT if self is Side.PRODUCTION else Side.PRODUCTION


@dataclass(frozen=True, slots=True)
class Edit:
    """What replaces a part of a file."""

    path: Path
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` is a model, an enum, or `Model.field`. `follows` is the side that should change, by `edits`.

    `place` is where it stands in the schema that should change, or in the other where that one lacks it; `also` is
    where the other says otherwise. No edits: nobody can say what they would be. `allowed` is a comment's reason.
    """

    subject: str
    message: str
    level: Level
    follows: Side
    place: Place
    also: Place | None = None
    edits: tuple[Edit, ...] = ()
    allowed: str = ""


def edited(schema: Schema, edits: Iterable[Edit]) -> dict[Path, str]:
    """The texts of the files that edits change, each with the line ends that it has."""
    found = list(edits)
    texts = {}
    for path, text in schema.texts.items():
        end = "\r\n" if "\r\n" in text else "\n"
        here = [
            replace(one, text=one.text.replace("\r\n", "\n").replace("\n", end)) for one in found if one.path == path
        ]
        if here:
            texts[path] = applied(text, here)
    return texts


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with its edits; of two at one place the first comes first, and where they meet the later gives way."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda one: one.start):
        parts += [text[done : edit.start], edit.text]
        done = max(done, edit.end)
        if text[done : done + 1] == "\n":
            parts = ["".join(parts).rstrip(" \t")]
    return "".join([*parts, text[done:]])

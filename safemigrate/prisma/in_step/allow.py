"""Comments that agree to a difference: `// safemigrate: allow schemas-out-of-step the till alone syncs`."""

from __future__ import annotations

import re
from typing import Final

from safemigrate.prisma.schema.values import Block, Place, Schema

RULE: Final = "schemas-out-of-step"
_ALLOW: Final = re.compile(rf"//+[ \t]*safemigrate[ \t]*:[ \t]*allow[ \t]+{RULE}\b[ \t:,–—-]*(\S.*)")


def reason(schema: Schema, subject: str, place: Place) -> str:
    """Why a difference is meant, in the words of a comment at what it speaks of; "" where nobody says so.

    It stands above a model, an enum, a field or an attribute, or behind it on its line. A model's is for all in it, and
    for the fields of others that lead to it.
    """
    name, _, field = subject.partition(".")
    places = [place] if place.path in schema.texts else []
    if block := schema.blocks.get(name):
        places += _places(schema, block, field)
    return next((said for one in places if (said := _said(schema, one))), "")


def _places(schema: Schema, block: Block, field: str) -> list[Place]:
    places = [block.place]
    if found := block.fields.get(field):
        places.append(found.place)
        if target := schema.blocks.get(found.type):
            places.append(target.place)
    return places


def _said(schema: Schema, place: Place) -> str:
    if RULE not in (text := schema.texts[place.path]):
        return ""
    lines = text.split("\n")
    last = place.line + schema.text(place).count("\n")
    on_line = [lines[place.line - 1], *([] if "{" in lines[place.line - 1] else [lines[last - 1]])]
    above = []
    for line in reversed(lines[: place.line - 1]):
        if not line.lstrip().startswith("//"):
            break
        above.append(line)
    found = (_ALLOW.search(line) for line in (*on_line, *above))
    return next((match[1].strip() for match in found if match), "")

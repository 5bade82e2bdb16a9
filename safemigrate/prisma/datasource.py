"""The `datasource` block of a Prisma schema, read by tokens and no further."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|[A-Za-z_][\w-]*|\S', re.DOTALL)


@dataclass(frozen=True, slots=True, repr=False)
class Value:
    """A setting's value: a literal, or the name of the environment variable in env("NAME"). Literals may be secret."""

    literal: str = ""
    variable: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Datasource:
    """What the block says. `lines` are its settings as they stand, by name."""

    provider: str
    url: Value | None
    direct_url: Value | None
    lines: dict[str, str]


def read(text: str) -> Datasource | None:
    """Return the first datasource block of a schema's text, None without one."""
    tokens = [token for token in _TOKEN.finditer(text) if not token.group().startswith(("//", "/*"))]
    depth = 0
    for index, token in enumerate(tokens):
        word = token.group()
        depth += (word == "{") - (word == "}")
        if depth == 0 and word == "datasource" and index + 2 < len(tokens) and tokens[index + 2].group() == "{":
            return _block(text, tokens[index + 3 :])
    return None


def _block(text: str, tokens: list[re.Match[str]]) -> Datasource:
    values: dict[str, Value] = {}
    lines: dict[str, str] = {}
    for name, setting in _settings(tokens):
        words = [token.group() for token in setting]
        lines[name] = text[setting[0].start() : setting[-1].end()]
        if words[0].startswith('"'):
            values[name] = Value(literal=_unquoted(words[0]))
        elif words[:2] == ["env", "("] and len(words) > 2 and words[2].startswith('"'):
            values[name] = Value(variable=_unquoted(words[2]))
    provider = values.get("provider", Value()).literal
    return Datasource(provider, values.get("url"), values.get("directUrl"), lines)


def _settings(tokens: list[re.Match[str]]) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """`name = value` up to the block's end; a value ends where the next `name =` begins."""
    starts = []
    end = len(tokens)
    depth = 0
    for index, token in enumerate(tokens):
        word = token.group()
        if word == "}" and depth == 0:
            end = index
            break
        depth += (word in "([{") - (word in ")]}")
        if word == "=" and depth == 0 and index:
            starts.append(index - 1)
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        if stop > start + 2:
            yield tokens[start].group(), tokens[start + 2 : stop]


def _unquoted(word: str) -> str:
    try:
        return str(json.loads(word))
    except json.JSONDecodeError:
        return word[1:-1]

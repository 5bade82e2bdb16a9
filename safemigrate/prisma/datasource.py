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
    """What the block says. `spans` are the places of its settings in the text, from the name to the value's end."""

    provider: str
    url: Value | None
    direct_url: Value | None
    shadow_url: Value | None
    spans: dict[str, tuple[int, int]]


def read(text: str) -> Datasource | None:
    """Return the first datasource block of a schema's text, None without one."""
    tokens = [token for token in _TOKEN.finditer(text) if not token.group().startswith(("//", "/*"))]
    depth = 0
    for index, token in enumerate(tokens):
        word = token.group()
        depth += (word == "{") - (word == "}")
        if depth == 0 and word == "datasource" and index + 2 < len(tokens) and tokens[index + 2].group() == "{":
            return _block(tokens[index + 3 :])
    return None


def schemas(text: str) -> tuple[str, ...]:
    """Return the database schemas that a Prisma schema's datasource lists, for a project in several."""
    found = read(text)
    if found is None or "schemas" not in found.spans:
        return ()
    start, stop = found.spans["schemas"]
    return tuple(_unquoted(word) for word in re.findall(r'"(?:\\.|[^"\\\n])*"', text[start:stop]))


def with_variable(text: str, variable: str) -> str:
    """Return a schema's text with its database replaced by env(variable); directUrl and shadowDatabaseUrl go."""
    found = read(text)
    if found is None:
        return text
    edits = {found.spans[name]: "" for name in ("directUrl", "shadowDatabaseUrl") if name in found.spans}
    setting = f'url = env("{variable}")'
    if "url" in found.spans:
        edits[found.spans["url"]] = setting
    else:
        end = found.spans["provider"][1]
        edits[(end, end)] = f"\n  {setting}"
    for (start, stop), replacement in sorted(edits.items(), reverse=True):
        text = text[:start] + replacement + text[stop:]
    return text


def _block(tokens: list[re.Match[str]]) -> Datasource:
    values: dict[str, Value] = {}
    spans: dict[str, tuple[int, int]] = {}
    for name, setting in _settings(tokens):
        words = [token.group() for token in setting]
        spans[name.group()] = (name.start(), setting[-1].end())
        if words[0].startswith('"'):
            values[name.group()] = Value(literal=_unquoted(words[0]))
        elif words[:2] == ["env", "("] and len(words) > 2 and words[2].startswith('"'):
            values[name.group()] = Value(variable=_unquoted(words[2]))
    provider = values.get("provider", Value()).literal
    return Datasource(provider, values.get("url"), values.get("directUrl"), values.get("shadowDatabaseUrl"), spans)


def _settings(tokens: list[re.Match[str]]) -> Iterator[tuple[re.Match[str], list[re.Match[str]]]]:
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
            yield tokens[start], tokens[start + 2 : stop]


def _unquoted(word: str) -> str:
    try:
        return str(json.loads(word))
    except json.JSONDecodeError:
        return word[1:-1]

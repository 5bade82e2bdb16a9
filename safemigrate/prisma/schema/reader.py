"""A Prisma schema read by tokens, as its grammar has them: psl/schema-ast/src/parser/datamodel.pest."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safemigrate.errors import ProjectError
from safemigrate.prisma.schema.values import Attribute, Block, Field, Place, Schema

# A line's end ends a field or an attribute of a block, unless a bracket is open.
_TOKEN: Final = re.compile(
    r'(?P<passed>[^\S\n]+|//[^\n]*|/\*.*?\*/)|(?P<end>\n)|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<word>-?\w[\w-]*(?:\.\d\w*)?)|(?P<sign>@@|.)",
    re.DOTALL,
)
_TYPE: Final = re.compile(r'\w[\w-]*(\("(?:\\.|[^"\\\n])*"\))?(\[\])?\??')
_KINDS: Final = ("model", "view", "type", "enum")
# What Prisma calls an attribute's first argument where it stands without a name.
_FIRST: Final = {"default": "value", "map": "name", "relation": "name", "schema": "name"} | dict.fromkeys(
    ("id", "unique", "index", "fulltext"), "fields"
)


def read(files: Iterable[Path]) -> Schema:
    """Read the files of a schema. Raises ProjectError, with file and line, for what Prisma would not read either."""
    texts = {}
    for path in files:
        try:
            texts[path] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ProjectError(f"{path} is not UTF-8", str(error)) from error
        except OSError as error:
            raise ProjectError(f"{path} cannot be read", error.strerror or str(error)) from error
    return parse(texts)


def parse(texts: Mapping[Path, str]) -> Schema:
    """Read texts as `read` reads files."""
    blocks: dict[str, Block] = {}
    for path, text in texts.items():
        for block in _Reader(path, text).blocks():
            if other := blocks.get(block.name):
                raise _refused(block.place, f"{block.name} is there already: {other.place.path}:{other.place.line}")
            blocks[block.name] = block
    return Schema(blocks, dict(texts))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def depth(self) -> int:
        """What it adds to the number of open brackets."""
        return (self.text in "([{") - (self.text in ")]}") if self.kind == "sign" else 0


class _Reader:
    """One pass over the tokens of a file."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        start = 1 if text.startswith("\ufeff") else 0
        found = [_Token(one.lastgroup or "", one.group(), *one.span()) for one in _TOKEN.finditer(text, start)]
        self._tokens = [token for token in found if token.kind != "passed"]
        self._at = 0

    def blocks(self) -> Iterator[Block]:
        """All blocks but datasources and generators."""
        while self._at < len(self._tokens):
            head = self._statement("{")
            if not head:
                self._at += 1
                continue
            opened = self._next()
            if opened is None or opened.text != "{":
                raise _refused(self._place(head), f"{self._spelled(head)} begins no block")
            self._at += 1
            lines = list(self._body(opened))
            closed = self._tokens[self._at]
            self._at += 1
            if head[0].text in _KINDS and len(head) == 2:
                yield self._block(head, lines, opened, closed)

    def _body(self, opened: _Token) -> Iterator[list[_Token]]:
        while token := self._next():
            if token.text == "}":
                return
            if statement := self._statement("}"):
                yield statement
            elif token.kind == "end":
                self._at += 1
            if (behind := self._next()) and behind.kind != "end" and statement:
                raise _refused(self._place(statement), f"{behind.text!r} stands on the line of something else")
        raise _refused(self._place([opened]), "the block that begins here has no end")

    def _statement(self, until: str) -> list[_Token]:
        """The tokens up to the end of the line, or to a brace that ends it."""
        found: list[_Token] = []
        depth = 0
        while token := self._next():
            if depth == 0 and (token.kind == "end" or token.text == until):
                return found
            depth += token.depth
            if depth < 0:
                raise _refused(self._place([token]), f"{token.text!r} closes nothing")
            if token.kind != "end":
                found.append(token)
            self._at += 1
        if depth:
            raise _refused(self._place(found), "a bracket is not closed")
        return found

    def _block(self, head: list[_Token], lines: list[list[_Token]], opened: _Token, closed: _Token) -> Block:
        kind, name = (token.text for token in head)
        fields: dict[str, Field] = {}
        attributes: list[Attribute] = []
        for line in lines:
            if line[0].text == "@@":
                said = list(self._attributes(line))
                if len(said) > 1:
                    raise _refused(self._place(line), f"{self._spelled(line)} is more than one attribute")
                attributes += said
                continue
            one = self._field(line, is_enum=kind == "enum")
            if one.name in fields:
                raise _refused(one.place, f"{name} has two fields {one.name}")
            fields[one.name] = one
        place = self._between(head[0].start, closed.end)
        return Block(kind, name, fields, tuple(attributes), place, self._between(opened.end, closed.start))

    def _field(self, line: list[_Token], *, is_enum: bool) -> Field:
        first = next((number for number, token in enumerate(line) if token.text == "@"), len(line))
        typed = line[1:first]
        text = _joined(typed)
        is_type = bool(_TYPE.fullmatch(text)) and sum(token.kind == "word" for token in typed) == 1
        if line[0].kind != "word" or (bool(typed) if is_enum else not is_type):
            raise _refused(self._place(line), f"{self._spelled(line)} is no {'label' if is_enum else 'field'}")
        return Field(
            line[0].text,
            text.removesuffix("?").removesuffix("[]"),
            text.removesuffix("?").endswith("[]"),
            text.endswith("?"),
            tuple(self._attributes(line[first:])),
            self._place(line),
            self._place(typed) if typed else self._between(line[0].end, line[0].end),
        )

    def _attributes(self, tokens: list[_Token]) -> Iterator[Attribute]:
        number = 0
        while number < len(tokens):
            stop = number + 1
            while stop < len(tokens) and (tokens[stop].kind == "word" or tokens[stop].text == "."):
                stop += 1
            name = _joined(tokens[number + 1 : stop])
            if tokens[number].text not in ("@", "@@") or not name:
                raise _refused(self._place(tokens[number:]), f"{self._spelled(tokens[number:])} is no attribute")
            given: list[_Token] = []
            if stop < len(tokens) and tokens[stop].text == "(":
                opened, stop = stop + 1, _after(tokens, stop)
                given = tokens[opened : stop - 1]
            arguments = dict(_arguments(name, given))
            yield Attribute(
                name,
                {key: _joined(value) for key, value in arguments.items()},
                {
                    key: tuple(_joined(part) for part in _split(value[1:-1]))
                    for key, value in arguments.items()
                    if value[0].text == "["
                },
                self._place(tokens[number:stop]),
            )
            number = stop

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _place(self, tokens: list[_Token]) -> Place:
        return self._between(tokens[0].start, tokens[-1].end)

    def _between(self, start: int, end: int) -> Place:
        return Place(self._path, bisect_right(self._lines, start), start, end)

    def _spelled(self, tokens: list[_Token]) -> str:
        return repr(" ".join(self._text[tokens[0].start : tokens[-1].end].split())[:60])


def _arguments(attribute: str, tokens: list[_Token]) -> Iterator[tuple[str, list[_Token]]]:
    for number, given in enumerate(_split(tokens)):
        if len(given) > 2 and given[1].text == ":":
            yield given[0].text, given[2:]
        else:
            yield (_FIRST.get(attribute, "0") if number == 0 else str(number)), given


def _split(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """What commas part, outside of brackets; a comma may stand at the end."""
    depth = 0
    part: list[_Token] = []
    for token in tokens:
        depth += token.depth
        if token.text == "," and depth == 0:
            if part:
                yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _after(tokens: list[_Token], opened: int) -> int:
    """Where a bracket's content and the bracket that closes it have ended."""
    depth = 0
    for number in range(opened, len(tokens)):
        depth += tokens[number].depth
        if depth == 0:
            return number + 1
    return len(tokens)


def _joined(tokens: list[_Token]) -> str:
    spaced = (f"{one.text} " if one.kind == "sign" and one.text in ",:" else one.text for one in tokens)
    return "".join(spaced)


def _refused(place: Place, why: str) -> ProjectError:
    return ProjectError(f"{place.path}:{place.line} cannot be read as a Prisma schema", why, ("npx prisma validate",))

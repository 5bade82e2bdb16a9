"""What a rule offers to write instead: edits of the file, and migrations to come after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from safemigrate.model.value import dataclass
from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import DropColumn, DropConstraint, DropTable, Rename, Set, SetSchema
from safemigrate.sql.parts import Part, parts

if TYPE_CHECKING:
    from safemigrate.lint.context import Context

# In which order the new migrations come.
FILL, VALIDATE, REQUIRE, ALONE = range(4)
_BEHIND = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*;[ \t]*(?:\r?\n)*", re.DOTALL)
_ABOVE = re.compile(r"(?:^[ \t]*--[^\n]*\n)*[ \t]*\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edit:
    """Other text for what stands between two offsets."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """A part of a migration that comes after the file: those of one name are one, in the order FILL ... REQUIRE.

    One that is ALONE is never joined with another, and comes last.
    """

    name: str
    sql: str
    order: int


@dataclass(frozen=True, slots=True)
class Fix:
    """One rewrite, whole: its edits do not overlap."""

    edits: tuple[Edit, ...]
    later: tuple[Later, ...] = ()


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits, with its own line ends in them."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    for edit in sorted(edits, key=lambda one: -one.start):
        text = text[: edit.start] + re.sub(r"(?<!\r)\n", line_end, edit.text) + text[edit.end :]
    return text


def without(text: str, statement: Statement) -> Edit:
    """The edit that takes a statement out, its `;` and the line comments right above it."""
    above = _ABOVE.search(text, 0, statement.span.start)
    behind = _BEHIND.match(text, statement.span.end)
    start = above.start() if above else statement.span.start
    end = behind.end() if behind else statement.span.end
    before = text[:start].replace("\r", "")
    keeps = "" if before.endswith("\n\n") or not before.strip() or not text[end:].strip() else "\n"
    return Edit(start, end, keeps)


def listed(statement: Statement, others: Sequence[tuple[Part, str]]) -> Edit:
    """The edit that writes other text for some actions of an ALTER TABLE, none for ""; not for all of them."""
    instead = {part.start: text for part, text in others}
    everything = parts(statement)
    kept = [instead.get(part.start, _written(statement, part)) for part in everything]
    return Edit(everything[0].start, everything[-1].end, ",\n".join(text for text in kept if text))


def _written(statement: Statement, part: Part) -> str:
    start = statement.span.start
    return statement.sql[part.start - start : part.end - start]


def searches_elsewhere(context: Context) -> bool:
    """Whether the file sets search_path, so that its names mean something else in another file."""
    return any(isinstance(action, Set) and action.setting == "search_path" for action in context.everything)


def is_settled(context: Context, table: Name) -> bool:
    """Whether what is done to a table may as well be done after the file: nothing behind moves, renames or drops it."""
    key = context.key(table)
    if searches_elsewhere(context):
        return False
    for action in context.after:
        match action:
            case Rename(kind="table") | SetSchema(kind="table"):
                touched = [action.old if isinstance(action, Rename) else action.name]
            case Rename(kind="column" | "constraint", owner=Name() as owner):
                touched = [owner]
            case DropTable():
                touched = list(action.tables)
            case DropColumn() | DropConstraint():
                touched = [action.table]
            case _:
                continue
        if key in map(context.key, touched):
            return False
    return True

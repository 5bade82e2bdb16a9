"""What a rule offers to write instead: edits of the file, and migrations to come after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import AddConstraint, CreateIndex, DoBlock, DropIndex, Insert, quote
from safemigrate.sql.parts import Part, parts, word

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
    before = text[:start].replace("\r", "")
    keeps = "" if before.endswith("\n\n") or not before.strip() else "\n"
    return Edit(start, behind.end() if behind else statement.span.end, keeps)


def listed(statement: Statement, others: Sequence[tuple[Part, str]]) -> Edit:
    """The edit that writes other text for some actions of an ALTER TABLE, none for ""; not for all of them."""
    instead = {part.start: text for part, text in others}
    everything = parts(statement)
    kept = [instead.get(part.start, _written(statement, part)) for part in everything]
    return Edit(everything[0].start, everything[-1].end, ",\n".join(text for text in kept if text))


def _written(statement: Statement, part: Part) -> str:
    start = statement.span.start
    return statement.sql[part.start - start : part.end - start]


def concurrently(context: Context) -> Iterator[Fix]:
    """CONCURRENTLY for the statement at hand, in a migration of its own unless it has one."""
    statement = context.statements[context.position]
    kind = word(statement, "INDEX", "VIEW", "TABLE")
    action = statement.actions[0]
    if not kind or len(statement.actions) != 1 or isinstance(action, DoBlock) or _is_needed(context, statement):
        return
    if isinstance(action, DropIndex) and (len(action.names) > 1 or action.cascade):
        return  # the server takes neither
    if len(context.statements) == 1:
        yield Fix((Edit(kind.end, kind.end, " CONCURRENTLY"),))
        return
    place = kind.end - statement.span.start
    sql = f"{statement.sql[:place]} CONCURRENTLY{statement.sql[place:]};\n"
    name = f"drop_{action.names[0].name}" if isinstance(action, DropIndex) else getattr(action, "name", "")
    name = re.sub(r"\W+", "_", str(name)).strip("_") or statement.kind.lower().replace(" ", "_")
    yield Fix((without(context.migration.sql, statement),), (Later(name, sql, ALONE),))


def _is_needed(context: Context, statement: Statement) -> bool:
    """Whether what follows in the migration relies on the index: it takes it up, refers to its columns or upserts."""
    made = statement.actions[0]
    if not isinstance(made, CreateIndex):
        return False
    key = context.key(made.table)
    for action in context.after:
        if isinstance(action, AddConstraint):
            refers = action.constraint.references
            if action.constraint.using_index == made.name or (refers and made.unique and context.key(refers) == key):
                return True
        elif isinstance(action, Insert) and made.unique and context.key(action.table) == key:
            return True
    return False


def not_valid(context: Context, kind: str) -> Iterator[Fix]:
    """NOT VALID for the constraints of a kind that the statement at hand adds, and VALIDATE in the next migration."""
    edits: list[Edit] = []
    validations: list[str] = []
    for part in parts(context.statements[context.position]):
        action = part.action
        if not isinstance(action, AddConstraint) or action.constraint.kind != kind or action.constraint.not_valid:
            continue
        name = action.constraint.name
        if not name:
            name = constraint_name(
                action.table, action.constraint.columns, "fkey" if kind == "foreign key" else "check"
            )
            edits.append(Edit(part.tokens[0].end, part.tokens[0].end, f" CONSTRAINT {quote(name)}"))
        edits.append(Edit(part.end, part.end, " NOT VALID"))
        validations.append(f"ALTER TABLE {action.table} VALIDATE CONSTRAINT {quote(name)};\n")
    if edits:
        yield Fix(tuple(edits), tuple(Later("validate", sql, VALIDATE) for sql in validations))


def constraint_name(table: Name, columns: Sequence[str], ending: str) -> str:
    """A name as the server picks it, short enough for any names."""
    return f"{'_'.join((table.name, *columns))[:50]}_{ending}"


def required(table: Name, column: str) -> tuple[str, tuple[Later, ...]]:
    """A check that a column has a value, to add NOT VALID; and what makes the column required by it, later."""
    name = constraint_name(table, (column,), "present")
    check = f"ADD CONSTRAINT {quote(name)} CHECK ({quote(column)} IS NOT NULL) NOT VALID"
    alter = f"ALTER TABLE {table}"
    return check, (
        Later("validate", f"{alter} VALIDATE CONSTRAINT {quote(name)};\n", VALIDATE),
        # Who waits for the lock holds up everybody behind him.
        Later("validate", "SET LOCAL lock_timeout = '5s';\n", REQUIRE),
        Later(
            "validate",
            f"{alter} ALTER COLUMN {quote(column)} SET NOT NULL;\n{alter} DROP CONSTRAINT {quote(name)};\n",
            REQUIRE,
        ),
    )

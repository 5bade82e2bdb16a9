"""A rename in disguise, written as the rename that it is."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from safemigrate.lint.column_type import same_type
from safemigrate.lint.disguise import made_again, replaced
from safemigrate.lint.fix import Edit, Fix, listed, without
from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import AddColumn, CreateIndex, CreateTable, DropColumn, DropTable, quote
from safemigrate.sql.parts import Part, parts, word

if TYPE_CHECKING:
    from safemigrate.lint.context import Context

_SERIAL = ("serial", "bigserial", "smallserial")


def renamed_column(context: Context) -> Iterator[Fix]:
    """RENAME COLUMN for the first pair of a DROP and an ADD; what else the new column has is set behind it."""
    for drop, add in replaced(context):
        known = drop.column in context.schema.columns(drop.table)  # then its type is that of the new one
        likeness = SequenceMatcher(None, drop.column.lower(), add.column.name.lower()).ratio()
        if drop.column != add.column.name and (known or likeness >= 0.5):
            yield from _renamed(context, drop, add)
            return


def _renamed(context: Context, drop: DropColumn, add: AddColumn) -> Iterator[Fix]:
    places = [
        (statement, part, "" if part.action is drop else _settings(add))
        for statement in context.statements
        for part in parts(statement)
        if part.action is drop or part.action is add
    ]
    if len(places) != 2:  # one of them is in a DO block
        return
    first = places[0][0]
    rename = f"ALTER TABLE {drop.table} RENAME COLUMN {quote(drop.column)} TO {quote(add.column.name)};\n"
    edits = [Edit(first.span.start, first.span.start, rename)]
    for statement in dict.fromkeys(statement for statement, _, _ in places):
        others = [(part, text) for where, part, text in places if where is statement]
        edits += _with_others(context, statement, others, first, rename)
    yield Fix(tuple(_merged(edits)))


def _with_others(
    context: Context, statement: Statement, others: list[tuple[Part, str]], first: Statement, rename: str
) -> list[Edit]:
    if any(text for _, text in others) or len(parts(statement)) > len(others):
        return [listed(statement, others)]
    gone = without(context.migration.sql, statement)
    if statement is not first:
        return [gone]
    # Nothing is left of it: the rename takes its place, and its comment.
    return [Edit(statement.span.start, gone.end, rename)]


def _merged(edits: list[Edit]) -> list[Edit]:
    """Without the insertion where a replacement starts at the same place and has it."""
    replaced_at = {edit.start for edit in edits if edit.end > edit.start}
    return [edit for edit in edits if edit.end > edit.start or edit.start not in replaced_at]


def _settings(add: AddColumn) -> str:
    column = quote(add.column.name)
    wanted = [f"ALTER COLUMN {column} SET NOT NULL"] if add.column.not_null else []
    if add.column.default:
        wanted.append(f"ALTER COLUMN {column} SET DEFAULT {add.column.default}")
    return ",\n".join(wanted)


def renamed_table(context: Context) -> Iterator[Fix]:
    """RENAME TO for a DROP TABLE and a CREATE TABLE of the same columns, of what Prisma names after the table too."""
    statement = context.statements[context.position]
    for table, made in made_again(context):
        created = next((one for one in context.statements if made in one.actions), None)
        dropped = statement.actions[0]
        if not created or not isinstance(dropped, DropTable) or dropped.cascade or len(dropped.tables) > 1:
            continue
        if context.key(table) == context.key(made.table) or not _is_same(context, table, made):
            continue
        first, second = sorted((statement, created), key=lambda one: one.span.start)
        text = context.migration.sql
        end = without(text, first).end
        edits = [
            Edit(first.span.start, end, _rename(table, made) + text[end - 1 : end].strip(";")),
            without(text, second),
        ]
        yield Fix((*edits, *_indexes(context, table, made)))
        return


def _is_same(context: Context, table: Name, made: CreateTable) -> bool:
    """Whether the old table is known, and has the columns of the new one."""
    before = context.schema.columns(table)
    after = {column.name: column.type for column in made.columns}
    return before.keys() == after.keys() and all(
        same_type(before[name], kind) or kind.lower() in _SERIAL for name, kind in after.items()
    )


def _rename(table: Name, made: CreateTable) -> str:
    old, new = table.name, made.table.name
    lines = []
    if made.table.schema not in (None, table.schema):
        lines.append(f"ALTER TABLE {table} SET SCHEMA {quote(str(made.table.schema))};")
        table = Name(made.table.schema, old)
    lines.append(f"ALTER TABLE {table} RENAME TO {quote(new)};")
    for constraint in made.constraints:
        if constraint.name.startswith(f"{new}_") and constraint.kind != "foreign key":
            was = old + constraint.name.removeprefix(new)
            lines.append(f"ALTER TABLE {made.table} RENAME CONSTRAINT {quote(was)} TO {quote(constraint.name)};")
    for column in made.columns:
        if column.type.lower() in _SERIAL:
            sequence = Name(made.table.schema, f"{old}_{column.name}_seq")
            lines.append(f"ALTER SEQUENCE IF EXISTS {sequence} RENAME TO {quote(f'{new}_{column.name}_seq')};")
    return "\n".join(lines) + "\n"


def _indexes(context: Context, table: Name, made: CreateTable) -> Iterator[Edit]:
    """An index that the old table has as well gets its new name; one that it lacks is built."""
    new = made.table.name
    for statement in context.statements:
        action = statement.actions[0]
        if not isinstance(action, CreateIndex) or context.key(action.table) != context.key(made.table):
            continue
        if action.name.startswith(f"{new}_") and not action.if_not_exists:
            was = Name(made.table.schema, table.name + action.name.removeprefix(new))
            place = word(statement, "INDEX")
            assert place
            rename = f"ALTER INDEX IF EXISTS {was} RENAME TO {quote(action.name)};\n"
            yield Edit(statement.span.start, statement.span.start, rename)
            yield Edit(place.end, place.end, " IF NOT EXISTS")

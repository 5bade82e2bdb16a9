"""What stops nobody instead of what stops everybody: CONCURRENTLY, NOT VALID, and NOT NULL by a check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from safemigrate.lint.fix import (
    ALONE,
    FILL,
    REQUIRE,
    VALIDATE,
    Edit,
    Fix,
    Later,
    is_settled,
    listed,
    searches_elsewhere,
    without,
)
from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    DoBlock,
    DropColumn,
    DropIndex,
    DropTable,
    Insert,
    Rename,
    SetNotNull,
    quote,
)
from safemigrate.sql.parts import parts, word

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


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
    """Whether what follows in the migration relies on it: takes the index up, refers to its columns, upserts."""
    made = statement.actions[0]
    if isinstance(made, DropIndex):
        # A column or table that goes takes its indexes along; a foreign key takes any unique index that it finds.
        again = any(isinstance(one, CreateIndex) and one.name == made.names[0].name for one in context.after)
        gone = any(isinstance(one, DropColumn | DropTable | Rename) for one in context.after)
        gone = gone or any(isinstance(one, AddConstraint) and one.constraint.references for one in context.after)
        return again or gone or searches_elsewhere(context)
    if not isinstance(made, CreateIndex):
        return False
    if not is_settled(context, made.table):
        return True
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
        if not is_settled(context, action.table):
            return
        name = action.constraint.name
        if not name:
            name = _name(action.table, action.constraint.columns, "fkey" if kind == "foreign key" else "check")
            edits.append(Edit(part.tokens[0].end, part.tokens[0].end, f" CONSTRAINT {quote(name)}"))
        edits.append(Edit(part.end, part.end, " NOT VALID"))
        validations.append(f"ALTER TABLE {action.table} VALIDATE CONSTRAINT {quote(name)};\n")
    if edits:
        yield Fix(tuple(edits), tuple(Later("validate", sql, VALIDATE) for sql in validations))


def checked_first(context: Context) -> Iterator[Fix]:
    """A CHECK that is NOT VALID here, validated and turned into NOT NULL by the next migration."""
    statement = context.statements[context.position]
    for part in parts(statement):
        if isinstance(part.action, SetNotNull) and is_settled(context, part.action.table):
            check, then = _required(part.action.table, part.action.column)
            yield Fix((listed(statement, [(part, check)]),), then)
            return


def nullable_first(context: Context) -> Iterator[Fix]:
    """Nullable here; then one that fills it, with a value that only a person knows, and one that requires it."""
    for part in parts(context.statements[context.position]):
        action = part.action
        words = [token.word for token in part.tokens]
        if not isinstance(action, AddColumn) or not action.column.not_null or action.column.has_value:
            continue
        if (
            not is_settled(context, action.table)
            or "NOT" not in words
            or words.count("NULL") != 1
            or action.column.primary_key
        ):
            continue
        place = words.index("NOT")
        before, null = part.tokens[place - 1], part.tokens[words.index("NULL")]
        name = quote(action.column.name)
        check, then = _required(action.table, action.column.name)
        fill = (
            f"-- Write the value that the rows of today get, and fill a big table in batches, before this runs.\n"
            f"UPDATE {action.table} SET {name} = <value> WHERE {name} IS NULL;\n"
            f"ALTER TABLE {action.table} {check};\n"
        )
        yield Fix((Edit(before.end, null.end),), (Later("fill", fill, FILL), *then))
        return


def _name(table: Name, columns: Sequence[str], ending: str) -> str:
    """A name as the server picks it, short enough for any names."""
    return f"{'_'.join((table.name, *columns))[:50]}_{ending}"


def _required(table: Name, column: str) -> tuple[str, tuple[Later, ...]]:
    """A check that a column has a value, to add NOT VALID; and what makes the column required by it, later."""
    name = _name(table, (column,), "present")
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

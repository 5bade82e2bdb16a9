"""Without a constraint the database takes rows that it refused before, and code that counts on it goes wrong.

Wrong values get in and stay; without a unique constraint or index, `ON CONFLICT` (Prisma's upsert) fails with 42P10 and
duplicates get in; without a foreign key, deletes leave rows behind that refer to nothing. A constraint that comes back
in the same migration is no finding; nor is one whose table or column goes, one that the migration made, or a CHECK that
only helped to SET NOT NULL.

Release code that does without it first; drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.keys import KEYS, is_double, is_still_refused
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    SetNotNull,
    quote,
)

SETUP = 'CREATE TABLE "Item" (id int PRIMARY KEY, price int CONSTRAINT "price_positive" CHECK (price > 0));'
BAD = 'ALTER TABLE "Item" DROP CONSTRAINT "price_positive";'
GOOD = """
ALTER TABLE "Item" DROP CONSTRAINT "price_positive",
ADD CONSTRAINT "price_positive" CHECK (price >= 0) NOT VALID;
"""


def check(context: Context) -> Iterator[Finding]:
    """Constraints and unique indexes of older tables that go for good."""
    yield from _unique_indexes(context)
    for action in context.actions:
        if not isinstance(action, DropConstraint) or context.is_new(action.table) or _is_spent(context, action):
            continue
        cascade = ", and every foreign key that refers to it" if action.cascade else ""
        yield context.finding(
            Severity.WARNING,
            f"{_called(context, action)} of {action.table} is dropped{cascade}; what it refused gets in",
            subject=str(action.table),
            help="release code that does without it, then drop it in a later migration",
        )


def _called(context: Context, drop: DropConstraint) -> str:
    known = context.schema.table(drop.table).constraints.get(drop.name)
    if context.sqlite and known and known.kind == "check":  # most have no name there
        return f"CHECK ({known.expression})"
    if context.sqlite and known and known.kind in KEYS:
        return f"{known.kind} ({', '.join(map(quote, known.columns))})"
    return f"constraint {quote(drop.name)}"


def _unique_indexes(context: Context) -> Iterator[Finding]:
    dropped = [name for action in context.actions if isinstance(action, DropIndex) for name in action.names]
    if not dropped:
        return
    made = {action.name for action in context.all_of(CreateIndex)}
    gone = {table.name for action in context.all_of(DropTable) for table in action.tables}
    columns = {action.column for action in context.all_of(DropColumn)}
    for name in dropped:
        known = context.schema.index(name)
        is_unique = known[1].unique if known else name.name.endswith("_key")  # as Prisma names them
        with_column = any(f"_{column}_" in f"{name.name}_" for column in columns)
        with_column = with_column or bool(known and columns & {*known[1].columns})
        if known and is_double(context, *known, dropped):
            continue
        if is_unique and name.name not in made and not _names(name.name, gone) and not with_column:
            table = f" of {known[0]}" if known else ""
            yield context.finding(
                Severity.WARNING,
                f"unique index {name}{table} is dropped; duplicates get in, and ON CONFLICT on its columns fails",
                subject=str(name),
                help="release code that does without it, then drop it in a later migration",
            )


def _is_spent(context: Context, drop: DropConstraint) -> bool:
    """Whether another takes its place, or what it was about goes, or it had only to help."""
    known = context.schema.table(drop.table).constraints.get(drop.name)
    if known and known.columns and known.kind in KEYS:
        return is_still_refused(context, drop, {*known.columns})
    key, name = context.key(drop.table), f"{drop.name}_"
    added = [one.constraint.name for one in context.all_of(AddConstraint) if context.key(one.table) == key]
    columns = [one.column for one in context.all_of(DropColumn) if context.key(one.table) == key]
    new = [one.column.name for one in context.all_of(AddColumn) if context.key(one.table) == key]
    return (
        drop.name in added
        or _stem(drop.name) in map(_stem, added)
        or any(context.key(one.table) == key for one in context.all_of(SetNotNull))
        or _names(drop.name, {table.name for one in context.all_of(DropTable) for table in one.tables})
        or any(f"_{column}_" in name for column in columns)
        or any(f"_{column}_" in drop.name for column in new)
    )


def _stem(name: str) -> str:
    return name.rsplit("_", 1)[0] if name.endswith(("_fkey", "_key", "_check")) else name


def _names(constraint: str, tables: set[str]) -> bool:
    return any(constraint.startswith(f"{table}_") for table in tables)


RULE = Rule("drop-constraint", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropConstraint, DropIndex))

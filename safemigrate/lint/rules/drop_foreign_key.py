"""Dropping a foreign key, or a table that has one, locks the table it refers to as well.

It takes ACCESS EXCLUSIVE on both: also every query of the referenced table waits until the transaction ends. Without a
target a constraint is known for a foreign key by these migrations, or by the ending `_fkey` that Prisma and PostgreSQL
give it. Foreign keys between new or small tables are no findings, nor is one that comes back in the same migration:
`foreign-key-validates` speaks of that.

Drop it in a migration of its own, which holds the locks for a moment only; drop the table in a later one.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import AddConstraint, Constraint, DropConstraint, DropTable, quote

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY);
CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int,
  CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" (id));
"""
BAD = 'ALTER TABLE "Post" DROP CONSTRAINT "Post_authorId_fkey";'
GOOD = 'ALTER TABLE "Post" ALTER CONSTRAINT "Post_authorId_fkey" DEFERRABLE;'


def check(context: Context) -> Iterator[Finding]:
    """Foreign keys that go, by name or with their table."""
    for action in context.actions:
        if isinstance(action, DropConstraint):
            yield from _by_name(context, action)
        elif isinstance(action, DropTable):
            for table in action.tables:
                keys = [] if context.is_new(table) else context.schema.foreign_keys(table)
                dropped = {context.key(one) for one in action.tables}
                parents = {one.references for one in keys if one.references}
                felt = [one for one in parents if not context.is_small(one) and context.key(one) not in dropped]
                if felt:
                    listed = " and ".join(sorted(map(str, felt)))
                    yield _finding(context, table, f"{table} is dropped with its foreign keys", listed)


def _by_name(context: Context, action: DropConstraint) -> Iterator[Finding]:
    table = context.schema.table(action.table)
    known = table.constraints.get(action.name)
    if known is None and (not table.unknown or not action.name.endswith("_fkey")):
        return
    if known and (not known.references or context.schema.key(known.references) == context.key(action.table)):
        return
    if (
        context.is_new(action.table)
        or _comes_back(context, action, known)
        or not (context.felt(action) or table.unknown)
    ):
        return
    parent = str(known.references) if known and known.references else "the table it refers to"
    yield _finding(context, action.table, f"foreign key {quote(action.name)} is dropped", parent)


def _comes_back(context: Context, drop: DropConstraint, known: Constraint | None) -> bool:
    key = context.key(drop.table)
    return any(
        isinstance(one, AddConstraint)
        and context.key(one.table) == key
        and one.constraint.kind == "foreign key"
        and (one.constraint.name == drop.name or (known is not None and one.constraint.columns == known.columns))
        for one in [*context.actions, *context.after]
    )


def _finding(context: Context, table: Name, what: str, parent: str) -> Finding:
    return context.finding(
        Severity.WARNING,
        f"{what}; every query of {parent} waits too until the migration is over",
        subject=str(table),
        help="drop foreign keys in a migration of their own, before the one that drops the table",
    )


RULE = Rule("drop-foreign-key", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropConstraint, DropTable))

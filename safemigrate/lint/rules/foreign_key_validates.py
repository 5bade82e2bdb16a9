"""Adding a foreign key reads both tables while writes to both wait, and stops at a row that refers to nothing.

It takes SHARE ROW EXCLUSIVE on both tables, also where the column was added just now and is NULL in every row.
`NOT VALID` adds it at once and checks new rows only; `VALIDATE CONSTRAINT`, in a later transaction, checks the old ones
without stopping writes. A partitioned table takes NOT VALID from PostgreSQL 18 on.

A nullable column added with its REFERENCES reads nothing, and a foreign key of a new or a small table is checked
before anybody notices; rows that this migration copied into the new table count.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix import Fix
from safemigrate.lint.fix_online import not_valid
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import Action, AddColumn, AddConstraint, Constraint, Delete, Insert, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY); CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int);'
BAD = 'ALTER TABLE "Post" ADD CONSTRAINT "Post_author" FOREIGN KEY ("authorId") REFERENCES "User"("id");'
GOOD = 'ALTER TABLE "Post" ADD CONSTRAINT "Post_author" FOREIGN KEY ("authorId") REFERENCES "User"("id") NOT VALID;'


def check(context: Context) -> Iterator[Finding]:
    """Foreign keys that are checked against rows that exist."""
    for action in context.actions:
        if isinstance(action, AddConstraint) and action.constraint.kind == "foreign key":
            if not (action.constraint.not_valid or action.constraint.not_enforced):
                yield from _added(context, action, action.table, action.constraint)
        elif isinstance(action, AddColumn) and action.column.references and action.column.has_value:
            one = action.column
            key = Constraint("foreign key", "", (one.name,), references=one.references, referenced=one.referenced)
            yield from _added(context, action, action.table, key)


def _added(context: Context, action: Action, table: Name, constraint: Constraint) -> Iterator[Finding]:
    copied = any(one.query and one.table == table for one in context.own_of(Insert))
    if context.rows(table) == 0 and not (copied and context.felt(action)):
        return
    parent = constraint.references
    subject = str(table)
    name = quote(constraint.name) if constraint.name else "a foreign key"
    dangling = orphans(context, table, constraint)
    cleaned = any(context.key(one.table) == context.key(table) for one in context.before_of(Delete))
    cleaned = cleaned or any(context.written(table, column) for column in constraint.columns)
    if dangling and not cleaned:
        message = f"{name} is added, and {counted(dangling, 'row')} of {table} {_refer(dangling)} to no row of {parent}"
        way_out = "delete or correct them first, in this migration"
        yield context.finding(Severity.ERROR, message, subject=subject, help=way_out, count=dangling)
    elif copied or not context.is_small(table):
        felt = context.felt(action)
        both = " and ".join(str(effect.table) for effect in felt)
        message = f"{name} is checked against every row while writes to {both} wait"
        for effect in felt[:1]:
            message += context.also_waits(effect.lock, effect.table)
        way_out = f"add NOT VALID; in the next migration: ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
        yield context.finding(Severity.WARNING, message, subject=subject, help=way_out, count=context.rows(table))


def _refer(number: int) -> str:
    return "refers" if number == 1 else "refer"


def orphans(context: Context, table: Name, constraint: Constraint) -> int | None:
    """How many rows of the target refer to nothing; None where nobody knows."""
    parent = constraint.references
    child_place = context.place(table, *constraint.columns)
    parent_place = context.place(parent, *constraint.referenced) if parent else ""
    if not child_place or not parent_place or not constraint.referenced:
        return None
    pairs = list(zip(constraint.columns, constraint.referenced, strict=False))
    same = " AND ".join(f"parent.{quote(there)} = child.{quote(here)}" for here, there in pairs)
    present = " AND ".join(f"child.{quote(here)} IS NOT NULL" for here, _there in pairs)
    return context.count(
        f"SELECT count(*) FROM {child_place} AS child WHERE {present} "
        f"AND NOT EXISTS (SELECT 1 FROM {parent_place} AS parent WHERE {same})"
    )


def fix(context: Context) -> Iterator[Fix]:
    """NOT VALID, and VALIDATE in the next migration."""
    yield from not_valid(context, "foreign key")


RULE = Rule(
    "foreign-key-validates",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=fix,
    on=(AddConstraint, AddColumn),
)

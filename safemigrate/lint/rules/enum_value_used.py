"""A value added to an enum cannot be used before the transaction that adds it is over.

The server stops with "unsafe use of new value" (55P04), and Prisma up to 7.3 sends a whole file as one transaction: a
new value that becomes a default comes out of `prisma migrate dev` as exactly such a file. A value of a type that the
same file makes is free to use.

Use the value in the next migration. safemigrate applies such a file in two steps; plain Prisma does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.labels import uses
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddEnumValue,
    Comment,
    CreateFunction,
    CreateTrigger,
    CreateType,
    Rename,
    SetDefault,
    Transaction,
)

SETUP = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" (id int PRIMARY KEY, role "Role" NOT NULL DEFAULT 'USER');
"""
BAD = 'ALTER TYPE "Role" ADD VALUE \'OWNER\';\nALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT \'OWNER\';'
GOOD = 'ALTER TYPE "Role" ADD VALUE \'OWNER\';\nALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT \'ADMIN\';'
# They take the value as a text, or look at it when they run.
_SPARED = (AddEnumValue, Comment, CreateTrigger, CreateType, Rename, Transaction)


def check(context: Context) -> Iterator[Finding]:
    """Statements that name a value which the same transaction has added."""
    if context.facts.in_steps or all(_is_spared(action) for action in context.actions):
        return
    sql = context.statements[context.position].sql
    for value, type_ in _fresh(context).items():
        if (
            uses(sql, value)
            and not _is_used_before(context, value)
            and not any(_is_of_another_type(context, action, type_) for action in context.actions)
        ):
            yield context.finding(
                Severity.ERROR,
                f"'{value}' is used in the transaction that adds it to {type_}; the server refuses",
                subject=str(type_),
                help=f"move this statement to the next migration; only ADD VALUE '{value}' stays",
            )


def _is_spared(action: Action) -> bool:
    return isinstance(action, _SPARED) or (isinstance(action, CreateFunction) and action.language == "plpgsql")


def _fresh(context: Context) -> dict[str, Name]:
    fresh: dict[str, Name] = {}
    if not context.own_of(AddEnumValue):
        return fresh
    for action in context.own:
        if isinstance(action, AddEnumValue) and not context.is_new_type(action.type):
            fresh[action.value] = action.type
        elif isinstance(action, Transaction) and action.kind == "commit":
            fresh.clear()
    return fresh


def _is_used_before(context: Context, value: str) -> bool:
    """Whether an earlier statement has failed on it already."""
    before = context.statements[: context.position]
    return any(uses(one.sql, value) and not all(map(_is_spared, one.actions)) for one in before)


def _is_of_another_type(context: Context, action: Action, type_: Name) -> bool:
    """Whether the one column that the action is about is known to have another type."""
    if isinstance(action, AddColumn):
        known = action.column.type
    elif isinstance(action, SetDefault):
        known = context.schema.columns(action.table).get(action.column, type_.name)
    else:
        return False
    return type_.name.lower() not in known.lower()


RULE = Rule("enum-value-used", "correctness", Severity.ERROR, check, BAD, GOOD, SETUP, fails=True)

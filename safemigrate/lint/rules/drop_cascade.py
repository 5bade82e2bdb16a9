"""CASCADE drops whatever depends on the object, and nobody has listed what that is.

With a type, a domain or an extension go the columns that use it, and their values; with a function, triggers, defaults
and generated columns; with a view, the views on top of it; with a sequence, the defaults that draw from it.

Drop what depends on it by name, so that each can be read, counted and kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropObject

SETUP = 'CREATE TYPE "Role" AS ENUM (\'USER\'); CREATE TABLE "User" (id int PRIMARY KEY, role "Role");'
BAD = 'DROP TYPE "Role" CASCADE;'
GOOD = "CREATE TYPE \"State\" AS ENUM ('OPEN');"
_GOES = {
    "type": "every column that has it",
    "domain": "every column that has it",
    "extension": "every column, index and function that uses it",
    "function": "every trigger, default and generated column that calls it",
    "procedure": "whatever calls it",
    "routine": "whatever calls it",
    "aggregate": "whatever calls it",
    "view": "every view on top of it",
    "materialized view": "every view on top of it",
    "sequence": "every default that draws from it",
}


def check(context: Context) -> Iterator[Finding]:
    """DROP ... CASCADE of what is neither a table nor a schema."""
    for action in context.actions:
        if not isinstance(action, DropObject) or not action.cascade or action.kind in ("schema", "owned"):
            continue
        names = ", ".join(map(str, action.names))
        if action.names and all(context.is_new_type(name) for name in action.names):
            continue
        yield context.finding(
            Severity.WARNING,
            f"{action.kind} {names} is dropped with {_GOES.get(action.kind, 'whatever depends on it')}",
            subject=names,
            help="drop or convert what depends on it by name first, then this without CASCADE",
            loses=True,
        )


RULE = Rule("drop-cascade", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

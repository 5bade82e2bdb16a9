"""A renamed type, schema, function or sequence is gone for every client that still names the old one.

Prisma's client casts to enum types by name; functions and sequences are named in raw queries and in defaults that are
written as text. Constraints and indexes may be renamed freely: nobody names them but an error message.

Keep the old name in the database and map to it: `@@map("Role")`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.enums import recreated
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import CreateType, Rename, SetSchema, quote

SETUP = "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN');"
BAD = 'ALTER TYPE "Role" RENAME TO "UserRole";'
GOOD = 'CREATE TABLE "User" ("role" "Role" NOT NULL);'
_KINDS = ("type", "attribute", "domain", "schema", "function", "procedure", "routine", "aggregate", "sequence")


def check(context: Context) -> Iterator[Finding]:
    """Older types, schemas, functions and sequences that get another name or schema."""
    for action in context.actions:
        if isinstance(action, Rename) and action.kind in _KINDS:
            old, becomes = action.old, f"becomes {quote(action.new)}"
        elif isinstance(action, SetSchema) and action.kind in _KINDS:
            old, becomes = action.name, f"moves to schema {quote(action.schema)}"
        else:
            continue
        if context.is_new_type(action.owner if isinstance(action, Rename) and action.owner else old) or _is_replaced(
            context, old
        ):
            continue
        yield context.finding(
            Severity.WARNING,
            f"{action.kind} {old} {becomes}; code that still names it fails",
            subject=str(old),
            help="keep the name in the database, and map to it in schema.prisma",
        )


def _is_replaced(context: Context, old: Name) -> bool:
    """Whether another takes the name, as when an enum is made anew."""
    if any(context.key(enum.name) == context.key(old) for enum in recreated(context)):
        return True
    names = [a.name for a in context.after if isinstance(a, CreateType)]
    names += [Name(a.old.schema, a.new) for a in context.after if isinstance(a, Rename) and a.kind in _KINDS]
    return any(context.key(name) == context.key(old) for name in names)


RULE = Rule("rename-object", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Rename, SetSchema))

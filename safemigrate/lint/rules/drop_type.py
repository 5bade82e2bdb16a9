"""A dropped type fails every query that casts to it.

Prisma's client casts to enum types by name. Without CASCADE the server drops no type that a column has, so no value is
lost. A type that the migration makes anew, or made itself, is no finding.

Drop it in a later migration than its last column.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateType, DropObject, Rename

SETUP = "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN');"
BAD = 'DROP TYPE "Role";'
GOOD = 'CREATE TYPE "State" AS ENUM (\'OPEN\');\nDROP TYPE "State";'


def check(context: Context) -> Iterator[Finding]:
    """Older types and domains dropped and not made again."""
    for action in context.actions:
        if not isinstance(action, DropObject) or action.kind not in ("type", "domain") or action.cascade:
            continue
        made = {context.key(a.name) for a in context.after if isinstance(a, CreateType)}
        # Put aside under this name, with another in its place: an enum made anew.
        made |= {(context.key(a.old)[0], a.new) for a in context.own if isinstance(a, Rename) and a.kind == "type"}
        for name in action.names:
            if not context.is_new_type(name) and context.key(name) not in made:
                yield context.finding(
                    Severity.WARNING,
                    f"{action.kind} {name} is dropped; queries that cast to it fail",
                    subject=str(name),
                    help="drop it in a later migration than its last column",
                )


RULE = Rule("drop-type", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

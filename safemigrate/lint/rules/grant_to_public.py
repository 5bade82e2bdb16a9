"""A right given to PUBLIC is every role's, those to come and those of other applications included.

On hosted PostgreSQL whose tables the browser reads directly, that is everybody. Rights on a schema to look into it
(USAGE) give nothing by themselves.

Name the role that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Grant

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'GRANT SELECT ON "User" TO PUBLIC;'
GOOD = 'GRANT SELECT ON "User" TO CURRENT_USER;'


def check(context: Context) -> Iterator[Finding]:
    """Rights given to everybody."""
    for action in context.actions:
        if not isinstance(action, Grant) or "public" not in (role.lower() for role in action.roles):
            continue
        if set(action.privileges) == {"usage"}:
            continue
        names = ", ".join(map(str, action.names))
        yield context.finding(
            Severity.WARNING,
            f"every role may {', '.join(action.privileges)} on {action.kind} {names}",
            subject=names,
            help="name the role that needs it",
        )


RULE = Rule("grant-to-public", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Grant,))

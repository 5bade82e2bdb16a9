"""A right taken from a role fails every query of code that still uses it: permission denied.

Prisma's own user is not the only one: read replicas, reporting, jobs and other services connect as roles too. Rights on
what the same migration makes are nobody's yet, so taking PUBLIC's there is no finding.

Find out who uses it first: `SELECT * FROM information_schema.role_table_grants`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateFunction, CreateObject, CreateTable, CreateView, Grant, Revoke

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY); GRANT SELECT ON "User" TO PUBLIC;'
BAD = 'REVOKE SELECT ON "User" FROM PUBLIC;'
GOOD = 'CREATE TABLE "Secret" (id int PRIMARY KEY);\nREVOKE ALL ON "Secret" FROM PUBLIC;'


def check(context: Context) -> Iterator[Finding]:
    """Rights taken on what was there before, and not given again."""
    for action in context.actions:
        if not isinstance(action, Revoke) or action.with_option:
            continue
        made = {a.table.name for a in context.own if isinstance(a, CreateTable)}
        made |= {a.name.name for a in context.own if isinstance(a, CreateFunction | CreateView)}
        made |= {a.name.name for a in context.own if isinstance(a, CreateObject) and a.name}
        again = [a for a in context.after if isinstance(a, Grant) and a.names == action.names]
        if action.names and all(name.name in made for name in action.names):
            continue
        if any(set(action.roles) <= set(grant.roles) for grant in again):
            continue
        names = ", ".join(map(str, action.names))
        yield context.finding(
            Severity.WARNING,
            f"{', '.join(action.roles)} may no longer {', '.join(action.privileges) or 'act as'} "
            f"{'on ' if action.privileges else ''}{action.kind} {names}".replace("  ", " "),
            subject=names,
            help="find out who uses it first: SELECT * FROM information_schema.role_table_grants;",
        )


RULE = Rule("revoke", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Revoke,))

"""A dropped role logs in nowhere any more: it belongs to the whole server, not to this database.

Its password, its memberships and what they allowed are gone, and no rollback of a migration brings them back. The
server refuses while the role owns something or was granted something in any of its databases.

`ALTER ROLE ... NOLOGIN` shuts it out and can be taken back; drop it by hand when nobody has missed it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropObject

SETUP = 'DROP ROLE IF EXISTS "reporting"; CREATE ROLE "reporting" LOGIN;'
BAD = 'DROP ROLE "reporting";'
GOOD = 'ALTER ROLE "reporting" NOLOGIN;'


def check(context: Context) -> Iterator[Finding]:
    """Roles dropped by name."""
    for action in context.actions:
        if isinstance(action, DropObject) and action.kind in ("role", "user", "group"):
            for name in action.names:
                yield context.finding(
                    Severity.WARNING,
                    f"role {name} is dropped from the whole server; who logs in as it fails",
                    subject=str(name),
                    help=f"ALTER ROLE {name} NOLOGIN; shuts it out and can be taken back",
                )


RULE = Rule("drop-role", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

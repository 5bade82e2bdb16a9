"""A migration that does not end the transactions it begins, or ends one that it has not begun, is not what it seems.

Without its COMMIT everything is lost when Prisma disconnects, and ROLLBACK undoes everything before it; Prisma reports
both as applied. A COMMIT without BEGIN commits what stands before it, so a failure further on leaves half a migration.
A second BEGIN begins nothing: the first COMMIT ends both.

Leave BEGIN and COMMIT out: a file is one transaction anyway.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.lint.transactions import is_open
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, Transaction

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'BEGIN;\nALTER TABLE "User" ADD COLUMN "name" TEXT;'
GOOD = 'BEGIN;\nALTER TABLE "User" ADD COLUMN "name" TEXT;\nCOMMIT;'


def check(context: Context) -> Iterator[Finding]:
    """Transaction control that has no counterpart."""
    for action in context.statements[context.position].actions:
        if not isinstance(action, Transaction):
            continue
        open_already = is_open(context.own)
        if action.kind == "rollback":
            message, severity = (
                "ROLLBACK undoes what stands before it, and Prisma reports it as applied",
                Severity.ERROR,
            )
        elif action.kind == "begin" and open_already:
            message, severity = "BEGIN in a transaction begins nothing; the first COMMIT ends both", Severity.WARNING
            if context.sqlite:
                message, severity = "SQLite refuses BEGIN in a transaction", Severity.ERROR
        elif action.kind == "begin" and not _is_ended(context.after):
            message, severity = "BEGIN without its COMMIT: everything behind it is lost", Severity.ERROR
        elif action.kind == "commit" and not open_already:
            message, severity = (
                "COMMIT without BEGIN: a failure behind it leaves what stands before it",
                Severity.ERROR if context.sqlite else Severity.WARNING,
            )
        elif action.kind in ("savepoint", "release", "rollback to") and not (open_already or context.sqlite):
            message, severity = f"{action.kind.upper()} fails outside of BEGIN ... COMMIT", Severity.ERROR
        elif action.kind == "prepare":
            message, severity = "a prepared transaction holds its locks until somebody ends it", Severity.ERROR
        else:
            continue
        one = "safemigrate runs a file as one transaction" if context.sqlite else "a file is one transaction anyway"
        yield context.finding(severity, message, help=f"leave BEGIN and COMMIT out: {one}")


def _is_ended(after: list[Action]) -> bool:
    return any(isinstance(a, Transaction) and a.kind in ("commit", "rollback", "prepare") for a in after)


RULE = Rule("unbalanced-transaction", "correctness", Severity.ERROR, check, BAD, GOOD, SETUP, on=(Transaction,))

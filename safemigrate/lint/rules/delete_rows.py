"""DELETE takes rows, and with each of them those that refer to it by a foreign key ON DELETE CASCADE.

safemigrate keeps the rows for a rollback. Rows named by their key (`WHERE id = 3`) are meant: without a target that is
no finding. Rows that the migration itself has put into a table it made are no loss.

Count them before: `SELECT count(*) FROM ... WHERE ...`. What must not be lost goes into another table first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context, deletes_all, names_rows
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Delete

SETUP = 'CREATE TABLE "Session" (id int PRIMARY KEY, "expiresAt" timestamp);'
BAD = 'DELETE FROM "Session" WHERE "expiresAt" < now();'
GOOD = 'CREATE INDEX CONCURRENTLY "Session_expiresAt_idx" ON "Session"("expiresAt");'


def check(context: Context) -> Iterator[Finding]:
    """Deletes under a condition; those without one are `truncate-or-delete-all`."""
    for action in context.actions:
        if not isinstance(action, Delete) or deletes_all(action) or context.rows(action.table) == 0:
            continue
        rows = context.matching(action.table, action.where)
        if rows == 0 or (rows is None and names_rows(action.where)):
            continue
        held = f"{counted(rows, 'row')} of {action.table}" if rows else f"rows of {action.table}"
        yield context.finding(
            Severity.WARNING,
            f"{held} {'is' if rows == 1 else 'are'} deleted, and what refers to them ON DELETE CASCADE",
            subject=str(action.table),
            help=_counting(context, action),
            count=rows,
            loses=True,
        )


def _counting(context: Context, delete: Delete) -> str:
    """How to count the rows, where the condition stands alone."""
    statement = context.statements[context.position]
    alone = statement.kind == "DELETE" and not re.search(r"\b(USING|AS)\b", statement.sql, re.IGNORECASE)
    if alone and "\n" not in delete.where:
        return f"count them first: SELECT count(*) FROM {delete.table} WHERE {delete.where};"
    return "count them first, with a SELECT under the same condition"


RULE = Rule("delete-rows", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Delete,))

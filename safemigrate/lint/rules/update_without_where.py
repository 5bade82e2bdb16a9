"""UPDATE of a whole table locks every row until the transaction ends.

Each row is written anew, so the table doubles, and whoever updates one of them waits for the end. A condition that
always holds counts as none. A new or small table is no finding; behind an exclusive lock it is `backfill-in-migration`.

Update in batches by key, each in a transaction of its own, outside of the migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context, holds_always
from safemigrate.lint.locks import Lock
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Update

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, locale text);'
BAD = 'UPDATE "User" SET "locale" = lower("locale");'
GOOD = 'UPDATE "User" SET "locale" = \'en\' WHERE "id" = 1;'


def check(context: Context) -> Iterator[Finding]:
    """Updates of every row of a table in use."""
    for action in context.actions:
        if not isinstance(action, Update) or not holds_always(action.where) or context.held(Lock.ACCESS_EXCLUSIVE):
            continue
        for effect in context.felt(action):
            rows = context.rows(effect.table)
            many = f"each of {counted(rows, 'row')} of {effect.table} is" if rows else f"every row of {effect.table} is"
            yield context.finding(
                Severity.WARNING,
                f"{many} written and stays locked until the migration ends",
                subject=str(effect.table),
                help="update in batches by key, outside of the migration",
                count=rows,
            )


RULE = Rule("update-without-where", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="rows", on=(Update,))

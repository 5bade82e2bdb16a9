"""A dropped policy changes which rows a role sees: a permissive one hides them, a restrictive one shows them.

With the last policy of a table go all of its rows, for every role but the owner. A policy that the migration makes
again on the same table is no finding, and neither is one whose table goes.

`ALTER POLICY` changes one without a moment in which there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreatePolicy, DropObject, DropTable

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY); CREATE POLICY "own" ON "User" USING (id = 1);'
BAD = 'DROP POLICY "own" ON "User";'
GOOD = 'DROP POLICY "own" ON "User";\nCREATE POLICY "own" ON "User" USING (id = 2);'


def check(context: Context) -> Iterator[Finding]:
    """Policies of older tables dropped, with none in their place."""
    for action in context.actions:
        if not isinstance(action, DropObject) or action.kind != "policy" or action.table is None:
            continue
        around = [*context.own, *context.actions, *context.after]
        kept = {context.key(a.table) for a in around if isinstance(a, CreatePolicy)}
        kept |= {context.key(table) for a in context.after if isinstance(a, DropTable) for table in a.tables}
        if context.is_new(action.table) or context.key(action.table) in kept:
            continue
        name = ", ".join(map(str, action.names))
        yield context.finding(
            Severity.WARNING,
            f"policy {name} of {action.table} is dropped; roles see other rows than before",
            subject=f"{action.table}",
            help=f"to change it: ALTER POLICY {name} ON {action.table} USING (...);",
        )


RULE = Rule("drop-policy", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

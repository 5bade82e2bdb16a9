"""With row security on and no policy, every role but the owner sees no rows and writes none.

Nothing fails: queries return nothing. It hits the code that is running at once, unless it connects as the table's
owner, as most Prisma projects do.

Create the policies first, in the same migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterTable, CreatePolicy

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;'
GOOD = 'CREATE POLICY "everybody" ON "User" USING (true);\nALTER TABLE "User" ENABLE ROW LEVEL SECURITY;'


def check(context: Context) -> Iterator[Finding]:
    """Older tables whose row security is switched on without a policy in sight."""
    for action in context.actions:
        if (
            not isinstance(action, AlterTable)
            or action.what != "enable row level security"
            or context.is_new(action.table)
        ):
            continue
        key = context.key(action.table)
        policies = [a for a in [*context.before, *context.actions, *context.after] if isinstance(a, CreatePolicy)]
        if not any(context.key(policy.table) == key for policy in policies):
            yield context.finding(
                Severity.WARNING,
                f"row security of {action.table} is on without a policy here; roles but its owner see no rows",
                subject=str(action.table),
                help=f"first: CREATE POLICY ... ON {action.table} USING (...);",
            )


RULE = Rule("row-security-without-policy", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterTable,))

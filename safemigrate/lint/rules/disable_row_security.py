"""With row security off, or without FORCE, every role that may read the table reads all of its rows.

The policies stay in the catalog and look as if they worked. On hosted PostgreSQL whose tables the browser reads
directly (Supabase's `anon` and `authenticated`), that is everybody.

Change the policy instead: `ALTER POLICY ... USING (...)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterTable

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY); ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;'
BAD = 'ALTER TABLE "User" DISABLE ROW LEVEL SECURITY;'
GOOD = 'CREATE POLICY "own" ON "User" USING (id = 1);'
_OPPOSITE = {
    "disable row level security": "enable row level security",
    "no force row level security": "force row level security",
}


def check(context: Context) -> Iterator[Finding]:
    """Older tables whose row security is switched off and not on again."""
    for action in context.actions:
        if not isinstance(action, AlterTable) or action.what not in _OPPOSITE:
            continue
        on = _OPPOSITE[action.what]
        again = [a for a in context.after if isinstance(a, AlterTable) and a.what == on]
        key = context.key(action.table)
        if context.is_new(action.table) or any(context.key(one.table) == key for one in again):
            continue
        who = "every role with rights on it" if action.what.startswith("disable") else "its owner"
        yield context.finding(
            Severity.WARNING,
            f"row security of {action.table} is off from now on; {who} reads and writes every row",
            subject=str(action.table),
            help="change the policy instead: ALTER POLICY ... USING (...);",
        )


RULE = Rule("disable-row-security", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterTable,))

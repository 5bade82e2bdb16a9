"""VACUUM FULL writes the whole table and its indexes anew while reads and writes wait.

It takes ACCESS EXCLUSIVE, needs the disk for a second copy, and without a table it goes through all of them. It runs
in no transaction, so it does not belong into a migration in any case. A new or small table is written before anybody
notices.

Plain VACUUM frees the space for new rows and stops nobody; pg_repack gives it back to the disk without the lock.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Vacuum

SETUP = 'CREATE TABLE "Event" (id int PRIMARY KEY);'
BAD = 'VACUUM FULL "Event";'
GOOD = 'VACUUM "Event";'


def check(context: Context) -> Iterator[Finding]:
    """VACUUM FULL of tables in use."""
    for action in context.actions:
        if isinstance(action, Vacuum) and action.full:
            tables = [str(effect.table) for effect in context.felt(action)]
            if tables or not action.tables:
                listed = " and ".join(tables) or "every table"
                yield context.finding(
                    Severity.WARNING,
                    f"{listed} {'are' if len(tables) > 1 else 'is'} written anew while reads and writes wait",
                    subject=", ".join(tables),
                    help="plain VACUUM, or pg_repack; not in a migration",
                )


RULE = Rule("vacuum-full", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Vacuum,))

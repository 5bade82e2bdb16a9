"""LOCK TABLE holds a table until the transaction ends, whatever the statements behind it take.

Without a mode it is ACCESS EXCLUSIVE, which stops reads too. SHARE, SHARE ROW EXCLUSIVE and EXCLUSIVE stop writes;
weaker modes let both go on and are no finding. A new or small table is no finding.

Leave it out: a statement takes the lock it needs. Where rows must not change between two statements, lock those rows
by SELECT ... FOR UPDATE, and keep the transaction short.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import LockTable

SETUP = 'CREATE TABLE "Order" (id int PRIMARY KEY);'
BAD = 'BEGIN; LOCK TABLE "Order"; COMMIT;'
GOOD = 'BEGIN; LOCK TABLE "Order" IN ROW EXCLUSIVE MODE; COMMIT;'


def check(context: Context) -> Iterator[Finding]:
    """Locks taken by hand that stop reads or writes."""
    for action in context.actions:
        if isinstance(action, LockTable):
            felt = [effect for effect in context.felt(action) if effect.lock.stops]
            if felt:
                listed = " and ".join(str(effect.table) for effect in felt)
                yield context.finding(
                    Severity.WARNING,
                    f"LOCK TABLE in {action.mode} mode: {felt[0].lock.stops} of {listed} wait until the migration ends",
                    subject=", ".join(str(effect.table) for effect in felt),
                    help="leave it out, or lock the rows by SELECT ... FOR UPDATE",
                )


RULE = Rule("lock-table", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, on=(LockTable,))

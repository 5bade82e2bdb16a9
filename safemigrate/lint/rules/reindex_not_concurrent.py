"""REINDEX stops writes to the table, and reads that would use the index, until it is built.

It takes SHARE on the table and ACCESS EXCLUSIVE on the index. CONCURRENTLY (PostgreSQL 12) builds beside the old index
and stops nobody; it runs in no transaction: safemigrate gives it a step of its own, plain Prisma needs it alone in its
migration. Indexes of new and small tables are built before anybody notices.

Write `REINDEX INDEX CONCURRENTLY`, and look for an INVALID index ending in `_ccnew` if it fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix_online import concurrently
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Reindex

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY);'
BAD = 'REINDEX TABLE "Post";'
GOOD = 'REINDEX TABLE CONCURRENTLY "Post";'


def check(context: Context) -> Iterator[Finding]:
    """Indexes built anew in place."""
    for action in context.actions:
        if not isinstance(action, Reindex) or action.concurrently:
            continue
        index = context.schema.index(action.name) if action.name and action.kind == "index" else None
        table = index[0] if index else action.name if action.kind == "table" else None
        if table and context.is_small(table):
            continue
        what = f"{action.kind} {action.name}" if action.name else f"the {action.kind}"
        where = f"writes to {table}" if table else "writes to its table" if action.kind == "index" else "all writes"
        old = context.schema.version < 12
        yield context.finding(
            Severity.WARNING,
            f"{what} is indexed anew while {where}, and reads by the index, wait",
            subject=str(action.name or ""),
            help="build a second index CONCURRENTLY, then drop this one"
            if old
            else f"REINDEX {action.kind.upper()} CONCURRENTLY {action.name}, in a migration of its own",
        )


RULE = Rule(
    "reindex-not-concurrent",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=concurrently,
    on=(Reindex,),
)

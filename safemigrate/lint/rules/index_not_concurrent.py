"""CREATE INDEX stops every write to the table until the index is built.

It takes a SHARE lock and reads the whole table. CONCURRENTLY does not stop writes, at the price of two scans; it
refuses to run in a transaction: safemigrate gives it a step of its own, plain Prisma needs it alone in its migration.
After one that failed, look for the INVALID index it left. A partitioned table has no CONCURRENTLY: create the index ON
ONLY it, build one per partition concurrently, then ALTER INDEX ... ATTACH PARTITION.

Indexes of new and of small tables are built before anybody notices.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix_online import concurrently
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateIndex, quote

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int);'
BAD = 'CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");'
GOOD = 'CREATE INDEX CONCURRENTLY "Post_authorId_idx" ON "Post"("authorId");'


def check(context: Context) -> Iterator[Finding]:
    """Plain builds that read tables which are neither new nor small."""
    for action in context.actions:
        if not isinstance(action, CreateIndex) or action.concurrently:
            continue
        for effect in context.felt(action):
            if not effect.scans:
                continue
            rows = context.rows(action.table)
            name = quote(action.name) if action.name else "an index"
            held = f"; it has {counted(rows, 'row')}" if rows else ""
            yield context.finding(
                Severity.WARNING,
                f"{name} is built while writes to {action.table} wait{held}"
                + context.also_waits(effect.lock, effect.table),
                subject=str(action.table),
                help=_way_out(context, action),
                count=rows,
            )


def _way_out(context: Context, action: CreateIndex) -> str:
    name = quote(action.name) + " " if action.name else ""
    unique = "UNIQUE " if action.unique else ""
    if context.schema.table(action.table).partitioned:
        return f"CREATE {unique}INDEX {name}ON ONLY {action.table} ..., then one CONCURRENTLY per partition, attached"
    return f"CREATE {unique}INDEX CONCURRENTLY {name}..., in a migration of its own"


RULE = Rule(
    "index-not-concurrent",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=concurrently,
    on=(CreateIndex,),
)

"""REFRESH MATERIALIZED VIEW stops every read of the view until its query is through.

It takes ACCESS EXCLUSIVE on the view. CONCURRENTLY lets reads go on; it needs a unique index over plain columns, and a
view that was filled before. WITH NO DATA is quick, but the view cannot be read after it. A view that this migration
makes, and a small one, are no findings.

Create the unique index, then `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix_online import concurrently
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateView, Refresh

SETUP = """
CREATE MATERIALIZED VIEW "Top" AS SELECT 1 AS id;
CREATE UNIQUE INDEX "Top_id" ON "Top" (id);
"""
BAD = 'REFRESH MATERIALIZED VIEW "Top";'
GOOD = 'REFRESH MATERIALIZED VIEW CONCURRENTLY "Top";'


def check(context: Context) -> Iterator[Finding]:
    """Materialized views computed anew in place."""
    for action in context.actions:
        if not isinstance(action, Refresh) or action.concurrently:
            continue
        if not any(isinstance(one, CreateView) and one.name == action.view for one in context.own):
            waits = "waits until it is computed anew" if action.with_data else "fails until it is computed again"
            for effect in context.felt(action):
                yield context.finding(
                    Severity.WARNING,
                    f"every query of {effect.table} {waits}",
                    subject=str(effect.table),
                    help=f"REFRESH MATERIALIZED VIEW CONCURRENTLY {effect.table}; it needs a unique index",
                    count=context.rows(effect.table),
                )


RULE = Rule(
    "refresh-not-concurrent",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=concurrently,
    on=(Refresh,),
)

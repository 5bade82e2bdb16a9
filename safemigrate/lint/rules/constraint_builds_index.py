"""ADD UNIQUE and ADD PRIMARY KEY build their index while reads and writes of the table wait.

They take ACCESS EXCLUSIVE for as long as the build takes, which is more than CREATE INDEX does. UNIQUE and PRIMARY KEY
inside ADD COLUMN build an index as well. New and small tables are read before anybody notices.

Build it first, in a migration of its own: `CREATE UNIQUE INDEX CONCURRENTLY i ON t (c)`. Then
`ALTER TABLE t ADD CONSTRAINT i UNIQUE USING INDEX i` takes the lock for a moment only.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import why_rewritten
from safemigrate.lint.rule import Rule
from safemigrate.lint.rules.primary_key_change import replaces_key
from safemigrate.lint.schema import spelled
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, AddColumn, AddConstraint, Constraint

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, code text); CREATE UNIQUE INDEX "User_code" ON "User"("code");'
BAD = """
ALTER TABLE "User" ADD COLUMN "handle" TEXT UNIQUE;
"""
GOOD = 'ALTER TABLE "User" ADD CONSTRAINT "User_code" UNIQUE USING INDEX "User_code";'


def check(context: Context) -> Iterator[Finding]:
    """Constraints that build an index on a table which others use."""
    for action in context.actions:
        constraint = _built(action)
        if not constraint or constraint.using_index or replaces_key(context, action):
            continue
        if isinstance(action, AddColumn) and why_rewritten(action.column, context.schema):
            continue  # the rewrite makes the index too
        for effect in context.felt(action)[:1]:
            columns = spelled(constraint.columns)
            index = f"CREATE UNIQUE INDEX CONCURRENTLY i ON {effect.table} ({columns});"
            yield context.finding(
                Severity.WARNING,
                f"{constraint.kind.upper()} ({columns}) builds its index while reads and writes of {effect.table} wait",
                subject=f"{effect.table} ({columns})",
                help=f"in a migration before: {index} then: ALTER TABLE {effect.table} ADD CONSTRAINT i "
                f"{constraint.kind.upper()} USING INDEX i;",
                count=context.rows(effect.table),
            )


def _built(action: Action) -> Constraint | None:
    if isinstance(action, AddConstraint):
        return action.constraint if action.constraint.kind in ("unique", "primary key") else None
    if isinstance(action, AddColumn) and (action.column.unique or action.column.primary_key):
        return Constraint("primary key" if action.column.primary_key else "unique", columns=(action.column.name,))
    return None


RULE = Rule(
    "constraint-builds-index",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    on=(AddConstraint, AddColumn),
)

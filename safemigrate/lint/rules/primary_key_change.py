"""A primary key is replaced: the table is read, and indexed anew, while its reads and writes wait.

Prisma writes DROP CONSTRAINT and ADD CONSTRAINT into one ALTER TABLE. Its ACCESS EXCLUSIVE lasts for the whole build,
columns that were not NOT NULL are checked as well, and dropping the old key locks every table whose foreign key is
dropped with it. New and small tables are read before anybody notices.

Build the new index first, in a migration of its own: `CREATE UNIQUE INDEX CONCURRENTLY i ON t (a, b)`. Then
`ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX i` is short.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.lint.schema import spelled
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, AddConstraint, DropConstraint, quote

SETUP = """
CREATE TABLE "Member" (id int NOT NULL, "teamId" int NOT NULL, CONSTRAINT "Member_pkey" PRIMARY KEY (id));
CREATE UNIQUE INDEX "Member_new" ON "Member" (id, "teamId");
"""
BAD = """
ALTER TABLE "Member" DROP CONSTRAINT "Member_pkey",
ADD CONSTRAINT "Member_pkey" PRIMARY KEY ("id", "teamId");
"""
GOOD = """
ALTER TABLE "Member" DROP CONSTRAINT "Member_pkey",
ADD CONSTRAINT "Member_pkey" PRIMARY KEY USING INDEX "Member_new";
"""


def check(context: Context) -> Iterator[Finding]:
    """Primary keys added by a statement that drops a constraint of the same table."""
    for action in context.actions:
        if not isinstance(action, AddConstraint) or not replaces_key(context, action):
            continue
        if action.constraint.using_index or context.is_small(action.table):
            continue
        columns = spelled(action.constraint.columns)
        name = quote(action.constraint.name) if action.constraint.name else ""
        yield context.finding(
            Severity.WARNING,
            f"{action.table} gets another primary key ({columns}); its index is built while reads and writes wait",
            subject=str(action.table),
            help=f"in a migration before: CREATE UNIQUE INDEX CONCURRENTLY i ON {action.table} ({columns}); then: "
            f"ADD CONSTRAINT {name} PRIMARY KEY USING INDEX i".replace("  ", " "),
            count=context.rows(action.table),
        )


def replaces_key(context: Context, action: Action) -> bool:
    """Whether it adds a primary key where the same statement drops a constraint."""
    if not isinstance(action, AddConstraint) or action.constraint.kind != "primary key":
        return False
    return any(isinstance(one, DropConstraint) and one.table == action.table for one in context.actions)


RULE = Rule("primary-key-change", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="work", on=(AddConstraint,))

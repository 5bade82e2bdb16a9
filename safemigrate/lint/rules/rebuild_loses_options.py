"""A table that is made anew loses what Prisma does not know of it: COLLATE, STRICT, AUTOINCREMENT.

They stand in the CREATE TABLE alone, and the one that takes its place was written without them. Then "a" and "A" are
two values, text gets into a number column, and the ids of deleted rows are given again.

Write them into the CREATE TABLE of the migration before it is applied.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Rebuild

SETUP = 'CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "email" TEXT COLLATE NOCASE);'
_REBUILD = """PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "email" TEXT{}, "name" TEXT);
INSERT INTO "new_User" ("id", "email") SELECT "id", "email" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
"""
BAD = _REBUILD.format("")
GOOD = _REBUILD.format(" COLLATE NOCASE")


def check(context: Context) -> Iterator[Finding]:
    """What stood in the CREATE TABLE of the old table, and does not in that of the new one."""
    for action in context.actions:
        if isinstance(action, Rebuild) and action.lost and not context.is_new(action.table):
            yield context.finding(
                Severity.WARNING,
                f"{action.table} loses {', '.join(action.lost)}",
                subject=str(action.table),
                help=f"write it into CREATE TABLE {action.created.table}",
            )


RULE = Rule(
    "rebuild-loses-options",
    "correctness",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    on=(Rebuild,),
    provider="sqlite",
)

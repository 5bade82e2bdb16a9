"""In a transaction SQLite does not switch foreign keys off, and the DROP TABLE of a rebuild deletes the children.

`PRAGMA foreign_keys=OFF` does nothing between BEGIN and COMMIT. Dropping the old table then deletes every row that
refers to it ON DELETE CASCADE, without an error (SQLite docs, "PRAGMA foreign_keys"). So does a file that leaves the
PRAGMA out: Prisma enforces foreign keys.

Leave BEGIN and COMMIT out of a file that makes tables anew, or write the PRAGMA before the BEGIN.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.lint.transactions import enforces_foreign_keys, is_open
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Rebuild

_REBUILD = """CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "age" INTEGER);
INSERT INTO "new_User" ("id") SELECT "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
"""
SETUP = """
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER REFERENCES "User" ("id") ON DELETE CASCADE);
"""
BAD = f"BEGIN;\nPRAGMA foreign_keys=OFF;\n{_REBUILD}COMMIT;"
GOOD = f"PRAGMA foreign_keys=OFF;\nBEGIN;\n{_REBUILD}COMMIT;\nPRAGMA foreign_keys=ON;"


def check(context: Context) -> Iterator[Finding]:
    """Tables dropped by a rebuild while foreign keys are enforced, and others refer to them."""
    for action in context.actions:
        if not isinstance(action, Rebuild) or action.step != "drop" or not enforces_foreign_keys(context.own):
            continue
        deleting = [str(name) for name, one in context.schema.referring(action.table) if one.on_delete == "cascade"]
        in_transaction = is_open(context.own)
        if deleting or (in_transaction and context.facts.tables is None):
            rows = f"rows of {' and '.join(sorted({*deleting}))}" if deleting else "rows"
            yield context.finding(
                Severity.WARNING,
                f"{rows} that refer to {action.table} ON DELETE CASCADE are deleted with the old table",
                subject=str(action.table),
                help="leave BEGIN and COMMIT out: PRAGMA foreign_keys=OFF does nothing in a transaction"
                if in_transaction
                else "before it: PRAGMA foreign_keys=OFF; behind it: PRAGMA foreign_keys=ON;",
                loses=True,
            )


RULE = Rule(
    "rebuild-in-transaction",
    "data-loss",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    on=(Rebuild,),
    provider="sqlite",
)

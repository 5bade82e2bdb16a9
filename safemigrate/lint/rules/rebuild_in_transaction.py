"""In a transaction SQLite does not switch foreign keys off, and the DROP TABLE of a rebuild deletes the children.

`PRAGMA foreign_keys=OFF` does nothing between BEGIN and COMMIT. Dropping the old table then deletes every row that
refers to it ON DELETE CASCADE, without an error (SQLite docs, "PRAGMA foreign_keys").

Leave BEGIN and COMMIT out of a file that makes tables anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rebuild import rebuilds
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropTable, Set, Transaction

_REBUILD = """PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "age" INTEGER);
INSERT INTO "new_User" ("id") SELECT "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
"""
SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = f"BEGIN;\n{_REBUILD}COMMIT;"
GOOD = 'BEGIN;\nCREATE TABLE "Draft" (id int);\nDROP TABLE "Draft";\nCOMMIT;'


def check(context: Context) -> Iterator[Finding]:
    """Tables dropped by a rebuild between BEGIN and COMMIT, on SQLite."""
    if not any(isinstance(action, DropTable) for action in context.actions):
        return
    control = [action.kind for action in context.own_of(Transaction)]
    is_sqlite = any(action.setting == "foreign_keys" for action in context.all_of(Set))
    if not is_sqlite or control[-1:] != ["begin"]:
        return
    dropped = {table for action in context.actions if isinstance(action, DropTable) for table in action.tables}
    for rebuild in rebuilds(context):
        if rebuild.table in dropped:
            yield context.finding(
                Severity.WARNING,
                f"rows that refer to {rebuild.table} ON DELETE CASCADE are deleted with the old table",
                subject=str(rebuild.table),
                help="leave BEGIN and COMMIT out: PRAGMA foreign_keys=OFF does nothing in a transaction",
                loses=True,
            )


RULE = Rule(
    "rebuild-in-transaction", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, fails=True, on=(DropTable,)
)

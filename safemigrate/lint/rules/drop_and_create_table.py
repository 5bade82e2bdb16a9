"""A table is dropped and another created in its place: the rows do not move.

Prisma knows no rename: a renamed model, or a changed `@@map`, comes out as DROP TABLE and CREATE TABLE. Every row is
lost, and it is usually not meant.

Edit migration.sql: replace the two by `ALTER TABLE ... RENAME TO ...`, and rename its constraints and indexes likewise.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.disguise import made_again
from safemigrate.lint.fix_rename import renamed_table
from safemigrate.lint.rule import Rule, counted
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropTable, quote

SETUP = 'CREATE TABLE "UserProfile" (id int PRIMARY KEY, bio text);'
BAD = 'DROP TABLE "UserProfile";\nCREATE TABLE "Profile" ("id" INTEGER PRIMARY KEY, "bio" TEXT);'
GOOD = """
CREATE TABLE "Profile" ("id" INTEGER PRIMARY KEY, "bio" TEXT);
INSERT INTO "Profile" SELECT "id", "bio" FROM "UserProfile";
"""


def check(context: Context) -> Iterator[Finding]:
    """Tables dropped with a successor in the same migration."""
    for table, made in made_again(context):
        rows = context.rows(table)
        if rows == 0:
            continue
        if context.key(table) == context.key(made.table):
            message, way_out = f"{table} is dropped and created again", "change it with ALTER TABLE, and its rows stay"
        else:
            message = f"{table} is dropped and {made.table} created, which looks like a rename"
            way_out = f"if it is one, instead of both: ALTER TABLE {table} RENAME TO {quote(made.table.name)};"
        if rows:
            message += f"; it holds {counted(rows, 'row')}"
        yield context.finding(Severity.WARNING, message, subject=str(table), help=way_out, count=rows, loses=True)


RULE = Rule(
    "drop-and-create-table", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, fix=renamed_table, on=(DropTable,)
)

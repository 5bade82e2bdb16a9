"""Dropping a table takes its rows, and every query that still names it fails.

safemigrate keeps the table for a rollback, so its rows are not gone at once; new ones can no longer be written. A table
that this migration made itself, or that is empty, is no loss; nor is one made anew by way of a copy. Dropping a table
locks every table it refers to, and CASCADE drops every view and foreign key that refers to it. On SQLite, with foreign
keys enforced, it deletes the rows that refer to it ON DELETE CASCADE.

Stop using the table first, release that, then drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.disguise import made_again
from safemigrate.lint.rebuild import rebuilds
from safemigrate.lint.rule import Rule, counted
from safemigrate.lint.transactions import enforces_foreign_keys
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import DropTable

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY);'
BAD = 'DROP TABLE "Post";'
GOOD = 'CREATE TABLE "Draft" (id int PRIMARY KEY);\nDROP TABLE "Draft";'


def check(context: Context) -> Iterator[Finding]:
    """Tables dropped by name, but for those that are made again under another one."""
    if not any(isinstance(action, DropTable) for action in context.actions):
        return
    in_disguise = {context.key(table) for table, _made in made_again(context) if context.rows(table) != 0}
    in_disguise |= {context.key(rebuild.table) for rebuild in rebuilds(context)}
    for action in context.actions:
        if not isinstance(action, DropTable):
            continue
        for table in action.tables:
            absent = action.if_exists and context.knows_all and not context.is_there(table)
            if not context.is_new(table) and not absent and context.key(table) not in in_disguise:
                yield _dropped(context, table, cascade=action.cascade)


def _dropped(context: Context, table: Name, *, cascade: bool) -> Finding:
    rows = context.rows(table)
    if rows == 0:
        return context.finding(Severity.NOTICE, f"{table} is dropped; it is empty", subject=str(table), count=0)
    held = f"; it holds {counted(rows, 'row')}" if rows else " with its rows"
    too = ", and CASCADE takes every view and foreign key that refers to it" if cascade else ""
    if context.sqlite and enforces_foreign_keys(context.own):
        children = sorted(str(name) for name, one in context.schema.referring(table) if one.on_delete == "cascade")
        too = f", and the rows of {' and '.join(children)} that refer to it" if children else ""
    return context.finding(
        Severity.WARNING,
        f"{table} is dropped{held}{too}",
        subject=str(table),
        help="stop using it, release that, drop it in a later migration",
        count=rows,
        loses=True,
    )


RULE = Rule("drop-table", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropTable,))

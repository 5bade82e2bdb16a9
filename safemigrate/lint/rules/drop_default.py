"""A column whose default goes gets no value from code that leaves it out.

A required one then refuses the row, another stays NULL without a word. It also happens where a required column is added
with a default that the same migration takes away again: the rows that exist are filled, but the release that is running
does not know the column and cannot insert any more. The same goes for an identity or a generated column that becomes
a plain one.

Keep the default until no running code relies on it, and drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterColumn, DropColumn, DropDefault, DropNotNull, SetDefault, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = """
ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL DEFAULT 'CH';
ALTER TABLE "User" ALTER COLUMN "country" DROP DEFAULT;
"""
GOOD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL DEFAULT \'CH\';'
_ENDS = {"drop identity": "identity", "drop expression": "expression"}


def check(context: Context) -> Iterator[Finding]:
    """Columns of older tables that lose what fills them, and get nothing in its place."""
    here = context.actions
    for action in here:
        if isinstance(action, DropDefault):
            what = "default"
        elif isinstance(action, AlterColumn) and action.what in _ENDS:
            what = _ENDS[action.what]
        else:
            continue
        if context.is_new(action.table) or context.later(action, SetDefault, DropColumn, AlterColumn):
            continue
        key = context.key(action.table)
        if any(isinstance(a, DropNotNull) and (context.key(a.table), a.column) == (key, action.column) for a in here):
            continue  # it may be left out, and NULL; that is `drop-not-null`
        added = context.new_column(action.table, action.column)
        if added and not added.not_null:
            continue
        subject = f"{action.table}.{quote(action.column)}"
        yield context.finding(
            Severity.WARNING,
            f"{subject} loses its {what}; code that inserts without the column "
            + ("fails" if added else "fails, or leaves it NULL"),
            subject=subject,
            help="keep it until no running code leaves the column out, and drop it in a later migration",
        )


RULE = Rule("drop-default", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropDefault, AlterColumn))

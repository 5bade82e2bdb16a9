"""A renamed table, or one moved to another schema, is gone for every client that still names the old one.

During a rolling deploy the release that is running names it until its last instance is replaced. A view with the old
name, made in the same migration, lets it go on: a simple view can be written to as well.

Or keep the old name in the database and map the model to it: `@@map("Post")`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import CreateView, Insert, Rename, SetSchema, quote

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "Post" RENAME TO "Article";'
GOOD = 'ALTER TABLE "Post" RENAME TO "Article";\nCREATE VIEW "Post" AS SELECT * FROM "Article";'
_KINDS = ("table", "view", "materialized view", "foreign table")


def check(context: Context) -> Iterator[Finding]:
    """Older tables that get another name or schema, with nothing under the old one."""
    for action in context.actions:
        if isinstance(action, Rename) and action.kind in _KINDS:
            old, becomes = action.old, f"becomes {quote(action.new)}"
        elif isinstance(action, SetSchema) and action.kind in _KINDS:
            old, becomes = action.name, f"moves to schema {quote(action.schema)}"
        else:
            continue
        if context.is_new(old) or _is_replaced(context, old):
            continue
        yield context.finding(
            Severity.WARNING,
            f"{old} {becomes}; code that still names it fails",
            subject=str(old),
            help=f'keep the name in the database, and map the model to it: @@map("{old.name}")',
        )


def _is_replaced(context: Context, old: Name) -> bool:
    """Whether a view takes the name, or a table that has been filled."""
    names = [action.name for action in context.after if isinstance(action, CreateView)]
    filled = {context.key(action.table) for action in context.own if isinstance(action, Insert)}
    moved = [a for a in context.after if isinstance(a, Rename) and a.kind in _KINDS and context.key(a.old) in filled]
    names += [Name(action.old.schema, action.new) for action in moved]
    return any(context.key(name) == context.key(old) for name in names)


RULE = Rule("rename-table", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(Rename, SetSchema))

"""A dropped view fails every query that reads it.

A view that the migration makes again is no finding. The rows of a materialized view can be computed again, for as long
as what it reads is there.

Stop reading it first, release that, then drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateTable, CreateView, DropObject, Rename

SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY); CREATE VIEW "Recent" AS SELECT id FROM "Post";'
BAD = 'DROP VIEW "Recent";'
GOOD = 'DROP VIEW "Recent";\nCREATE VIEW "Recent" AS SELECT id FROM "Post" LIMIT 10;'


def check(context: Context) -> Iterator[Finding]:
    """Views dropped and not made again."""
    for action in context.actions:
        if not isinstance(action, DropObject) or action.kind not in ("view", "materialized view") or action.cascade:
            continue
        new = {context.key(a.name) for a in [*context.own, *context.after] if isinstance(a, CreateView)}
        new |= {context.key(a.table) for a in context.after if isinstance(a, CreateTable)}
        new |= {(context.key(a.old)[0], a.new) for a in context.after if isinstance(a, Rename)}
        for name in action.names:
            if context.key(name) not in new:
                yield context.finding(
                    Severity.WARNING,
                    f"{action.kind} {name} is dropped; queries that read it fail",
                    subject=str(name),
                    help="stop reading it, release that, drop it in a later migration",
                )


RULE = Rule("drop-view", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

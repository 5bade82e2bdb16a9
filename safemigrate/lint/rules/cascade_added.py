"""A foreign key that deletes with its parent makes every later DELETE reach further than code means it to.

With ON DELETE CASCADE the release that is running deletes a user, and his posts go with him. It is said where the key
replaces another one; a first key on its columns is made by code that knows.

Leave ON DELETE as it was (RESTRICT, SET NULL), and delete the children in code until every release means it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AddConstraint, DropConstraint, quote

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY);
CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int CONSTRAINT "Post_author" REFERENCES "User");
"""
_KEY = """ALTER TABLE "Post" DROP CONSTRAINT "Post_author",
ADD CONSTRAINT "Post_author" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE"""
BAD = f"{_KEY} CASCADE NOT VALID;"
GOOD = f"{_KEY} SET NULL NOT VALID;"


def check(context: Context) -> Iterator[Finding]:
    """Foreign keys ON DELETE CASCADE in the place of others that did not."""
    for action in context.actions:
        if not isinstance(action, AddConstraint) or action.constraint.on_delete != "cascade":
            continue
        key, parent = action.constraint, action.constraint.references
        if context.is_new(action.table) or any(context.new_column(action.table, column) for column in key.columns):
            continue
        if parent is None or context.is_new(parent) or not _replaces(context, action):
            continue
        name = quote(key.name) if key.name else "a foreign key"
        yield context.finding(
            Severity.WARNING,
            f"{name}: from now on a DELETE in {parent} deletes rows of {action.table} too",
            subject=str(action.table),
            help="leave ON DELETE as it was until every release means it",
        )


def _replaces(context: Context, action: AddConstraint) -> bool:
    """Whether a key that did not cascade, as far as anybody knows, has been dropped from the table before."""
    key = context.key(action.table)
    drops = [a for a in [*context.own, *context.actions] if isinstance(a, DropConstraint)]
    names = {drop.name for drop in drops if context.key(drop.table) == key}
    fact = context.fact(action.table)
    known = [one for name, one in fact.constraints.items() if name in names] if fact else []
    if known:
        return any(one.columns == action.constraint.columns and one.on_delete != "cascade" for one in known)
    return any(action.constraint.name == name or all(c in name for c in action.constraint.columns) for name in names)


RULE = Rule("cascade-added", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AddConstraint,))

"""The same object is made twice in one migration, so the second time fails.

It comes from a merge, or from two generated files put into one. `IF NOT EXISTS` makes it pass, and hides that the two
may differ.

On SQLite it is also told of the `new_User` that a migration left which failed half way.

Leave one of the two out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.lint.context import Context
from safemigrate.lint.inventory import gone, made, spelled
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, Rebuild

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "User" ADD COLUMN "name" TEXT;\nALTER TABLE "User" ADD COLUMN "name" TEXT;'
GOOD = 'ALTER TABLE "User" ADD COLUMN "name" TEXT;\nALTER TABLE "User" ADD COLUMN IF NOT EXISTS "name" TEXT;'


def check(context: Context) -> Iterator[Finding]:
    """Objects made again while they are there."""
    actions = context.statements[context.position].actions
    yield from _left_behind(context, actions)
    things = [thing for action in actions for thing in made(context, action)]
    if not things or not context.position:
        return
    dropped = {thing for action in actions for thing in gone(context, action)}  # an ALTER TABLE drops before it adds
    for thing in things:
        if thing not in dropped and context.inventory.state(context, thing):
            yield context.finding(
                Severity.ERROR,
                f"{spelled(thing)} is made a second time in this migration; the server refuses",
                subject=spelled(thing),
                help="leave one of the two out",
            )


def _left_behind(context: Context, actions: Sequence[Action]) -> Iterator[Finding]:
    """The table that SQLite's rebuild makes first, there already since one that did not end."""
    for action in actions:
        if isinstance(action, Rebuild) and action.step == "create":
            table = action.created.table
            if table != action.table and not action.created.if_not_exists and context.fact(table):
                yield context.finding(
                    Severity.ERROR,
                    f"{table} is there already, left by a rebuild that did not end",
                    subject=str(table),
                    help=f"see what it holds; if {action.table} has its rows: DROP TABLE {table};",
                    count=context.rows(table),
                )


RULE = Rule("created-twice", "correctness", Severity.ERROR, check, BAD, GOOD, SETUP, fails=True)

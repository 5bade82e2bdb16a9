"""The same object is made twice in one migration, so the second time fails.

It comes from a merge, or from two generated files put into one. `IF NOT EXISTS` makes it pass, and hides that the two
may differ.

Leave one of the two out.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.inventory import gone, made, spelled
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "User" ADD COLUMN "name" TEXT;\nALTER TABLE "User" ADD COLUMN "name" TEXT;'
GOOD = 'ALTER TABLE "User" ADD COLUMN "name" TEXT;\nALTER TABLE "User" ADD COLUMN IF NOT EXISTS "name" TEXT;'


def check(context: Context) -> Iterator[Finding]:
    """Objects made again while they are there."""
    actions = context.statements[context.position].actions
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


RULE = Rule("created-twice", "correctness", Severity.ERROR, check, BAD, GOOD, SETUP, fails=True)

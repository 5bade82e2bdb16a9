"""A statement names what the same migration has dropped or renamed before, so it fails.

Name it before it goes, or by its new name.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.inventory import needed, spelled
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropColumn, DropTable, Rename, SetSchema

SETUP = ""
BAD = 'CREATE TABLE "Draft" (id int);\nDROP TABLE "Draft";\nALTER TABLE "Draft" ADD COLUMN "text" TEXT;'
GOOD = 'CREATE TABLE "Draft" (id int);\nALTER TABLE "Draft" ADD COLUMN "text" TEXT;\nDROP TABLE "Draft";'
_ENDS = (DropColumn, DropTable, Rename, SetSchema)


def check(context: Context) -> Iterator[Finding]:
    """Tables and columns named after they are gone."""
    if not any(context.own_of(kind) for kind in _ENDS):
        return
    statement = context.statements[context.position]
    things = dict.fromkeys(thing for action in statement.actions for thing in needed(context, action))
    for thing in things:
        if context.inventory.state(context, thing) is False:
            yield context.finding(
                Severity.ERROR,
                f"{spelled(thing)} is gone by now: this migration has dropped or renamed it",
                subject=spelled(thing),
                help="name it before it goes, or by its new name",
            )


RULE = Rule("used-after-drop", "correctness", Severity.ERROR, check, BAD, GOOD, SETUP, fails=True)

"""A dropped function fails every query that calls it.

A function of the same name that the migration makes again is no finding, and neither is one whose triggers it drops:
nobody else calls a trigger's function.

Stop calling it first, release that, then drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateFunction, DropObject

SETUP = "CREATE FUNCTION slug(text) RETURNS text LANGUAGE sql AS 'SELECT lower($1)';"
BAD = "DROP FUNCTION slug(text);"
GOOD = "CREATE OR REPLACE FUNCTION slug(text) RETURNS text LANGUAGE sql AS 'SELECT upper($1)';"
_KINDS = ("function", "procedure", "routine", "aggregate")


def check(context: Context) -> Iterator[Finding]:
    """Functions and procedures dropped and not made again."""
    for action in context.actions:
        if not isinstance(action, DropObject) or action.kind not in _KINDS or action.cascade:
            continue
        if any(isinstance(a, DropObject) and a.kind == "trigger" for a in context.own):
            continue
        made = {context.key(a.name) for a in [*context.own, *context.after] if isinstance(a, CreateFunction)}
        for name in action.names:
            if context.key(name) not in made:
                yield context.finding(
                    Severity.WARNING,
                    f"{action.kind} {name} is dropped; queries that call it fail",
                    subject=str(name),
                    help="stop calling it, release that, drop it in a later migration",
                )


RULE = Rule("drop-function", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

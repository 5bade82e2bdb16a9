"""DROP SCHEMA ... CASCADE, DROP OWNED and DROP DATABASE take every table in them, and nobody has listed those.

Without CASCADE the server drops an empty schema only; code that names it, or has it in its search path, fails then.

Drop the tables by name first, so that each is counted and kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropObject

SETUP = 'CREATE SCHEMA "audit"; CREATE TABLE "audit"."Event" (id int PRIMARY KEY);'
BAD = 'DROP SCHEMA "audit" CASCADE;'
GOOD = 'CREATE SCHEMA IF NOT EXISTS "audit";'


def check(context: Context) -> Iterator[Finding]:
    """Whatever is dropped with tables in it."""
    for action in context.actions:
        if not isinstance(action, DropObject) or action.kind not in ("schema", "owned", "database"):
            continue
        names = ", ".join(map(str, action.names)) or "a role"
        takes = action.cascade or action.kind != "schema"
        what = {"owned": "what is owned by ", "database": "database "}.get(action.kind, "schema ")
        yield context.finding(
            Severity.WARNING,
            f"{what}{names} is dropped" + (" with every table in it" if takes else "; code that names it fails"),
            subject=names,
            help="drop the tables by name first, so that each is counted and kept" if takes else "",
            loses=takes,
        )


RULE = Rule("drop-schema", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

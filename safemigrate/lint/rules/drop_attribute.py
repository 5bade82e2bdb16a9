"""An attribute dropped from a composite type, or changed in it, takes its value from every row that has the type.

CASCADE reaches tables of the type; columns of the type are rewritten on read, and code that names the attribute fails.

Make a new type with the attributes that stay, and a new column of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterType, quote

SETUP = "CREATE TYPE address AS (street text, zip text);"
BAD = "ALTER TYPE address DROP ATTRIBUTE zip;"
GOOD = "ALTER TYPE address ADD ATTRIBUTE country text;"


def check(context: Context) -> Iterator[Finding]:
    """Attributes of older composite types dropped or given another type."""
    for action in context.actions:
        if not isinstance(action, AlterType) or action.what not in ("drop attribute", "alter attribute"):
            continue
        if context.is_new_type(action.type):
            continue
        subject = f"{action.type}.{quote(action.attribute)}"
        becomes = "is dropped" if action.what == "drop attribute" else f"changes to {action.attribute_type}"
        yield context.finding(
            Severity.WARNING,
            f"{subject} {becomes}; values of it are lost in every row that has the type",
            subject=subject,
            help="make a new type with the attributes that stay, and a new column of it",
            loses=True,
        )


RULE = Rule("drop-attribute", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterType,))

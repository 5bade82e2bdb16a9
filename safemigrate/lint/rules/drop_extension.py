"""A dropped extension takes its functions, types and operators, and every query that uses them fails.

Without CASCADE the server refuses where a column, an index or a default needs it; what queries need it cannot see:
`gen_random_uuid()`, `unaccent()`, `similarity()`.

Search the code for what the extension gives before it goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropObject

SETUP = "CREATE EXTENSION IF NOT EXISTS plpgsql;"
BAD = "DROP EXTENSION plpgsql;"
GOOD = "CREATE EXTENSION IF NOT EXISTS plpgsql;"


def check(context: Context) -> Iterator[Finding]:
    """Extensions dropped."""
    for action in context.actions:
        if isinstance(action, DropObject) and action.kind == "extension" and not action.cascade:
            for name in action.names:
                yield context.finding(
                    Severity.WARNING,
                    f"extension {name} is dropped; queries that use its functions or types fail",
                    subject=str(name),
                    help="search the code for what it gives, release without it, drop it in a later migration",
                )


RULE = Rule("drop-extension", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

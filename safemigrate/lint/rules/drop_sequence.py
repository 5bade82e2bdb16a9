"""A dropped sequence forgets how far it has counted, and code that draws from it fails.

Made again it begins at 1, and the numbers it gives are taken already. Without CASCADE the server refuses where a
column's default still draws from it.

Keep it until no release needs it. `CREATE SEQUENCE ... START WITH` continues where another one stood.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import DropObject

SETUP = 'CREATE SEQUENCE "invoice_number";'
BAD = 'DROP SEQUENCE "invoice_number";'
GOOD = 'ALTER SEQUENCE "invoice_number" INCREMENT BY 10;'


def check(context: Context) -> Iterator[Finding]:
    """Sequences dropped by name."""
    for action in context.actions:
        if isinstance(action, DropObject) and action.kind == "sequence" and not action.cascade:
            for name in action.names:
                yield context.finding(
                    Severity.WARNING,
                    f"sequence {name} is dropped, and how far it has counted is forgotten",
                    subject=str(name),
                    help=f"see it first: SELECT last_value FROM {name};",
                    loses=True,
                )


RULE = Rule("drop-sequence", "data-loss", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

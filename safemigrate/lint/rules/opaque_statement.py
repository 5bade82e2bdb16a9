"""A statement that safemigrate cannot read is not passed in silence.

What it destroys or blocks is unknown until it has run. SQL that a DO block builds at run time, and functions and
procedures that another migration made, are a warning: the rehearsal shows what they do. The body of one that the same
migration makes is read where it is called. Everything else blocks, and an allow comment is the way through.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Call, DoBlock, Opaque

BAD = "DO LANGUAGE plpgsql $$ BEGIN EXECUTE format('SELECT %s', 1); END $$;"
GOOD = "DO $$ BEGIN PERFORM 1; END $$;"
# They change something, and no row or object: sequences, settings, locks that a session asks for.
_KNOWN = frozenset(
    ["setval", "nextval", "pg_notify", "pg_sleep", "pg_advisory_lock", "pg_advisory_unlock", "pg_advisory_xact_lock"]
)


def check(context: Context) -> Iterator[Finding]:
    """Statements, and actions inside them, that the grammar does not know."""
    for action in context.actions:
        if isinstance(action, Opaque):
            yield context.finding(
                Severity.ERROR,
                f"not understood: {action.reason}",
                help="-- safemigrate: allow opaque-statement who has read it, and what it does",
            )
        elif isinstance(action, DoBlock) and action.dynamic:
            message = "runs SQL that is put together at run time; only the rehearsal shows what it does"
            yield context.finding(Severity.WARNING, message)
        elif isinstance(action, Call) and not action.known and action.function.name not in _KNOWN:
            message = (
                f"runs {action.function}, whose body is not in this migration; only the rehearsal shows what it does"
            )
            yield context.finding(Severity.WARNING, message, subject=str(action.function))


RULE = Rule("opaque-statement", "correctness", Severity.ERROR, check, BAD, GOOD, on=(Opaque, DoBlock, Call))

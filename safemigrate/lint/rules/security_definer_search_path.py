"""A SECURITY DEFINER function without its own search_path has its owner's rights on names that the caller chooses.

A caller who may create objects anywhere puts a table or a function of the same name before the one that is meant, and
it is read, written or run with the owner's rights. PostgreSQL docs, CREATE FUNCTION, "Writing SECURITY DEFINER
Functions Safely".

Add `SET search_path = ''` (and qualify the names in it), or `= schema, pg_temp`.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateFunction

BAD = "CREATE FUNCTION one() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"
GOOD = "CREATE FUNCTION one() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';"


def check(context: Context) -> Iterator[Finding]:
    """Functions with their owner's rights and their caller's search_path."""
    for action in context.actions:
        if isinstance(action, CreateFunction) and action.security_definer and not action.sets_search_path:
            yield context.finding(
                Severity.WARNING,
                f"{action.name} runs with its owner's rights, and with its caller's search_path",
                subject=str(action.name),
                help="add to it: SET search_path = ''",
            )


RULE = Rule("security-definer-search-path", "correctness", Severity.WARNING, check, BAD, GOOD, on=(CreateFunction,))

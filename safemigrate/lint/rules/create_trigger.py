"""CREATE TRIGGER stops writes to its table, and from then on runs at every write.

It takes SHARE ROW EXCLUSIVE until the transaction ends. What the function costs, every INSERT, UPDATE or DELETE costs
from then on, also those of the release that is running. A trigger of a new or a small table is no finding.

Put it into a migration of its own, and try its function on the busiest statement first.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateTrigger, quote

SETUP = """
CREATE TABLE "Order" (id int PRIMARY KEY);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"""
BAD = 'CREATE TRIGGER "touched" BEFORE UPDATE ON "Order" FOR EACH ROW EXECUTE FUNCTION touch();'
GOOD = """
CREATE TABLE "Log" (id int PRIMARY KEY);
CREATE TRIGGER "touched" BEFORE UPDATE ON "Log" FOR EACH ROW EXECUTE FUNCTION touch();
"""


def check(context: Context) -> Iterator[Finding]:
    """Triggers that a table in use did not have before."""
    for action in context.actions:
        if not isinstance(action, CreateTrigger):
            continue
        for effect in context.felt(action):
            yield context.finding(
                Severity.WARNING,
                f"trigger {quote(action.name)} stops writes to {effect.table}, and runs at each of them from then on",
                subject=str(effect.table),
                help="in a migration of its own",
            )


RULE = Rule("create-trigger", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, on=(CreateTrigger,))

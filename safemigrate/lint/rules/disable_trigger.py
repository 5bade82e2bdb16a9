"""With its triggers off, a table takes rows that nothing has checked, copied or stamped.

DISABLE TRIGGER ALL and `session_replication_role = replica` switch foreign keys off as well: rows that refer to nothing
get in, nobody looks at them when the triggers are on again, and deletes no longer cascade.

Let the triggers run; or name the one that must not, and switch it on again in the same migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import AlterTable, Set

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY);
CREATE TRIGGER "stamp" BEFORE UPDATE ON "User"
  FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
"""
BAD = 'ALTER TABLE "User" DISABLE TRIGGER "stamp";'
GOOD = 'ALTER TABLE "User" DISABLE TRIGGER "stamp";\nALTER TABLE "User" ENABLE TRIGGER "stamp";'


def check(context: Context) -> Iterator[Finding]:
    """Triggers of older tables left switched off, and foreign keys switched off at all."""
    for action in context.actions:
        if isinstance(action, AlterTable) and action.what == "disable trigger" and not context.is_new(action.table):
            key = context.key(action.table)
            on = {a.value for a in context.after if isinstance(a, AlterTable) and context.key(a.table) == key}
            is_all = action.value.upper() == "ALL"
            if not is_all and on & {action.value, "ALL"}:
                continue
            checks = ", and foreign keys are not checked" if is_all else ""
            message = f"trigger {action.value} of {action.table} does not run{checks}"
            help_ = f"switch it on again: ALTER TABLE {action.table} ENABLE TRIGGER {action.value};"
            yield context.finding(Severity.WARNING, message, subject=str(action.table), help=help_)
        elif isinstance(action, Set) and action.setting == "session_replication_role" and _is_off(action):
            message = "no trigger runs from here on, and foreign keys are not checked"
            yield context.finding(Severity.WARNING, message, subject=action.setting, help="leave it at origin")


def _is_off(action: Set) -> bool:
    return action.value.strip("' ").lower() in ("replica", "local")


RULE = Rule("disable-trigger", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, on=(AlterTable, Set))

"""A dropped trigger or rule no longer does what code counts on.

Rows are written without the check, the copy or the stamp that it gave them. One that the migration makes again is no
finding, and neither is one whose table goes.

Release code that does without it first; drop it in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import CreateObject, CreateTrigger, DropObject, DropTable

_TRIGGER = 'CREATE TRIGGER "stamp" BEFORE UPDATE ON "User" EXECUTE FUNCTION suppress_redundant_updates_trigger();'
SETUP = f"""
CREATE TABLE "User" (id int PRIMARY KEY);
{_TRIGGER.replace(" EXECUTE", " FOR EACH ROW EXECUTE")}
"""
BAD = 'DROP TRIGGER "stamp" ON "User";'
GOOD = 'CREATE TABLE "Draft" (id int);\nDROP TRIGGER IF EXISTS "stamp" ON "Draft";'


def check(context: Context) -> Iterator[Finding]:
    """Triggers and rules of older tables dropped and not made again."""
    for action in context.actions:
        if not isinstance(action, DropObject) or action.kind not in ("trigger", "rule") or action.table is None:
            continue
        around = [*context.own, *context.after]
        made = {(context.key(a.table), a.name) for a in around if isinstance(a, CreateTrigger)}
        made |= {
            (context.key(a.table), a.name.name) for a in around if isinstance(a, CreateObject) and a.table and a.name
        }
        gone = {context.key(table) for a in context.after if isinstance(a, DropTable) for table in a.tables}
        key = context.key(action.table)
        if context.is_new(action.table) or key in gone:
            continue
        for name in action.names:
            if (key, name.name) not in made:
                yield context.finding(
                    Severity.WARNING,
                    f"{action.kind} {name} of {action.table} is dropped; what it did for each row is done no more",
                    subject=str(action.table),
                    help="release code that does without it, then drop it in a later migration",
                )


RULE = Rule("drop-trigger", "compatibility", Severity.WARNING, check, BAD, GOOD, SETUP, on=(DropObject,))

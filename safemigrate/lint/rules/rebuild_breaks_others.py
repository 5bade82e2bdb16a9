"""A view or a trigger that names a table stops its rebuild half way, and a foreign key follows it when it is renamed.

SQLite reads every view and trigger again when a table is renamed. By then the old one is dropped, so what names it is
an error, and what is left is `new_User` alone. Where the old table is renamed aside instead, the foreign keys of others
follow it, and refer to nothing once it is dropped. Neither happens under `PRAGMA legacy_alter_table=ON`, under which
safemigrate applies a rebuild.

Drop the view or trigger before it and make it again behind it, or write the PRAGMA; do not rename the old table.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Rebuild, Set
from safemigrate.sql.pragmas import is_on

SETUP = """
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
CREATE VIEW "Member" AS SELECT "id" FROM "User";
"""
_REBUILD = """PRAGMA foreign_keys=OFF;
{}CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "age" INTEGER);
INSERT INTO "new_User" ("id") SELECT "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
{}PRAGMA foreign_keys=ON;
"""
BAD = _REBUILD.format("", "")
GOOD = _REBUILD.format('DROP VIEW "Member";\n', 'CREATE VIEW "Member" AS SELECT "id" FROM "User";\n')


def check(context: Context) -> Iterator[Finding]:
    """Rebuilds of tables that others name, unless safemigrate runs them."""
    rebuilt = [action for action in context.actions if isinstance(action, Rebuild)]
    if not rebuilt or context.facts.in_steps or _is_legacy(context):
        return
    for action in rebuilt:
        is_aside = action.created.table == action.table
        if action.step == "end" and not is_aside and (others := list(context.schema.mentioning(action.table))):
            yield context.finding(
                Severity.ERROR,
                f"{' and '.join(others)} names {action.table}, which is gone by now: the rename fails",
                subject=str(action.table),
                help="drop it before the rebuild and make it again behind, or first: PRAGMA legacy_alter_table=ON;",
            )
        elif action.step == "create" and is_aside and context.schema.table(action.table).types:
            children = sorted({str(name) for name, _one in context.schema.referring(action.table)})
            if children and not any(one.table == action.table for one in context.own_of(Rebuild)):
                yield context.finding(
                    Severity.ERROR,
                    f"the foreign keys of {' and '.join(children)} follow {action.table} when it is renamed, and refer "
                    "to nothing once that table is dropped",
                    subject=str(action.table),
                    help=f"make the new table under another name, drop {action.table}, rename the new one",
                )


def _is_legacy(context: Context) -> bool:
    switched = [a.value for a in context.own if isinstance(a, Set) and a.setting == "legacy_alter_table" and a.value]
    return bool(switched) and is_on(switched[-1])


RULE = Rule(
    "rebuild-breaks-others",
    "correctness",
    Severity.ERROR,
    check,
    BAD,
    GOOD,
    SETUP,
    fails=True,
    on=(Rebuild,),
    provider="sqlite",
)

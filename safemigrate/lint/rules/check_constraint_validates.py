"""ADD CHECK reads the whole table while reads and writes wait, unless it is NOT VALID.

It takes ACCESS EXCLUSIVE, not less. A CHECK inside ADD COLUMN reads the table too, also where the column is NULL
everywhere. A constraint added to a domain reads every table with a column of that domain, under a SHARE lock. New and
small tables are read before anybody notices; NOT ENFORCED (PostgreSQL 18) reads nothing.

Add it NOT VALID, which checks new rows from then on, and VALIDATE CONSTRAINT in a later migration: that stops nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix import Fix
from safemigrate.lint.fix_online import not_valid
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import Action, AddColumn, AddConstraint, AlterDomain, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, age int);'
BAD = 'ALTER TABLE "User" ADD CONSTRAINT "User_age" CHECK ("age" >= 0);'
GOOD = 'ALTER TABLE "User" ADD CONSTRAINT "User_age" CHECK ("age" >= 0) NOT VALID;'


def check(context: Context) -> Iterator[Finding]:
    """Checks that are held against rows which exist."""
    for action in context.actions:
        subject, what = _added(action)
        if not subject:
            continue
        tables = [one for one in context.felt(action) if one.scans]
        unknown = isinstance(action, AlterDomain) and not context.knows_all and not action.not_valid
        if not tables and not unknown:
            continue
        waits = f"{tables[0].lock.stops} wait" if tables else "writes wait"
        read = ", ".join(str(one.table) for one in tables) or "every table with a column of it"
        constraint = getattr(action, "constraint", None)
        name = quote(constraint.name) if constraint and constraint.name else "..."
        kind = "DOMAIN" if isinstance(action, AlterDomain) else "TABLE"
        yield context.finding(
            Severity.WARNING,
            f"{what} is checked against every row of {read} while {waits}",
            subject=str(subject),
            help=f"add it NOT VALID; in the next migration: ALTER {kind} {subject} VALIDATE CONSTRAINT {name};",
            count=context.rows(tables[0].table) if tables else None,
        )


def _added(action: Action) -> tuple[Name | None, str]:
    match action:
        case AddConstraint() if action.constraint.kind == "check":
            name = action.constraint.name
            return action.table, quote(name) if name else f"CHECK ({action.constraint.expression})"
        case AddColumn() if action.column.check:
            return action.table, f"the check of {quote(action.column.name)}"
        case AlterDomain(what="add constraint" | "set not null"):
            return action.name, f"the new constraint of domain {action.name}"
    return None, ""


def fix(context: Context) -> Iterator[Fix]:
    """NOT VALID, and VALIDATE in the next migration."""
    yield from not_valid(context, "check")


RULE = Rule(
    "check-constraint-validates",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=fix,
    on=(AddConstraint, AddColumn, AlterDomain),
)

"""VALIDATE CONSTRAINT in the transaction that added the constraint NOT VALID spares nobody anything.

The lock of the ADD lasts until the transaction ends: a check's ACCESS EXCLUSIVE stops reads and writes, a foreign
key's SHARE ROW EXCLUSIVE stops writes of both tables, all through the scan that NOT VALID was to take out of it. For
safemigrate and for Prisma up to 7.3 the statements of a migration are one transaction unless it has a COMMIT of its own
between them; from 7.4 Prisma commits after each, outside of BEGIN and COMMIT.

Put VALIDATE CONSTRAINT into a migration of its own; there it stops nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.fix import VALIDATE, Fix, Later, without
from safemigrate.lint.locks import Lock
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, AddConstraint, ValidateConstraint, quote

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, age int);'
BAD = """
ALTER TABLE "User" ADD CONSTRAINT "User_age" CHECK ("age" >= 0) NOT VALID;
ALTER TABLE "User" VALIDATE CONSTRAINT "User_age";
"""
GOOD = """
BEGIN;
ALTER TABLE "User" ADD CONSTRAINT "User_age" CHECK ("age" >= 0) NOT VALID;
COMMIT;
ALTER TABLE "User" VALIDATE CONSTRAINT "User_age";
"""


def check(context: Context) -> Iterator[Finding]:
    """Constraints validated while the lock that added them is held."""
    for action in context.actions:
        if not isinstance(action, ValidateConstraint) or context.is_small(action.table):
            continue
        held = [one.lock for _line, one in context.held(Lock.SHARE) if one.table == action.table]
        held += [one.lock for other in context.actions if _is_its(other, action) for one in context.felt(other)]
        if held and adds(context, action):
            yield context.finding(
                Severity.WARNING,
                f"{quote(action.name)} is validated while its ADD still holds {action.table}: "
                f"{max(held).stops} wait for the scan",
                subject=str(action.table),
                help="move VALIDATE CONSTRAINT into the next migration",
                count=context.rows(action.table),
            )


def adds(context: Context, action: ValidateConstraint) -> bool:
    """Whether this migration added the constraint that it validates."""
    return any(_is_its(one, action) for one in [*context.own, *context.actions])


def _is_its(one: Action, action: ValidateConstraint) -> bool:
    return isinstance(one, AddConstraint) and one.constraint.name == action.name and one.table == action.table


def fix(context: Context) -> Iterator[Fix]:
    """The statement in the next migration."""
    statement = context.statements[context.position]
    if all(isinstance(action, ValidateConstraint) for action in statement.actions):
        yield Fix((without(context.migration.sql, statement),), (Later("validate", f"{statement.sql};\n", VALIDATE),))


RULE = Rule(
    "validate-in-same-transaction",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    fix=fix,
    on=(ValidateConstraint,),
)

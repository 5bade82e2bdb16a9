"""A slow statement behind an ACCESS EXCLUSIVE lock in one transaction keeps that table closed until it is over.

Adding a column takes a moment, but its lock lasts until the transaction ends. VALIDATE CONSTRAINT, CREATE MATERIALIZED
VIEW and CREATE TABLE ... AS stop nobody by themselves; behind such a lock every query of the locked table waits for
them. Statements that lock and are slow by themselves have rules of their own, which say so too.

Put the slow statement into a migration of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import Lock
from safemigrate.lint.rule import Rule
from safemigrate.lint.rules.validate_in_same_transaction import adds
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, CreateTable, CreateView, Refresh, ValidateConstraint, quote

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY, age int);
ALTER TABLE "User" ADD CONSTRAINT "User_age" CHECK (age >= 0) NOT VALID;
"""
BAD = """
ALTER TABLE "User" ADD COLUMN "bio" TEXT;
ALTER TABLE "User" VALIDATE CONSTRAINT "User_age";
"""
GOOD = 'ALTER TABLE "User" VALIDATE CONSTRAINT "User_age";'


def check(context: Context) -> Iterator[Finding]:
    """Statements that read much while an earlier one holds a table."""
    for action in context.actions:
        what = _slow(context, action)
        held = context.held(Lock.ACCESS_EXCLUSIVE) if what else []
        if held:
            line, effect = held[0]
            yield context.finding(
                Severity.WARNING,
                f"{what} while every query of {effect.table} waits, which line {line} locked",
                subject=str(effect.table),
                help="move it into a migration of its own",
            )


def _slow(context: Context, action: Action) -> str:
    match action:
        case ValidateConstraint() if not context.is_small(action.table) and not adds(context, action):
            return f"{quote(action.name)} is validated"
        case CreateView(materialized=True, with_data=True):
            return f"{action.name} is computed"
        case Refresh(concurrently=True):
            return f"{action.view} is computed anew"
        case CreateTable(query=True, temporary=False):
            return f"{action.table} is filled"
    return ""


RULE = Rule(
    "slow-under-exclusive-lock",
    "lock",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    shows="work",
    on=(ValidateConstraint, CreateView, Refresh, CreateTable),
)

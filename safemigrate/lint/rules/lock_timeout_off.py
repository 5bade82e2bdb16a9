"""lock_timeout or statement_timeout is switched off, so a statement may wait for its lock without end.

While it waits, every query that comes after it waits behind it. safemigrate sets lock_timeout itself and tries again;
what the file sets wins over that. Where the file limits the wait for locks, a statement may take its time. In a file
that touches new tables only, as pg_dump writes them, nothing waits.

Leave it out, or set a time: `SET lock_timeout = '3s'`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.locks import Lock
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Action, CreateTable, DropIndex, Set

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'SET lock_timeout = 0;\nALTER TABLE "User" ADD COLUMN "bio" TEXT;'
GOOD = 'SET lock_timeout = \'3s\';\nALTER TABLE "User" ADD COLUMN "bio" TEXT;'


_OFF = re.compile(r"'?\s*0+\s*(us|ms|s|min|h|d)?\s*'?", re.IGNORECASE)


def check(context: Context) -> Iterator[Finding]:
    """Timeouts set to 0 before a table in use is locked."""
    for action in context.actions:
        setting = _switched_off(action)
        if not setting:
            continue
        if setting == "statement_timeout" and _limits_locks(context):
            continue
        made = {one.table for one in context.after if isinstance(one, CreateTable)}
        locked = (one for later in context.after for one in context.felt(later) if one.table not in made)
        drops = any(isinstance(one, DropIndex) and not one.concurrently for one in context.after)
        if drops or any(one.lock >= Lock.SHARE for one in locked):
            yield context.finding(
                Severity.WARNING,
                f"{setting} is switched off: a statement behind it may wait, and stop others, without end",
                help=f"SET {setting} = '3s'",
            )


def _switched_off(action: Action) -> str:
    if isinstance(action, Set) and action.setting in ("lock_timeout", "statement_timeout"):
        return action.setting if _OFF.fullmatch(action.value) else ""
    return ""


def _limits_locks(context: Context) -> bool:
    """Whether the file sets a lock_timeout: then what may take long, an index built concurrently, is not what waits."""
    everything = [*context.own, *context.actions, *context.after]
    return any(
        isinstance(one, Set) and one.setting == "lock_timeout" and one.value and not _OFF.fullmatch(one.value)
        for one in everything
    )


RULE = Rule("lock-timeout-off", "lock", Severity.WARNING, check, BAD, GOOD, SETUP, shows="nothing", on=(Set,))

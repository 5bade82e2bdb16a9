"""A setting that a migration changes stays changed for every migration behind it in the same deploy.

Prisma applies all pending migrations over one connection. With another search_path the next CREATE TABLE lands in
another schema, and Prisma no longer finds its own `_prisma_migrations`: the `set_config('search_path', '', false)` at
the head of a pg_dump does that to many baselines. With another role the objects belong to somebody else.

Write SET LOCAL, or RESET it at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Set

SETUP = 'CREATE SCHEMA IF NOT EXISTS "audit";'
BAD = 'SET search_path TO "audit";\nCREATE TABLE "Event" (id int PRIMARY KEY);'
GOOD = 'SET LOCAL search_path TO "audit";\nCREATE TABLE "Visit" (id int PRIMARY KEY);'
# Each changes what a later statement means. Timeouts only change how long it may take.
_MEANING = {"search_path", "role", "authorization", "timezone", "datestyle", "default_transaction_read_only"}
_MEANING |= {"default_tablespace", "default_table_access_method"}


def check(context: Context) -> Iterator[Finding]:
    """Settings changed for the session and not given back in the same migration."""
    for action in context.actions:
        if isinstance(action, Set) and action.value and not action.local and _matters(action):
            setting = action.setting
        else:
            continue
        if not any(isinstance(a, Set) and a.setting in (setting, "all") and _is_back(a) for a in context.after):
            yield _left(context, setting)


def _left(context: Context, setting: str) -> Finding:
    return context.finding(
        Severity.WARNING,
        f"{setting} stays changed for every migration behind this one",
        subject=setting,
        help=f"write SET LOCAL {setting}, or at the end: RESET {setting};",
    )


def _matters(action: Set) -> bool:
    return action.setting in _MEANING and not _is_back(action)


def _is_back(action: Set) -> bool:
    return not action.value or action.value.strip("' ").upper() in ("DEFAULT", "NONE")


RULE = Rule("setting-left-set", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP)

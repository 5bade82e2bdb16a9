"""A setting that a migration changes stays changed for every migration behind it in the same deploy.

Prisma applies all pending migrations over one connection. With another search_path the next CREATE TABLE lands in
another schema, and Prisma no longer finds its own `_prisma_migrations`: the `set_config('search_path', '', false)` at
the head of a pg_dump does that to many baselines. With another role the objects belong to somebody else.

On SQLite that goes for a PRAGMA: with foreign_keys left off, the next migration deletes rows and leaves those that
refer to them.

Write SET LOCAL, or RESET it at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql.actions import Set
from safemigrate.sql.pragmas import is_on

SETUP = 'CREATE SCHEMA IF NOT EXISTS "audit";'
BAD = 'SET search_path TO "audit";\nCREATE TABLE "Event" (id int PRIMARY KEY);'
GOOD = 'SET LOCAL search_path TO "audit";\nCREATE TABLE "Visit" (id int PRIMARY KEY);'
# Each changes what a later statement means. Timeouts only change how long it may take.
_MEANING = {"search_path", "role", "authorization", "timezone", "datestyle", "default_transaction_read_only"}
_MEANING |= {"default_tablespace", "default_table_access_method"}
# Of SQLite, with what they are where nobody changes them; `apply` gives each file a connection of its own.
_PRAGMAS = {"foreign_keys": True, "ignore_check_constraints": False, "legacy_alter_table": False}
_PRAGMAS |= {"recursive_triggers": False, "case_sensitive_like": False}


def check(context: Context) -> Iterator[Finding]:
    """Settings changed for the session and not given back in the same migration."""
    if context.sqlite:
        yield from _pragmas(context)
        return
    for action in context.actions:
        if isinstance(action, Set) and action.value and not action.local and _matters(action):
            setting = action.setting
        else:
            continue
        if not any(isinstance(a, Set) and a.setting in (setting, "all") and _is_back(a) for a in context.after):
            yield _left(context, setting)


def _pragmas(context: Context) -> Iterator[Finding]:
    for action in context.actions if not context.facts.in_steps else ():
        if not isinstance(action, Set) or not action.value or action.setting not in _PRAGMAS:
            continue
        usual = _PRAGMAS[action.setting]
        behind = [a for a in context.after if isinstance(a, Set) and a.setting == action.setting and a.value]
        if is_on(action.value) != usual and not behind:
            yield context.finding(
                Severity.WARNING,
                f"{action.setting} stays {'off' if usual else 'on'} for every migration behind this one",
                subject=action.setting,
                help=f"at the end: PRAGMA {action.setting}={'ON' if usual else 'OFF'};",
            )


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

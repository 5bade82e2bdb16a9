"""A team's own down.sql: whether it can be run, and what stands in its way."""

from __future__ import annotations

import re

from safemigrate.errors import NotSql
from safemigrate.model import KeptKind, Plan
from safemigrate.sql import Dialect, is_transaction_control, refuses_transaction, split
from safemigrate.sql.pragmas import in_one_transaction, pragma
from safemigrate.sql.tokens import tokenize

# What a script may set on SQLite: all else would be as it says for what the rollback does behind it.
_SETTINGS = {"foreign_keys", "defer_foreign_keys", "legacy_alter_table", "user_version", "application_id"}
_READS = {"foreign_key_check", "integrity_check", "quick_check"}  # with an argument, too
_HOME = re.compile(r'("(?:[^"]|"")+")\.')


def unfit(script: str, dialect: Dialect = "postgresql") -> str:
    """Say why a script cannot be run as part of a rollback, which is one transaction over one connection; "" if it can.

    Whether the server takes its statements only the rehearsal tells.
    """
    try:
        if command := _command(script, dialect):
            return command
        found = split(script, "down.sql", dialect=dialect)
    except NotSql as error:
        return error.summary
    for one in found:
        text = " ".join(one.sql.split())[:60]
        if is_transaction_control(one):
            return f"line {one.span.line}: {text} begins or ends a transaction, and a rollback is one already"
        if _stands_alone(one.sql) if dialect == "sqlite" else refuses_transaction(one):
            return f"line {one.span.line}: {text} cannot run in a transaction, and a rollback is one"
        name, given = pragma(one) if dialect == "sqlite" else ("", "")
        if given and name not in _SETTINGS | _READS:
            return f"line {one.span.line}: {text} would hold for the rest of the rollback, too"
    return "" if found else "it has no statement"


def _stands_alone(sql: str) -> bool:
    from safemigrate.db.sqlite.script import stands_alone  # a server's rollback does not wait for it

    return bool(stands_alone(sql))


def _command(script: str, dialect: Dialect) -> str:
    """Say where a script speaks to psql, or to SQLite's shell, of which a command is a line of its own."""
    if dialect == "sqlite":
        starts = [one.span.start for one in split(script, "down.sql", dialect=dialect) if one.sql.startswith(".")]
    else:
        starts = [one.start for one in tokenize(script, "down.sql") if one.word.startswith("\\")]
    if not starts:
        return ""
    line = script.count("\n", 0, starts[0]) + 1
    command = script[starts[0] :].split("\n")[0].strip()
    return f"line {line}: {command} is a command of {'psql' if dialect == 'postgresql' else 'sqlite3'}, not SQL"


def statements(script: str, dialect: Dialect = "postgresql") -> list[tuple[str, int]]:
    """Its statements in order, each with its line; a file's rollback has foreign keys off, whatever they say."""
    found = split(script, "down.sql", dialect=dialect)
    return [(one.sql, one.span.line) for one in (in_one_transaction(found) if dialect == "sqlite" else found)]


def homes(plan: Plan) -> list[str]:
    """The schemas to which a plan moves what it drops, quoted.

    A down.sql of one's own makes anew what ours moves back, so they must be out of the way before the plan runs again.
    """
    moved = (one for step in plan.steps for one in step.kept if one.kind in (KeptKind.TABLE, KeptKind.TYPE))
    found = (_HOME.match(one.place) for one in moved)
    return list(dict.fromkeys(one[1] for one in found if one))


def aside(home: str, number: int) -> str:
    """The name that a home gets when it is put out of the way, quoted."""
    return f'{home[:-1]}_{number}"'

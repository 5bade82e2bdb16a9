"""A team's own down.sql: whether it can be run, and what stands in its way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from safemigrate.errors import NotSql
from safemigrate.model import KeptKind, Plan
from safemigrate.sql import Dialect, Statement, is_transaction_control, refuses_transaction, split
from safemigrate.sql.tokens import tokenize

NAME = "down.sql"
ALONE = "cannot run in a transaction, and a rollback is one"
_HOME = re.compile(r'("(?:[^"]|"")+")\.')


def unfit(script: str) -> str:
    """Say why a script cannot be run as part of a rollback, which is one transaction over one connection; "" if it can.

    Whether the server takes its statements only the rehearsal tells.
    """
    return refused(script, "postgresql", _command, lambda one: ALONE if refuses_transaction(one) else "")


def refused(script: str, dialect: Dialect, command: Callable[[str], str], alone: Callable[[Statement], str]) -> str:
    """Say the same for a dialect: `command` tells of what speaks to its shell, `alone` of a statement."""
    try:
        if said := command(script):
            return said
        found = split(script, NAME, dialect=dialect)
    except NotSql as error:
        return error.summary
    for one in found:
        ends = is_transaction_control(one)
        if why := "begins or ends a transaction, and a rollback is one already" if ends else alone(one):
            return f"line {one.span.line}: {' '.join(one.sql.split())[:60]} {why}"
    return "" if found else "it has no statement"


def command(script: str, program: str, starts: Sequence[int]) -> str:
    """Say where a script speaks to a program, the first of these places; "" without any."""
    if not starts:
        return ""
    line = script.count("\n", 0, starts[0]) + 1
    return f"line {line}: {script[starts[0] :].splitlines()[0].strip()} is a command of {program}, not SQL"


def _command(script: str) -> str:
    return command(script, "psql", [one.start for one in tokenize(script, NAME) if one.word.startswith("\\")])


def statements(script: str) -> list[tuple[str, int]]:
    """Its statements in order, each with its line."""
    return [(one.sql, one.span.line) for one in split(script, NAME)]


def homes(plan: Plan) -> list[str]:
    """The schemas to which a plan moves what it drops, quoted.

    A down.sql of one's own makes anew what ours moves back, so they must be out of the way before the plan runs again.
    """
    moved = (one for one in plan.kept if one.kind in (KeptKind.TABLE, KeptKind.TYPE))
    found = (_HOME.match(one.place) for one in moved)
    return list(dict.fromkeys(one[1] for one in found if one))


def aside(home: str, number: int) -> str:
    """The name that a home gets when it is put out of the way, quoted."""
    return f'{home[:-1]}_{number}"'

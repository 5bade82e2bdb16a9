"""A team's own down.sql: whether it can be run, and what stands in its way."""

from __future__ import annotations

import re

from safemigrate.errors import NotSql
from safemigrate.model import KeptKind, Plan
from safemigrate.sql import is_transaction_control, refuses_transaction, split
from safemigrate.sql.tokens import tokenize

_HOME = re.compile(r'("(?:[^"]|"")+")\.')


def unfit(script: str) -> str:
    """Say why a script cannot be run as part of a rollback, which is one transaction over one connection; "" if it can.

    Whether the server takes its statements only the rehearsal tells.
    """
    try:
        tokens = tokenize(script, "down.sql")
    except NotSql as error:
        return error.summary
    for token in tokens:
        if token.word.startswith("\\"):
            line = script.count("\n", 0, token.start) + 1
            command = script[token.start :].split("\n")[0].strip()
            return f"line {line}: {command} is a command of psql, not SQL"
    for one in split(script, "down.sql"):
        text = " ".join(one.sql.split())[:60]
        if is_transaction_control(one):
            return f"line {one.span.line}: {text} begins or ends a transaction, and a rollback is one already"
        if refuses_transaction(one):
            return f"line {one.span.line}: {text} cannot run in a transaction, and a rollback is one"
    return "" if tokens else "it has no statement"


def statements(script: str) -> list[tuple[str, int]]:
    """Its statements in order, each with its line."""
    return [(one.sql, one.span.line) for one in split(script, "down.sql")]


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

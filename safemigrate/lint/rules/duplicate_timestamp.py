"""Two migrations have the same timestamp, so only the rest of their names decides which one runs first.

It comes from folders made by hand, or copied. Where the second needs the first, it works by luck, and a renamed folder
counts as another migration.

Give the one that is meant to run later a later timestamp, before anybody applies it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity

_TIMESTAMP = re.compile(r"\d{8,17}(?=_)")


def check(context: Context) -> Iterator[Finding]:
    """A pending migration that shares its timestamp with one that runs before it."""
    name = context.migration.name
    mine = _TIMESTAMP.match(name)
    if not mine or name in (context.facts.applied or {}):
        return
    stamp = f"{mine[0]}_"
    folder = context.facts.folder
    same = [one for one in folder[bisect_left(folder, stamp) : bisect_left(folder, name)] if one.startswith(stamp)]
    if same:
        yield context.finding(
            Severity.WARNING,
            f"{name} has the same timestamp as {same[-1]}; only the rest of the name puts it behind",
            subject=name,
            help="give its folder a later timestamp before anybody applies it",
        )


RULE = Rule("duplicate-timestamp", "history", Severity.WARNING, check)

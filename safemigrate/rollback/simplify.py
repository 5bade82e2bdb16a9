"""One ALTER TABLE where an inverse has several in a row of one table, so that it reads, and rewrites, once.

PostgreSQL runs the actions of an ALTER TABLE in passes, not in the order written (tablecmds.c, AlterTablePass): what is
dropped goes first, then types change, columns come, NOT NULL is set, defaults and constraints come, triggers last.
Actions are joined only where that order and theirs agree for everything they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_ALTER = re.compile(rf"ALTER TABLE ((?:ONLY )?{_NAME}(?:\.{_NAME})*)\s+(.*)", re.DOTALL)
# The passes, in their order. Identity and generated columns are left out: their pass differs between majors.
_PASSES = tuple(
    re.compile(action.replace("NAME", f"({_NAME})"), re.DOTALL)
    for action in (
        r"DROP COLUMN NAME|DROP CONSTRAINT NAME|ALTER COLUMN NAME DROP (?:NOT NULL|DEFAULT)$",
        r"ALTER COLUMN NAME TYPE ",
        r"ADD COLUMN NAME ",
        r"ALTER COLUMN NAME SET NOT NULL$",
        r"ADD CONSTRAINT NAME (?!.*\bUSING INDEX\b)|ALTER COLUMN NAME SET DEFAULT ",
        r"(?:DISABLE|ENABLE)(?: ALWAYS| REPLICA)? TRIGGER NAME$",
    )
)


def simplified(statements: Iterable[str]) -> tuple[str, ...]:
    """Join what may be joined; every other statement stays as and where it is."""
    joined: list[str] = []
    open_table, passes = "", dict[str, int]()
    for sql in statements:
        found = _ALTER.match(sql)
        known = _pass(found[2]) if found else None
        if found is None or known is None:
            open_table = ""
            joined.append(sql)
            continue
        name, number = known
        if found[1] == open_table and passes.get(name, -1) <= number:
            joined[-1] = f"{_broken(joined[-1], open_table)},\n  {found[2]}"
        else:
            open_table, passes = found[1], {}
            joined.append(sql)
        passes[name] = number
    return tuple(joined)


def _pass(action: str) -> tuple[str, int] | None:
    """Return what an action names and the number of its pass; None for one that is better left alone."""
    for number, pattern in enumerate(_PASSES):
        if found := pattern.match(action):
            return next(name for name in found.groups() if name), number
    return None


def _broken(sql: str, table: str) -> str:
    start = f"ALTER TABLE {table}"
    return f"{start}\n  {sql[len(start) :].lstrip()}"

"""A sequence set back gives numbers again that rows have: the next inserts fail, or new rows take the keys of old ones.

Where a unique index holds the numbers, inserts fail one by one until the sequence has passed them; where rows were
deleted, links and logs that name an old key now lead to a new row. Set forward, or behind the sequence's last value
where there is a target to ask, it is no finding, nor where its table is new or empty.

Let it count on, or set it to what is there: `SELECT setval('"User_id_seq"', (SELECT max(id) FROM "User"));`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import SMALL, Rule
from safemigrate.model import Finding, Severity
from safemigrate.sql import Name
from safemigrate.sql.actions import Action, AlterColumn, AlterSequence, Call, CreateSequence, CreateTable, Truncate

SETUP = 'CREATE TABLE "User" (id serial PRIMARY KEY);'
BAD = 'ALTER SEQUENCE "User_id_seq" RESTART WITH 1;'
GOOD = 'SELECT setval(\'"User_id_seq"\', (SELECT max(id) FROM "User"));'

_SETVAL = re.compile(r"""'(?:"?(\w+)"?\.)?"?([^'".]+)"?'(?:::regclass)?\s*,\s*(\d+)\b""")
_RESTART = re.compile(r"(?:.*\bRESTART|(?=WITH|$))\s*(?:WITH\s*)?(\d*)", re.IGNORECASE)


def check(context: Context) -> Iterator[Finding]:
    """Sequences that begin again at a number written out."""
    for action in context.actions:
        found = _set_back(action)
        if found and not _is_free(context, *found):
            subject, start = found
            yield context.finding(
                Severity.WARNING,
                f"{subject} gives numbers again from {start or 'its start'} on, which rows may have",
                subject=str(subject),
                help="leave it where it stands, or set it to the largest number there is",
            )


def _set_back(action: Action) -> tuple[Name, int] | None:
    """What counts again, and from where; 0 for its start. Of an identity column, the table."""
    match action:
        case AlterSequence(restart=str() as start):
            return (action.sequence, int(start or 0)) if start.isdecimal() or not start else None
        case AlterColumn(what="set identity") if found := _RESTART.fullmatch(action.value):
            return action.table, int(found[1] or 0)
        case Call(function=Name(name="setval")) if found := _SETVAL.match(action.arguments):
            return Name(found[1], found[2]), int(found[3])
    return None


def _is_free(context: Context, subject: Name, start: int) -> bool:
    """Whether nothing has the numbers: it is new, its table has no rows, or it stands before them."""
    last = context.count(f"SELECT last_value FROM {subject}")
    if start >= (SMALL if last is None else max(last, 1)):  # a large number is a jump over what is there
        return True
    if any(one.name.name == subject.name for one in context.before_of(CreateSequence)):
        return True
    named = [subject, *(one.table for one in context.before_of(CreateTable))]
    named += [table for one in context.before_of(Truncate) for table in one.tables]
    named += [Name(*key) for key in context.facts.tables or ()]
    mine = [one for one in named if subject.name == one.name or subject.name.startswith(f"{one.name}_")]
    return any(context.rows(one) == 0 for one in mine if context.is_there(one) or one != subject)


RULE = Rule(
    "sequence-set-back",
    "correctness",
    Severity.WARNING,
    check,
    BAD,
    GOOD,
    SETUP,
    on=(AlterSequence, AlterColumn, Call),
)

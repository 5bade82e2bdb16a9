"""Columns that a rebuild computed from a former one: a value written since goes back where that is certain.

Nothing is believed: what takes values back has to give every former value again, and of a value written since the
migration's own expression has to make that value. Else it is kept aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Column, Table
from safemigrate.db.sqlite.connection import Connection, SqlError, literal, quote, rows, value
from safemigrate.db.sqlite.definition import tokens
from safemigrate.db.sqlite.rows import same
from safemigrate.rollback.sqlite.lineage import Computed
from safemigrate.rollback.sqlite.values import stored

_MAPPED = 100  # values of a column that are taken back one by one
_NUMBER = re.compile(r"\d+(\.\d+)?")
_SECONDS, _MOMENT = "CAST(strftime('%s', {w}) AS INTEGER)", "{w}, 'unixepoch'"
_MILLISECONDS = "{w} / 1000.0, 'unixepoch'"
_DATES = (
    _SECONDS,
    f"{_SECONDS} * 1000",
    *(
        f"strftime('{form}', {moment})"
        for moment in (_MOMENT, _MILLISECONDS)
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%fZ", "%Y-%m-%d")
    ),
)


@dataclass(frozen=True, slots=True)
class Inverse:
    """What takes values of a column of `today` back to a `former` one; `back` says how, with {w} for the value."""

    former: Column
    today: Column
    forward: Computed
    back: str

    def value(self, row: str) -> str:
        """Write what a row's value goes back to."""
        given = self.back.replace("{w}", f"{row}.{quote(self.today.name)}")
        return given if self.former.affinity == "BLOB" else f"CAST({given} AS {self.former.affinity})"

    def certain(self, row: str) -> str:
        """Write whether the migration would make the row's value of that, in a column like the former one."""
        place = f"(SELECT {self.value(row)} COLLATE {self.former.collation} AS {quote(self.forward.reads)})"
        made = stored("safemigrate_made", "BLOB", self.today.affinity)
        needed = f" AND {quote(self.forward.reads)} IS NOT NULL" if self.former.required else ""
        return (
            f"(SELECT {same(made, f'{row}.{quote(self.today.name)}')}{needed} FROM (SELECT *, {self.forward.expression}"
            f" AS safemigrate_made FROM {place} AS {quote(self.forward.table)}))"
        )


def inverses(
    connection: Connection, was: Table, now: Table, computed: Mapping[str, Computed], source: str
) -> dict[str, Inverse]:
    """Find by trying what takes computed columns back; `source` joins each former row `b` to its row of today `m`."""
    tried = (
        (name, _inverse(connection, former, today, how, source))
        for name, how in computed.items()
        if (former := was.column(name)) and (today := now.column(how.column)) and not former.key
    )
    return {name: inverse for name, inverse in tried if inverse}


def _inverse(connection: Connection, former: Column, today: Column, how: Computed, source: str) -> Inverse | None:
    was = f"b.{quote(former.name)}"
    try:
        if not value(connection, f"SELECT EXISTS (SELECT 1 {source} WHERE {was} IS NOT NULL)"):
            return None  # nothing shows what is right
        for back in (*_formulas(how.expression), _map(connection, source, was, f"m.{quote(today.name)}")):
            tried = Inverse(former, today, how, back)
            wrong = f"NOT ({same(was, tried.value('m'))} AND coalesce({tried.certain('m')}, 0))"
            if back and not value(connection, f"SELECT EXISTS (SELECT 1 {source} WHERE {wrong})"):
                return tried
    except SqlError:
        return None  # it cannot stand alone
    return None


def _formulas(expression: str) -> Iterator[str]:
    yield "{w}"
    for one in tokens(expression):
        if _NUMBER.fullmatch(one.text):
            yield from (f"{{w}} {how} {one.text}" for how in ("* 1.0 /", "*", "-", "+"))
            yield f"{one.text} - {{w}}"
        elif one.text.startswith("'"):
            yield f"substr({{w}}, length({one.text}) + 1)"
            yield f"substr({{w}}, 1, length({{w}}) - length({one.text}))"
    yield from _DATES


def _map(connection: Connection, source: str, was: str, now: str) -> str:
    """Write which value comes of which, where they are few and one of one."""
    found = rows(connection, f"SELECT DISTINCT {now}, typeof({now}), {was}, typeof({was}) {source} LIMIT {_MAPPED + 1}")
    if len(found) > _MAPPED or len({row[:2] for row in found}) < len(found):
        return ""
    cases = (f"WHEN {same('{w}', literal(left))} THEN {literal(former)}" for left, _, former, _ in found)
    return f"CASE {' '.join(cases)} END"

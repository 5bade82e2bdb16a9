"""What stands between a development file and its PostgreSQL: values that its tables there would not take.

Counted by SQL, each table in one pass; moving them is pgloader's work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safemigrate.db.sqlite.catalog import Catalog, Table, read
from safemigrate.db.sqlite.connection import Connection, literal, quote, rows
from safemigrate.errors import word
from safemigrate.prisma.schema.values import Block, Schema
from safemigrate.workflow.pair.fitting import Condition, conditions


@dataclass(frozen=True, slots=True)
class Misfit:
    """Values of a column, or of several, that PostgreSQL will not take as they are: how many, and the key of one.

    `shown` and `where` are the query that shows them. `text` is the expression that gives them in words which
    PostgreSQL takes, "" where nobody knows any.
    """

    table: str
    columns: tuple[str, ...]
    says: str
    count: int
    sample: str
    shown: str
    where: str
    text: str = ""

    @property
    def query(self) -> str:
        """What shows them."""
        return f"{self.shown} WHERE {self.where}"

    def command(self, file: Path) -> str:
        """What shows them in a shell."""
        return shell(file, self.query)


def misfits(connection: Connection, production: Schema, development: Schema) -> list[Misfit]:
    """Look through all tables of a file that both schemas know."""
    for name, function in _OWN.items():
        connection.create_function(name, 1, function, deterministic=True)
    catalog = read(connection)
    found: list[Misfit] = []
    for name, model in production.models.items():
        here = development.models.get(name)
        table = catalog.tables.get(here.table) if here else None
        if here and table:
            found += _values(connection, production, model, here, table)
            found += _duplicates(connection, model, here, catalog, table)
            found += _orphans(connection, production, development, model, here, catalog)
    return found


def _values(connection: Connection, production: Schema, model: Block, here: Block, table: Table) -> Iterator[Misfit]:
    asked: list[tuple[str, Condition]] = []
    for name, field in model.fields.items():
        mine = here.fields.get(name)
        if mine and field.type not in production.models and table.column(mine.column):
            asked += [(mine.column, one) for one in conditions(production, field, named(mine.column))]
    if not asked:
        return
    key, place = _key(table), named(table.name)
    # a text as primary key may be NULL (sqlite.org/quirks.html)
    flags = [f"CASE WHEN {one.sql} THEN ifnull({key}, 'NULL') END AS f{n}" for n, (_, one) in enumerate(asked)]
    sums = [f"count(f{n}), min(f{n})" for n in range(len(asked))]
    # OFFSET keeps SQLite from writing each condition out twice (sqlite.org/optoverview.html, subquery flattening)
    inner = f"SELECT {', '.join(flags)} FROM {place} LIMIT -1 OFFSET 0"
    (counted,) = rows(connection, f"SELECT {', '.join(sums)} FROM ({inner})")
    for (column, condition), count, sample in zip(asked, counted[::2], counted[1::2], strict=True):
        if count:
            own = any(name in condition.sql for name in _OWN)  # what no other program has
            where = f"{key} = {literal(sample)}" if own else condition.sql
            shown = f"SELECT {key}, {named(column)} FROM {place}"
            yield Misfit(table.name, (column,), condition.says, count, str(sample), shown, where, condition.text)


def _duplicates(connection: Connection, model: Block, here: Block, catalog: Catalog, table: Table) -> Iterator[Misfit]:
    """Rows that are one by a unique of production's which the file does not have."""
    unique = {
        frozenset(one.columns or ()) for one in catalog.indexes.values() if one.table == table.name and one.unique
    }
    unique.add(frozenset(table.primary_key))
    for fields in _uniques(model):
        if not all(name in here.fields for name in fields):
            continue
        columns = tuple(here.fields[name].column for name in fields)
        if frozenset(columns) in unique or not all(table.column(name) for name in columns):
            continue
        listed = ", ".join(named(column) for column in columns)
        some = " AND ".join(f"{named(column)} IS NOT NULL" for column in columns)
        shown = f"SELECT {listed}, count(*) FROM {named(table.name)}"
        where = f"{some} GROUP BY {listed} HAVING count(*) > 1"
        if double := rows(connection, f"{shown} WHERE {where}"):
            count = sum(row[-1] for row in double)
            sample = ", ".join(str(part) for part in double[0][:-1])
            yield Misfit(table.name, columns, "the same under a unique", count, sample, shown, where)


def _uniques(model: Block) -> Iterator[tuple[str, ...]]:
    for attribute in model.attributes:
        if attribute.name in ("unique", "id"):
            yield tuple(part.partition("(")[0] for part in attribute.listed("fields"))
    for field in model.fields.values():
        if field.get("unique") or field.get("id"):
            yield (field.name,)


def _orphans(
    connection: Connection, production: Schema, development: Schema, model: Block, here: Block, catalog: Catalog
) -> Iterator[Misfit]:
    for field in model.fields.values():
        about, parent = field.get("relation"), development.models.get(field.type)
        if not about or not parent or parent.table not in catalog.tables or field.type not in production.models:
            continue
        pairs = list(zip(about.listed("fields"), about.listed("references"), strict=False))
        if not pairs or not all(mine in here.fields and theirs in parent.fields for mine, theirs in pairs):
            continue
        columns = tuple(here.fields[mine].column for mine, _ in pairs)
        child = [f"child.{named(column)}" for column in columns]
        led = [f"parent.{named(parent.fields[theirs].column)}" for _, theirs in pairs]
        some = " AND ".join(f"{column} IS NOT NULL" for column in child)
        same = " AND ".join(f"{one} = {other}" for one, other in zip(led, child, strict=True))
        where = f"{some} AND NOT EXISTS (SELECT 1 FROM {named(parent.table)} AS parent WHERE {same})"
        key = _key(catalog.tables[here.table])
        place = f"{named(here.table)} AS child"
        ((count, sample),) = rows(connection, f"SELECT count(*), min({key}) FROM {place} WHERE {where}")
        if count:
            says = f"no row of {parent.table} to refer to"
            shown = f"SELECT {key}, {', '.join(child)} FROM {place}"
            yield Misfit(here.table, columns, says, count, str(sample), shown, where)


def shell(file: Path, sql: str) -> str:
    """A command that runs SQL on a file, as readable as a shell lets it be."""
    quoted = word(sql) if set(sql) & set('"$`!\\') else f'"{sql}"'
    return f"sqlite3 {word(file)} {quoted}"


def named(name: str) -> str:
    """A name as SQL, in brackets, which need no escape in a shell's quotes (sqlite.org/lang_keywords.html)."""
    return quote(name) if "]" in name else f"[{name}]"


def _key(table: Table) -> str:
    """What tells a person which row it is."""
    return named(table.primary_key[0]) if len(table.primary_key) == 1 or table.without_rowid else "rowid"


def _is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_jsonb(value: str | None) -> bool:
    """Whether text that is JSON has neither a zero nor half a character in it (postgresql.org/docs, 8.14)."""
    try:
        written = json.dumps(json.loads(value or "null"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return b"\\u0000" not in written.replace(b"\\\\", b"")


_OWN: Final[Mapping[str, Callable[..., bool]]] = {"is_utf8": _is_utf8, "is_jsonb": _is_jsonb}

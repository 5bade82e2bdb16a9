"""Are the rows of two attached files the same? Asked in SQL, by key, to the byte and the type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Column, Index, Table, fold, read
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, value
from safemigrate.model import counted

_SHOWN = 3


def same(left: str, right: str, *, typed: bool = False) -> str:
    """Write the predicate that two expressions give the same value: of one type, text to the byte, NULL like NULL.

    `typed` says that both stand in columns that are `typed_alike`, and asks for no type: a third of the time.
    """
    kind = "" if typed else f" AND typeof({left}) = typeof({right})"
    return f"({left} IS {right} COLLATE BINARY{kind})"


def typed_alike(one: Column, other: Column) -> bool:
    """Whether what two columns store is of one type where it is equal: one affinity, if there is any, has made it so.

    sqlite.org/datatype3.html, 3: TEXT stores no number, and the others no real that is as good as an integer; but for
    one, -2**63.
    """
    return one.affinity == other.affinity != "BLOB"


def key_of(table: Table, indexes: Iterable[Index]) -> tuple[str, ...]:
    """Return columns that tell any two rows apart and are never NULL, the primary key first; () without such.

    The key of a rowid table that is no alias of it may hold NULLs, unlike in other databases (sqlite.org/quirks.html).
    """
    by_origin = sorted(indexes, key=lambda index: (index.origin != "pk", index.name))
    if not any(index.origin == "pk" for index in by_origin) and table.primary_key:
        return table.primary_key  # the rowid under another name: every other key has an index
    for index in by_origin:
        columns = [table.column(name) for name in index.columns or ()]
        if index.unique and not index.where and columns and all(column and column.required for column in columns):
            collations = tuple(column.collation.upper() for column in columns if column)
            if collations == tuple(name.upper() for name in index.collations):  # else a comparison is not the index's
                return tuple(column.name for column in columns if column)
    return ()


def differences(connection: Connection, left: str, right: str, tables: Iterable[str] | None = None) -> list[str]:
    """Say how the rows under the schema `right` differ from those under `left`, in words with some keys; equal: empty.

    All tables but `_prisma_migrations`, or those named. Only columns that both have and that store something are
    compared: what else differs is for `compare` to say.
    """
    before, after = read(connection, left), read(connection, right)
    said = []
    everything = {fold(name): name for name in (*after.tables, *before.tables) if name != PRISMA}
    for name in sorted(everything.values() if tables is None else tables):
        if name in before.tables and name in after.tables:
            said += _table(connection, left, right, before, after, name)
        elif name in before.tables or name in after.tables:
            said.append(f"table {quote(name)} is {'gone' if name in before.tables else 'new'}")
    return said


def readable(connection: Connection, schema: str, table: str) -> bool:
    """Whether a virtual table can be read: its module, or a column that it is an index of, may not be here."""
    try:
        rows(connection, f"SELECT * FROM {quote(schema, table)} LIMIT 1")
    except SqlError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    left: str
    right: str
    columns: tuple[str, ...]
    typed: frozenset[str]

    def on(self, key: Sequence[str]) -> str:
        return " AND ".join(f"l.{quote(name)} = r.{quote(name)}" for name in key)

    def other(self, columns: Sequence[str]) -> str:
        tests = (same(f"l.{quote(name)}", f"r.{quote(name)}", typed=name in self.typed) for name in columns)
        return " OR ".join(f"NOT {test}" for test in tests) or "0"


def _table(connection: Connection, left: str, right: str, before: Catalog, after: Catalog, name: str) -> list[str]:
    was, now = before.tables[name], after.tables[name]
    both = [(column, other) for column in was.columns if (other := now.column(column.name))]
    stored = [(column, other) for column, other in both if not column.generated and not other.generated]
    pair = _Pair(
        quote(was.name),
        quote(left, was.name),
        quote(right, now.name),
        tuple(column.name for column, _ in stored),
        frozenset(column.name for column, other in stored if typed_alike(column, other)),
    )
    if was.virtual and not (readable(connection, left, was.name) and readable(connection, right, now.name)):
        return []
    if _same_by_rowid(connection, pair):
        return []
    key = key_of(was, before.indexes_of(name))
    folded = {fold(column) for column in key_of(now, after.indexes_of(name))}
    if key and {fold(column) for column in key} == folded:
        return _by_key(connection, pair, key)
    return _by_counts(connection, pair)


def _by_key(connection: Connection, pair: _Pair, key: Sequence[str]) -> list[str]:
    on, found = pair.on(key), f"r.{quote(key[0])}"
    shown = ", ".join(f"quote(l.{quote(name)})" for name in key)
    joined = f"FROM {pair.left} l LEFT JOIN {pair.right} r ON {on}"
    sums = "".join(f", total({found} IS NOT NULL AND ({pair.other([name])}))" for name in pair.columns)
    there = rows(connection, f"SELECT count(*), total({found} IS NULL){sums} {joined}")[0]
    left, missing, *changed = (int(count) for count in there)
    extra = int(value(connection, f"SELECT count(*) FROM {pair.right}")) - (left - missing)
    differ = [
        ("{count} {row is|rows are} missing", missing, f"{joined} WHERE {found} IS NULL"),
        (
            "{count} {row is|rows are} not expected",
            extra,
            f"FROM {pair.right} l LEFT JOIN {pair.left} r ON {on} WHERE {found} IS NULL",
        ),
    ]
    for name, count in zip(pair.columns, changed, strict=True):
        has = "has another value in {count} {row|rows}"
        differ.append((has, count, f"{joined} WHERE {found} IS NOT NULL AND ({pair.other([name])})"))
    subjects = ["", "", *(f"{quote(name)} " for name in pair.columns)]
    return [
        f"table {pair.name}: {subject}{counted(words, count)}"
        + _keys(key, rows(connection, f"SELECT {shown} {query} LIMIT {_SHOWN}"), count)
        for subject, (words, count, query) in zip(subjects, differ, strict=True)
        if count
    ]


def _keys(key: Sequence[str], found: Sequence[Sequence[str]], count: int) -> str:
    """Name the first rows: ` ("id" 1, 2, 3, ...)`."""
    values = [", ".join(row) if len(row) == 1 else f"({', '.join(row)})" for row in found]
    shortened = [text if len(text) <= 60 else f"{text[:57]}..." for text in values]
    more = ["..."] if count > len(found) else []
    return f" ({', '.join(map(quote, key))}: {', '.join([*shortened, *more])})"


def _same_by_rowid(connection: Connection, pair: _Pair) -> bool:
    """Whether every row is where it was: the quick answer for a table that nobody touched, three times as fast."""
    taken = {fold(name) for name in pair.columns}
    rowid = next((name for name in ("rowid", "oid", "_rowid_") if name not in taken), None)
    counts = {value(connection, f"SELECT count(*) FROM {one}") for one in (pair.left, pair.right)}
    if rowid is None or len(counts) > 1:
        return False
    try:
        return not value(
            connection,
            f"SELECT EXISTS (SELECT 1 FROM {pair.left} l LEFT JOIN {pair.right} r ON l.{rowid} = r.{rowid}"
            f" WHERE r.{rowid} IS NULL OR {pair.other(pair.columns)})",
        )
    except SqlError:  # a table without rowid, or a module's
        return False


def _by_counts(connection: Connection, pair: _Pair) -> list[str]:
    """Compare as multisets: how often each row is there."""
    names = [f"c{number}" for number in range(len(pair.columns))]
    columns = "".join(f", {quote(column)} AS {name}" for column, name in zip(pair.columns, names, strict=True))
    groups = ", ".join(f"{name} COLLATE BINARY, typeof({name})" for name in names) or "1"
    often = value(
        connection,
        f"SELECT group_concat(missing || ' ' || extra) FROM (SELECT total(max(n, 0)) missing, total(max(-n, 0)) extra"
        f" FROM (SELECT sum(n) n FROM (SELECT 1 n{columns} FROM {pair.left} UNION ALL SELECT -1 n{columns}"
        f" FROM {pair.right}) GROUP BY {groups}))",
    )
    missing, extra = (int(float(count)) for count in often.split())
    said = []
    if missing:
        said.append(f"table {pair.name}: {counted('{count} {row is|rows are} missing', missing)}")
    if extra:
        said.append(f"table {pair.name}: {counted('{count} {row is|rows are} not expected', extra)}")
    return said

"""What a SQLite file holds: its tables, indexes, triggers and views as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from safemigrate.db.sqlite import definition as definitions
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows

PRISMA: Final = "_prisma_migrations"

# table_xinfo's `hidden`: a column that a module hides; VIRTUAL and STORED generated ones.
_HIDDEN: Final = 1
_GENERATED: Final = (2, 3)


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is as declared, `default` SQL as written or None, `key` the place in the primary key from 1, else 0.

    `generated` is the expression as written, "" for a column that stores what is put there.
    """

    name: str
    type: str
    affinity: str
    required: bool
    default: str | None
    key: int
    generated: str
    collation: str


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`references` are the other table's columns; where the text names none, its primary key."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_update: str
    on_delete: str


@dataclass(frozen=True, slots=True)
class Index:
    """`origin` is "c" for CREATE INDEX, "u" and "pk" for what a constraint made, which has no SQL of its own.

    `columns` is None where any part is an expression; `where` is "" for an index over all rows.
    """

    name: str
    table: str
    sql: str
    unique: bool
    columns: tuple[str, ...] | None
    where: str
    origin: str
    collations: tuple[str, ...] = ()

    @property
    def is_reserved(self) -> bool:
        """Whether its name is one that SQLite keeps to itself; Prisma gives such to what it found in a database."""
        return self.origin == "c" and fold(self.name).startswith("sqlite_")

    @property
    def making(self) -> tuple[str, ...]:
        """The statements that make it."""
        if self.is_reserved:
            return ("PRAGMA writable_schema = ON", self.sql, "PRAGMA writable_schema = OFF")
        return (self.sql,)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger, on a table or a view."""

    name: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class View:
    """A view."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Table:
    """`primary_key` names columns in the key's order; `root` is the page that stays through a rename.

    `counter` is what AUTOINCREMENT has reached, None where it never counted. `virtual` is the module, "" for a table of
    its own; the tables in which a module stores its data belong to it and are not in the catalog.
    """

    name: str
    sql: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    strict: bool
    without_rowid: bool
    autoincrement: bool
    counter: int | None
    virtual: str
    root: int

    def column(self, name: str) -> Column | None:
        """Return a column; case does not matter."""
        return next((one for one in self.columns if fold(one.name) == fold(name)), None)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


class Names(Mapping[str, N]):
    """Objects by name, in the order of their names; looking one up does not mind ASCII case, as SQLite does not."""

    def __init__(self, objects: Iterable[N] = ()) -> None:
        self._objects = {fold(one.name): one for one in sorted(objects, key=lambda one: one.name)}

    def __getitem__(self, name: str) -> N:
        return self._objects[fold(name)]

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in self._objects.values())

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and fold(name) in self._objects

    def __repr__(self) -> str:
        return f"Names({list(self._objects.values())!r})"


@dataclass(frozen=True, slots=True)
class Catalog:
    """A file's objects by name; `_prisma_migrations` is among them, SQLite's own tables are not."""

    tables: Names[Table]
    indexes: Names[Index]
    triggers: Names[Trigger]
    views: Names[View]
    _by_table: dict[str, list[Index]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.indexes.values():
            self._by_table.setdefault(fold(one.table), []).append(one)

    def indexes_of(self, table: str) -> Sequence[Index]:
        """Return a table's indexes, those of its constraints too."""
        return self._by_table.get(fold(table), ())

    def triggers_of(self, table: str) -> list[Trigger]:
        """Return the triggers on a table or view."""
        return [one for one in self.triggers.values() if fold(one.table) == fold(table)]


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return what SQLite compares names by: lower case in ASCII only."""
    return name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)


@lru_cache(maxsize=1024)
def affinity(declared: str, *, strict: bool = False) -> str:
    """Return what a declared type makes of values (sqlite.org/datatype3.html, 3.1)."""
    upper = declared.upper()
    if strict and upper == "ANY":
        return "BLOB"
    for words, found in _AFFINITIES:
        if any(word in upper for word in words):
            return found
    return "NUMERIC" if upper else "BLOB"


_AFFINITIES = (
    (("INT",), "INTEGER"),
    (("CHAR", "CLOB", "TEXT"), "TEXT"),
    (("BLOB",), "BLOB"),
    (("REAL", "FLOA", "DOUB"), "REAL"),
)


class _Kind(NamedTuple):
    """`of` is "table", "virtual", or "shadow" for a table in which a virtual one stores its data."""

    of: str
    without_rowid: bool
    strict: bool


def read(connection: Connection, schema: str = "main") -> Catalog:
    """Read the catalog of the file itself or of an attached one."""
    found = rows(connection, f"SELECT type, name, tbl_name, rootpage, sql FROM {quote(schema)}.sqlite_master")
    counters = _counters(connection, schema) if any(name == "sqlite_sequence" for _, name, *_ in found) else {}
    key = (*found, *counters.items())
    if (known := _known.pop(key, None)) is None:
        known = _read(connection, schema, found, counters)
    _known[key] = known  # the last used is the last
    if len(_known) > _REMEMBERED:
        del _known[next(iter(_known))]
    return known


# A trial reads the same few catalogs again and again, and all there is to say of them is in their texts.
_known: dict[tuple[Any, ...], Catalog] = {}
_REMEMBERED = 32


def _read(
    connection: Connection, schema: str, found: Sequence[tuple[Any, ...]], counters: Mapping[str, int | None]
) -> Catalog:
    kinds = {
        name: _Kind(of, bool(without_rowid), bool(strict))
        for name, of, without_rowid, strict in rows(
            connection, "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = ?", [schema]
        )
    }
    columns, keys = _columns(connection, schema, kinds), _foreign_keys(connection, schema)
    own = [row for row in found if not row[1].startswith("sqlite_")]
    tables = [
        _table(name, sql, root, kinds[name], columns[name], keys[name], counters.get(name))
        for kind, name, _, root, sql in own
        if kind == "table" and kinds[name].of != "shadow"
    ]
    named = Names(tables)
    return Catalog(
        Names(_resolved(table, named) for table in tables),
        Names(_indexes(connection, schema, {name: sql for kind, name, _, _, sql in found if kind == "index"}, named)),
        Names(
            Trigger(name, named[on].name if on in named else on, sql)
            for kind, name, on, _, sql in own
            if kind == "trigger"
        ),
        Names(View(name, sql) for kind, name, _, _, sql in own if kind == "view"),
    )


def _columns(connection: Connection, schema: str, kinds: Mapping[str, _Kind]) -> dict[str, list[Any]]:
    """Read every table's columns at once; a virtual table's by itself, for its module may be missing here."""
    found: dict[str, list[Any]] = defaultdict(list)
    # CROSS JOIN keeps the order; the other way round the functions have no argument, and no rows.
    for name, *column in rows(
        connection,
        "SELECT l.name, x.name, x.type, x.[notnull], x.dflt_value, x.pk, x.hidden"
        " FROM pragma_table_list l CROSS JOIN pragma_table_xinfo(l.name, l.schema) x"
        " WHERE l.schema = ? AND l.type = 'table' ORDER BY l.name, x.cid",
        [schema],
    ):
        found[name].append(column)
    for name in (name for name, kind in kinds.items() if kind.of == "virtual"):
        with suppress(SqlError):
            described = rows(connection, "SELECT * FROM pragma_table_xinfo(?, ?)", [name, schema])
            found[name] = [list(row[1:]) for row in described if row[6] != _HIDDEN]
    return found


def _foreign_keys(connection: Connection, schema: str) -> dict[str, list[ForeignKey]]:
    found: dict[str, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for name, number, *part in rows(
        connection,
        "SELECT l.name, f.id, f.[table], f.[from], f.[to], f.on_update, f.on_delete"
        " FROM pragma_table_list l CROSS JOIN pragma_foreign_key_list(l.name, l.schema) f"
        " WHERE l.schema = ? AND l.type = 'table' ORDER BY l.name, f.id DESC, f.seq",
        [schema],
    ):
        found[name][number].append(part)
    keys: dict[str, list[ForeignKey]] = defaultdict(list)
    for name, numbered in found.items():
        for parts in numbered.values():
            table, _, _, on_update, on_delete = parts[0]
            references = tuple(part[2] for part in parts if part[2] is not None)
            keys[name].append(ForeignKey(tuple(part[1] for part in parts), table, references, on_update, on_delete))
    return keys


def _counters(connection: Connection, schema: str) -> dict[str, int | None]:
    return dict(rows(connection, f"SELECT name, seq FROM {quote(schema)}.sqlite_sequence"))


def _table(
    name: str,
    sql: str,
    root: int,
    kind: _Kind,
    described: list[Any],
    foreign_keys: list[ForeignKey],
    counter: int | None,
) -> Table:
    virtual = _module(sql) if kind.of == "virtual" else ""
    written = _Written({}) if virtual else _written(sql)
    columns = []
    for column, declared, required, default, key, hidden in described:
        generated, collation = written.columns.get(fold(column), ("", "BINARY"))
        columns.append(
            Column(
                column,
                declared,
                affinity(declared, strict=kind.strict),
                bool(required),
                default,
                key,
                generated if hidden in _GENERATED else "",
                collation,
            )
        )
    return Table(
        name,
        sql,
        tuple(columns),
        tuple(one.name for one in sorted((one for one in columns if one.key), key=lambda one: one.key)),
        tuple(foreign_keys),
        kind.strict,
        kind.without_rowid,
        written.autoincrement,
        counter,
        virtual,
        root,
    )


class _Written(NamedTuple):
    """What only a table's text says: by folded name, a generated column's expression and the collation."""

    columns: dict[str, tuple[str, str]]
    autoincrement: bool = False


@lru_cache(maxsize=1024)
def _written(sql: str) -> _Written:
    parts = definitions.definition(sql).columns
    return _Written(
        {fold(name): (definitions.generated(sql, part), definitions.collation(part)) for name, part in parts.items()},
        any(token.word == "AUTOINCREMENT" for part in parts.values() for token in part),
    )


def _resolved(table: Table, tables: Names[Table]) -> Table:
    """Name what a foreign key refers to as it is: the table in its own case, the primary key where none is named."""
    keys = []
    for key in table.foreign_keys:
        parent = tables.get(key.table)
        keys.append(replace(key, table=parent.name, references=key.references or parent.primary_key) if parent else key)
    return replace(table, foreign_keys=tuple(keys))


def _indexes(
    connection: Connection, schema: str, texts: Mapping[str, str | None], tables: Names[Table]
) -> Iterator[Index]:
    parts: dict[tuple[str, str, bool, str], list[tuple[str | None, str]]] = defaultdict(list)
    for table, name, unique, origin, column, collation in rows(
        connection,
        "SELECT l.name, i.name, i.[unique], i.origin, x.name, x.coll"
        " FROM pragma_table_list l CROSS JOIN pragma_index_list(l.name, l.schema) i"
        " CROSS JOIN pragma_index_xinfo(i.name, l.schema) x"
        " WHERE l.schema = ? AND l.type = 'table' AND x.key ORDER BY i.name, x.seqno",
        [schema],
    ):
        if table in tables:
            parts[table, name, bool(unique), origin].append((column, collation))
    for (table, name, unique, origin), members in parts.items():
        sql = texts.get(name) or ""
        plain = [column for column, _ in members if column is not None]
        yield Index(
            name,
            table,
            sql,
            unique,
            tuple(plain) if len(plain) == len(members) else None,
            definitions.condition(sql),
            origin,
            tuple(collation for _, collation in members),
        )


def _module(sql: str) -> str:
    """Return the module of a CREATE VIRTUAL TABLE name USING module(...)."""
    found = definitions.tokens(sql)
    return next((after.text for token, after in pairwise(found) if token.word == "USING"), "?")

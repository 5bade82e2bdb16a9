"""What a rebuild loses without a word, because Prisma does not know it: found, and put back behind the migration.

DROP TABLE takes the table's triggers and indexes along and forgets its AUTOINCREMENT counter; the CREATE of a rebuild
knows only what schema.prisma can say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Index, Names, Table, Trigger, View, fold
from safemigrate.db.sqlite.connection import Connection, literal, quote
from safemigrate.db.sqlite.definition import checks, definition, tokens
from safemigrate.db.sqlite.works import broken_alone, broken_index, broken_trigger, broken_view, refused


@dataclass(frozen=True, slots=True)
class Restorable:
    """Something that is gone and that `sql` brings back. `what` it is, as users write it; `table` is its table."""

    what: str
    table: str
    sql: tuple[str, ...]
    of: Trigger | View | Index | None = None

    @property
    def words(self) -> str:
        """What is to be told where it is back."""
        return f"{self.what}, which the rebuild would have lost, was put back"


_OPTIONS = "rebuild-loses-options"


@dataclass(frozen=True, slots=True)
class Gone:
    """Something that does not come back: `words` say what it was, and why.

    `rule` names the one that finds it in the text, "" where only the catalog shows it.
    """

    table: str
    words: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """What a migration loses without saying so."""

    restorable: tuple[Restorable, ...] = ()
    gone: tuple[Gone, ...] = ()

    @property
    def sql(self) -> tuple[str, ...]:
        """The statements that run behind the migration's own, in the same transaction."""
        return tuple(sql for one in self.restorable for sql in one.sql)


def lost(
    before: Catalog,
    after: Catalog,
    statements: Sequence[str],
    known_indexes: Collection[str],
    made_later: Collection[tuple[str, str]] = (),
) -> Lost:
    """Find what is not there any more though no statement says so.

    `known_indexes` are those that migrations of the history created: where a rebuild does not make a plain one of them
    again, schema.prisma has it no longer. An index with a condition or an expression Prisma never knew.
    `made_later` are, by "INDEX" or "TRIGGER" and folded name, those that a migration behind it makes again by itself.
    """
    said = [tokens(sql) for sql in statements]
    dropped = {name for words in said if (name := _dropped([(token.word, token.text) for token in words]))}
    dropped |= set(made_later)
    known = {fold(name) for name in known_indexes}

    def missing(kind: str, was: Names[Index] | Names[Trigger], now: Names[Index] | Names[Trigger]) -> Iterator[str]:
        return (name for name in was if name not in now and (kind, fold(name)) not in dropped)

    indexes = [before.indexes[name] for name in missing("INDEX", before.indexes, after.indexes)]
    found = [
        Restorable(f"index {quote(one.name)} on {quote(one.table)}", one.table, one.making, one)
        for one in indexes
        if one.origin == "c"
        and one.table in after.tables
        and (one.columns is None or one.where or fold(one.name) not in known)
    ]
    triggers = [before.triggers[name] for name in missing("TRIGGER", before.triggers, after.triggers)]
    found += (
        Restorable(f"trigger {quote(one.name)} on {quote(one.table)}", one.table, (one.sql,), one)
        for one in triggers
        if one.table in after.tables or one.table in after.views
    )
    pairs = [
        (was, after.tables[name]) for name, was in before.tables.items() if name in after.tables and name != PRISMA
    ]
    if not any(token.text.lower() == "sqlite_sequence" for words in said for token in words):
        found += (one for was, now in pairs for one in _counter(was, now))
    return Lost(tuple(found), tuple(one for was, now in pairs if was.sql != now.sql for one in _clauses(was, now)))


def tried(connection: Connection, found: Lost, before: Catalog, after: Catalog) -> Lost:
    """Return what does come back, tried and undone; the rest is gone, with the reason.

    The migration has run in `connection`, and the file before it is attached as `before`. Gone is also what is there
    still and works no longer.
    """
    back, gone = [], list(found.gone)
    connection.execute("SAVEPOINT tried")
    try:
        for one in found.restorable:
            if why := _without(one, before, after) or refused(connection, one.sql, one.of):
                gone.append(Gone(one.table, f"{one.what} is gone with the rebuild: {why}"))
            else:
                back.append(one)
        gone += _broken(connection, before, after)
    finally:
        connection.execute("ROLLBACK TO tried")
        connection.execute("RELEASE tried")
    return Lost(tuple(back), tuple(gone))


def _without(one: Restorable, before: Catalog, after: Catalog) -> str:
    """Say what a thing names that is gone, where SQLite would not."""
    if not isinstance(one.of, Index):
        return ""
    return broken_index(one.of, before.tables[one.table], after.tables[one.table])


def _broken(connection: Connection, before: Catalog, after: Catalog) -> Iterator[Gone]:
    """Say of views and triggers that the migration left alone whether it left them without what they name."""
    for name, view in before.views.items():
        same = name in after.views and after.views[name].sql == view.sql
        if same and (why := broken_view(connection, view)) and not broken_view(connection, view, "before"):
            yield Gone("", f"view {quote(name)} works no longer: {why}")
    for name, trigger in before.triggers.items():
        now = after.triggers.get(name)
        if not now or now.sql != trigger.sql:
            continue
        if (why := broken_alone(connection, now)) and not broken_trigger(connection, trigger, "before"):
            yield Gone(now.table, f"trigger {quote(name)} on {quote(now.table)} works no longer: {why}")


def _dropped(words: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the kind and the name of what a statement drops."""
    if len(words) < 3 or words[0][0] != "DROP":
        return None
    rest = words[4:] if [word for word, _ in words[2:4]] == ["IF", "EXISTS"] else words[2:]
    named = rest[2:] if len(rest) > 2 and rest[1][0] == "." else rest
    return (words[1][0], fold(named[0][1])) if named else None


def _counter(was: Table, now: Table) -> Iterator[Restorable]:
    if was.counter is None or not now.autoincrement or (now.counter or 0) >= was.counter:
        return
    name = literal(now.name)
    yield Restorable(
        f"the AUTOINCREMENT counter of {quote(now.name)}",
        now.name,
        (
            f"UPDATE sqlite_sequence SET seq = max(seq, {was.counter}) WHERE name = {name}",
            f"INSERT INTO sqlite_sequence (name, seq) SELECT {name}, {was.counter} "
            f"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name})",
        ),
    )


def _clauses(was: Table, now: Table) -> Iterator[Gone]:
    """Say what a table's new text has no longer and Prisma cannot write."""
    table = quote(now.name)
    if was.strict and not now.strict:
        yield Gone(now.name, f"table {table} is STRICT no longer: columns take values of any type", _OPTIONS)
    for column in was.columns:
        name, kept = quote(was.name, column.name), now.column(column.name)
        if kept and column.generated and not kept.generated:
            yield Gone(
                now.name, f"{name} was generated as {column.generated}, and is a plain column now", "drop-default"
            )
        if kept and column.collation.upper() not in {"BINARY", kept.collation.upper()}:
            yield Gone(
                now.name, f"{name} was COLLATE {column.collation}, and compares as {kept.collation} now", _OPTIONS
            )
    kept_checks = Counter(_shape(check) for check, _ in _checks(now))
    for check, column_name in _checks(was):
        kept_checks[_shape(check)] -= 1
        if kept_checks[_shape(check)] < 0 and (not column_name or now.column(column_name)):
            yield Gone(now.name, f"CHECK ({check}) of {table} is gone", "drop-constraint")


def _checks(table: Table) -> list[tuple[str, str]]:
    """Return a table's CHECKs, each with the column whose it is, "" where it is the table's."""
    read = definition(table.sql)
    of_columns = [(check, name) for name, part in read.columns.items() for check in checks(table.sql, part)]
    return of_columns + [(check, "") for part in read.constraints for check in checks(table.sql, part)]


def _shape(sql: str) -> tuple[str, ...]:
    """An expression without its spaces and its ways to quote."""
    return tuple(token.text if token.text.startswith("'") else fold(token.text) for token in tokens(sql))

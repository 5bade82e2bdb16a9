"""Where each table of today, and each of its columns, comes from: what the statements did tells, not the names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from safemigrate.db.sqlite.catalog import Catalog, Table, fold
from safemigrate.db.sqlite.definition import Token, tokens
from safemigrate.sql import Statement, split
from safemigrate.sql.actions import CreateTable, Insert


class Observed(Protocol):
    """What the shadow saw of one statement: the catalogs around it, and the tables whose rows it may have written."""

    @property
    def statement(self) -> Statement: ...  # noqa: D102
    @property
    def before(self) -> Catalog: ...  # noqa: D102
    @property
    def after(self) -> Catalog: ...  # noqa: D102
    @property
    def written(self) -> frozenset[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Computed:
    """A `column` of today that an `expression` made of one former column alone, which it `reads` in a `table`."""

    column: str
    expression: str
    reads: str
    table: str


@dataclass(frozen=True, slots=True)
class Descent:
    """A table's former self. `columns` gives a former column's name of today; one that is not in it is gone.

    `rebuilt`: the rows are copies, made by an INSERT. `computed` are former columns of which one of today was made.
    Names are folded, but for `table` and today's columns.
    """

    table: str
    columns: Mapping[str, str]
    rebuilt: bool = False
    computed: Mapping[str, Computed] = field(default_factory=dict)


Lineage = dict[str, Descent]
"""By the folded name of a former table."""


@dataclass(slots=True)
class _Line:
    """A table on its way: `columns` gives, folded, a column's former name. `filled`: by a query nobody can read."""

    origin: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    computed: dict[str, list[Computed]] = field(default_factory=dict)  # by the former name
    rebuilt: bool = False
    filled: bool = False


def lineage(before: Catalog, after: Catalog, observed: Sequence[Observed] = ()) -> Lineage:
    """Trace the tables of `before` through the statements to those of `after`; by their names where there is none."""
    lines = {fold(name): _Line(fold(name), _same(table)) for name, table in before.tables.items()}
    for seen in observed:
        _follow(lines, seen)
    claims: dict[str, tuple[str, _Line]] = {}
    for name in after.tables:
        line = lines.get(fold(name), _Line())
        if line.origin is None or line.origin not in before.tables:
            continue
        known = claims.get(line.origin)
        if known is None or _rank(line.origin, name, line) < _rank(line.origin, *known):
            claims[line.origin] = name, line
    claimed = {fold(name) for name, _ in claims.values()}
    found = {}
    for origin, table in before.tables.items():
        name, line = claims.get(fold(origin), ("", _Line()))
        if not name and origin in after.tables and fold(origin) not in claimed and lines[fold(origin)].filled:
            name, line = after.tables[origin].name, _Line(fold(origin), _same(table), rebuilt=True)
        if name:
            now = after.tables[name]
            columns = {line.columns[fold(one.name)]: one.name for one in now.columns if fold(one.name) in line.columns}
            found[fold(origin)] = Descent(now.name, columns, line.rebuilt, _certain(line, now, columns))
    return found


def reversed_lineage(found: Lineage, before: Catalog) -> Lineage:
    """Return the way a rollback takes: from the tables of today to the former ones."""
    back = {}
    for origin, descent in found.items():
        table = before.tables[origin]
        named = {
            fold(now): next(c.name for c in table.columns if fold(c.name) == was)
            for was, now in descent.columns.items()
        }
        back[fold(descent.table)] = Descent(table.name, named, descent.rebuilt)
    return back


def _certain(line: _Line, now: Table, columns: Mapping[str, str]) -> dict[str, Computed]:
    """Leave out what has a column of today itself, or of which two were made."""
    return {
        name: made[0]
        for name, made in line.computed.items()
        if name not in columns and len(made) == 1 and now.column(made[0].column)
    }


def _same(table: Table) -> dict[str, str]:
    return {fold(column.name): fold(column.name) for column in table.columns}


def _rank(origin: str, name: str, line: _Line) -> tuple[bool, bool]:
    return line.rebuilt, fold(name) != origin


def _follow(lines: dict[str, _Line], seen: Observed) -> None:
    before, after = seen.before.tables, seen.after.tables
    gone = [table for name, table in before.items() if name not in after]
    born = [table for name, table in after.items() if name not in before]
    pairs = [(before[name], table) for name, table in after.items() if name in before]
    if len(gone) == len(born) == 1 and gone[0].root == born[0].root and gone[0].virtual == born[0].virtual:
        lines[fold(born[0].name)] = lines.pop(fold(gone[0].name))
        pairs.append((gone[0], born[0]))
    else:
        for table in gone:
            del lines[fold(table.name)]
        lines.update((fold(table.name), _Line()) for table in born)
    for was, now in pairs:
        line = lines[fold(now.name)]
        line.columns = _columns(line.columns, was, now)
    for action in seen.statement.actions:
        if isinstance(action, Insert) and action.query:
            _copied(lines, action, seen.after)
        elif isinstance(action, CreateTable) and action.query:
            _selected(lines, action, seen)


def _columns(columns: dict[str, str], was: Table, now: Table) -> dict[str, str]:
    """Carry columns over: by their places where none came or went, for then at most a name has changed."""
    former, names = ([fold(column.name) for column in table.columns] for table in (was, now))
    if len(former) == len(names) and sum(one != other for one, other in zip(former, names, strict=True)) == 1:
        return {name: columns[old] for old, name in zip(former, names, strict=True) if old in columns}
    return {name: columns[name] for name in names if name in columns}


def _copied(lines: dict[str, _Line], action: Insert, catalog: Catalog) -> None:
    """Take over the descent of the one table that an INSERT reads."""
    line = lines.get(fold(action.table.name))
    if line is None or line.origin is not None:
        return
    source = lines.get(fold(action.origin.name)) if action.origin else None
    if source is None or action.origin is None or source.origin is None:
        line.filled = line.filled or source is None or source.filled
        return
    origin = catalog.tables[action.origin.name]
    stored = [column.name for column in catalog.tables[action.table.name].columns if not column.generated]
    values: list[tuple[str | None, str]] = []
    for value in action.values:
        whole = value.strip() == "*"
        values += [(column.name, "") for column in origin.columns] if whole else [(read_column(value), value)]
    line.origin, line.rebuilt = source.origin, True
    for name, (column, text) in zip(action.columns or stored, values, strict=False):
        if column is not None and fold(column) in source.columns:
            line.columns[fold(name)] = source.columns[fold(column)]
        elif column is None and (reads := _read_alone(text, origin)) and reads in source.columns:
            made = Computed(name, text, reads, origin.name)
            line.computed.setdefault(source.columns[reads], []).append(made)


def _selected(lines: dict[str, _Line], action: CreateTable, seen: Observed) -> None:
    """CREATE TABLE AS: an INSERT of the same query into a table that has just been made."""
    found = tokens(seen.statement.sql)
    start = next((token.end for token in found if token.word == "AS"), None)
    if start is None:
        return
    query = split(f"INSERT INTO {action.table} {seen.statement.sql[start:]}", "the query", dialect="sqlite")
    for inserted in (one for statement in query for one in statement.actions):
        if isinstance(inserted, Insert) and inserted.query:
            _copied(lines, inserted, seen.after)


def read_column(expression: str) -> str | None:
    """Return the column that an expression hands on: itself, with a value for NULL, or in another type."""
    found = tokens(expression)
    if len(found) > 2 and found[-2].word == "AS":
        found = found[:-2]
    return _handed_on(expression, found)


def _read_alone(expression: str, origin: Table) -> str:
    """Return the one column that an expression reads, "" where it reads more."""
    found = tokens(expression)
    named = (
        one for one, behind in zip(found, [*found[1:], None], strict=True) if not behind or behind.word not in "(."
    )
    read = {fold(one.text) for one in named if origin.column(one.text)}
    return read.pop() if len(read) == 1 and all(one.word != "SELECT" for one in found) else ""


def _handed_on(text: str, found: Sequence[Token]) -> str | None:
    if len(found) == 3 and found[1].word == "." and _is_name(text, found[0]):
        found = found[2:]
    if len(found) == 1:
        return found[0].text if _is_name(text, found[0]) else None
    if len(found) < 4 or found[1].word != "(" or found[-1].word != ")":
        return None
    ends = {"COALESCE": ",", "IFNULL": ",", "CAST": "AS"}.get(found[0].word)
    inner = _until(found[2:-1], ends) if ends else None
    return _handed_on(text, inner) if inner else None


def _until(found: Iterable[Token], word: str) -> list[Token] | None:
    """Return what stands before a word outside of brackets, None where the brackets close too early."""
    inside: list[Token] = []
    depth = 0
    for token in found:
        if token.word == word and not depth:
            return inside
        depth += (token.word == "(") - (token.word == ")")
        if depth < 0:
            return None
        inside.append(token)
    return None


def _is_name(text: str, token: Token) -> bool:
    first = text[token.start]
    return first in '"`[' or first.isalpha() or first == "_"

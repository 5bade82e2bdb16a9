"""What a table made anew has become: the old one and the new one side by side, and what the copy does to the rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from safemigrate.lint.affinity import holds
from safemigrate.lint.facts import Facts, Index
from safemigrate.lint.header import Warned
from safemigrate.lint.lineage import fills, is_present, mapped, plain, read
from safemigrate.lint.rebuild import Remade
from safemigrate.lint.schema import Schema, Table
from safemigrate.lint.spelling import respelled
from safemigrate.sql import Name
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterColumnType,
    Column,
    Constraint,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    Insert,
    Rebuild,
    Rename,
    SetDefault,
    SetNotNull,
    Update,
    quote,
)

_RECREATED = ("recreate", "recreate required")


@dataclass
class Changes:
    """What a rebuild comes to: `steps` one after the other. `gone` are the old columns that are no more.

    `touched` are columns whose values or type may be others; `unique` the keys that no two rows share, or
    `all_but` those that somebody says some do.
    """

    steps: list[list[Action]] = field(default_factory=lambda: [[], [], [], []])
    gone: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    unique: list[set[str]] = field(default_factory=list)
    all_but: list[set[str]] | None = None

    def had(self, index: CreateIndex) -> bool:
        """Whether an index that is made again finds no duplicates, for the rows are those of before."""
        columns = {*index.columns}
        if not index.unique or not columns or index.collates or self.touched & columns:
            return False
        if self.all_but is not None:
            return columns not in self.all_but
        return any(key <= columns for key in self.unique)


def changes(schema: Schema, one: Remade, copies: Sequence[Insert], warned: Sequence[Warned]) -> Changes:
    """Compare a table as it is with what it is made anew as; where nobody knows it, Prisma's warnings say most."""
    before = schema.table(one.table)
    scratch = Schema(Facts(schema=schema.key(one.table)[0]))
    scratch.note(respelled(one.created, lambda name: one.table if name == one.temporary else name))
    after = scratch.table(one.table)
    about = [each for each in warned if each.table == one.table.name]
    if before.unknown:
        return _Unknown(one, after, copies, about).told
    return _Known(one, before, after, copies, about).told


class _Comparison:
    """`values` are the expressions that go into each new column, `source` the old column that one is as it was."""

    def __init__(self, one: Remade, after: Table, copies: Sequence[Insert], before: Sequence[str]) -> None:
        self.table = one.table
        self.after = after
        self.required: Collection[str] = ()
        self.told = Changes()
        self.first, self.second, self.third, self.last = self.told.steps
        self.values = mapped(copies, one.created.columns, before)
        self.source = {column: plain(value) for column, value in self.values.items()}
        lost = tuple(self._lost(before))
        left_out, condition = _left_out(copies, plainly=bool(self.values))
        self.last.append(Rebuild(one.table, one.created, "copy", left_out, condition, lost))

    def _lost(self, _before: Sequence[str]) -> Iterator[str]:
        return iter(())

    def rename(self, old: str, new: str) -> None:
        self.first.append(Rename("column", Name(None, old), new, self.table))

    def fill(self, column: str, value: str, *, nulls: bool) -> None:
        where = f"{quote(column)} IS NULL" if nulls else ""
        self.second.append(Update(self.table, (column,), f"{quote(column)} = {value}", where))

    def add(self, column: Column) -> None:
        """A column that was not there: empty, or filled by the copy."""
        value = self.values.get(column.name)
        if value is None or value.upper() == "NULL":
            step = self.third if column.name in self.told.gone else self.first
            default = column.default if value is None else ""
            step.append(AddColumn(self.table, replace(column, default=default, unique=False)))
            return
        self.told.touched.add(column.name)
        self.first.append(AddColumn(self.table, replace(column, not_null=False, default="", unique=False)))
        self.fill(column.name, value, nulls=False)
        if column.not_null:
            self.require(column.name)

    def require(self, column: str) -> None:
        value = self.values.get(column, "")
        self.third.append(SetNotNull(self.table, column, "" if is_present(value, self.required) else value))

    def drop(self, column: str) -> None:
        self.told.gone.add(column)
        self.told.touched.add(column)
        self.third.append(DropColumn(self.table, column))


class _Known(_Comparison):
    """With the table as it was."""

    def __init__(
        self, one: Remade, before: Table, after: Table, copies: Sequence[Insert], warned: Sequence[Warned]
    ) -> None:
        self.before = before
        super().__init__(one, after, copies, list(before.types))
        if not self.values:  # a copy that cannot be followed column by column: by name then
            self.values = {name: quote(name) for name in after.types if name in before.types}
            self.source = {name: name for name in self.values}
        self.required = before.required
        self.names = self._followed()
        self.told.unique = list(self._keys())
        for old in before.types:
            self._compare(old)
        for each in warned:  # Prisma saw a column that no migration made
            if each.kind == "drop column" and each.column not in before.types and each.column not in after.types:
                self.drop(each.column)
        for name, column in after.defined.items():
            if name not in self.names.values():
                self.add(column)
        self._constraints()

    def _keys(self) -> Iterator[set[str]]:
        """What no two rows share: the keys of before, by every column that has their values as they were."""
        for key in _unique(self.before):
            heirs = [[new for new in self.source if self._is_copied(old, new)] for old in key]
            yield from map(set, product(*heirs))

    def _is_copied(self, old: str, new: str) -> bool:
        was, column = self.before.defined.get(old), self.after.defined[new]
        alike = was is None or column.collation.upper() in ("", "BINARY", was.collation.upper())
        return self.source[new] == old and alike and holds(self.before.types[old], column.type)

    def _followed(self) -> dict[str, str]:
        """The new column of each old one that lives on: one that its values go into, else the one of its name."""
        found = {}
        for old in self.before.types:
            heirs = [new for new, source in self.source.items() if source == old and new not in self.before.types]
            if old in self.after.types and (not heirs or read([self.values.get(old, "")], [old])):
                found[old] = old
            elif heirs:
                found[old] = heirs[0]
                self.rename(old, heirs[0])
        return found

    def _compare(self, old: str) -> None:
        new, was = self.names.get(old), self.before.defined.get(old)
        if new is None:
            if was is None or not was.generated:
                self.drop(old)
            return
        column, type_ = self.after.defined[new], self.before.types[old]
        retyped = " ".join(type_.upper().split()) != " ".join(column.type.upper().split())
        value = self.values.get(new)
        if column.generated:
            if was is None or not was.generated:
                self.drop(old)
                self.add(column)
            return
        if value is None or value.upper() == "NULL":
            self.drop(old)
            self.add(column)
            return
        if self.source[new] != old:
            self.told.touched.add(new)
            if fills(value) == old:
                self.fill(new, value, nulls=True)
            elif not retyped or not read([value], [old]):
                self.fill(new, value, nulls=False)
        if retyped:
            self.told.touched |= set() if holds(type_, column.type) else {new}
            self.third.append(AlterColumnType(self.table, new, column.type, "" if self.source[new] == old else value))
        self._keep_up(old, new, was, column)

    def _keep_up(self, old: str, new: str, was: Column | None, column: Column) -> None:
        """NOT NULL and DEFAULT of a column that lives on."""
        required = new in self.after.required
        if required and (old not in self.before.required or self.source.get(new) != old):
            self.require(new)
        elif not required and old in self.before.required:
            self.third.append(DropNotNull(self.table, new))
        if was and was.generated:
            self.third.append(AlterColumn(self.table, new, "drop expression"))
        elif was is None or column.default == was.default:
            return
        elif column.default:
            self.third.append(SetDefault(self.table, new, column.default))
        else:
            self.third.append(DropDefault(self.table, new))

    def _constraints(self) -> None:
        renamed = {old: new for old, new in self.names.items() if old != new}
        old = {name: _meant(one, renamed) for name, one in self.before.constraints.items()}
        new = {name: _meant(one, {}) for name, one in self.after.constraints.items()}
        unique_now = [{*index.columns} for index in self.after.indexes.values() if index.unique]
        for name, meant in old.items():
            if meant in new.values() or self.told.gone & {*self.before.constraints[name].columns}:
                continue
            if meant[0] in ("unique", "primary key") and {*meant[1]} in unique_now:
                continue
            self.last.append(DropConstraint(self.table, name))
        for name, meant in new.items():
            one = self.after.constraints[name]
            about = {*one.columns, *(read([one.expression], self.after.types) if one.kind == "check" else ())}
            if meant not in old.values() or about & self.told.touched:  # kept as well, by other values
                distinct = any(key <= about for key in self.told.unique)
                self.last.append(AddConstraint(self.table, one, distinct))

    def _lost(self, _before: Sequence[str]) -> Iterator[str]:
        for name, was in self.before.defined.items():
            now = self.after.defined.get(name)
            if now and was.collation.upper() not in ("", "BINARY", now.collation.upper()):
                yield f"COLLATE {was.collation} of {quote(name)}"
            if now and was.identity and now.type.upper() == "INTEGER" and not now.identity:
                yield f"AUTOINCREMENT of {quote(name)}"
        if "strict" in self.before.options and "strict" not in self.after.options:
            yield "STRICT"


class _Unknown(_Comparison):
    """By the copy alone, and by what Prisma says at the head of the file."""

    def __init__(self, one: Remade, after: Table, copies: Sequence[Insert], warned: Sequence[Warned]) -> None:
        super().__init__(one, after, copies, [])
        recreated = {each.column for each in warned if each.kind in _RECREATED}
        for new, value in self.values.items():
            column = self.after.defined.get(new)
            if self.source[new] and self.source[new] not in self.values and self.source[new] not in after.types:
                self.rename(self.source[new], new)
            elif column and fills(value) and column.not_null:
                self.fill(new, value, nulls=True)
        for each in warned:
            was = {each.column} if each.column in after.types else set()
            if each.kind == "drop column" or each.kind in _RECREATED:
                self.drop(each.column)
            elif each.kind == "cast" and was:
                self.third.append(AlterColumnType(self.table, each.column, after.types[each.column]))
            elif each.kind == "not null" and was and not fills(self.values.get(each.column, "")):
                self.require(each.column)
        for name, column in after.defined.items():
            if (self.values and name not in self.values) or name in recreated:
                self.add(column)
        self.told.all_but = [{*each.column.split(",")} for each in warned if each.kind == "unique"]


def _left_out(copies: Sequence[Insert], *, plainly: bool) -> tuple[str, str]:
    """What says that rows stay behind, and which, as a condition on the old table."""
    copy = copies[0]
    if copy.conflict in ("ignore", "replace"):
        return f"INSERT OR {copy.conflict.upper()}", ""
    if len(copies) > 1:
        return (f"{len(copies)} INSERTs" if any(each.rest for each in copies) else ""), ""
    where = copy.rest.removeprefix("WHERE ").removeprefix("where ").strip()
    if copy.origin and where != copy.rest:
        alone = not any(word in where.upper().split() for word in ("GROUP", "LIMIT", "HAVING", "OFFSET"))
        return copy.rest, f"({where}) IS NOT TRUE" if alone else ""
    if copy.rest.upper().startswith("ORDER") and "LIMIT" not in copy.rest.upper():
        return "", ""
    if not copy.origin or not plainly:
        return copy.rest or "a SELECT of more than the table", ""
    return copy.rest, ""


def _unique(table: Table) -> Iterable[tuple[str, ...]]:
    indexes: Mapping[str, Index] = table.indexes
    return [index.columns for index in indexes.values() if index.is_key]


def _meant(one: Constraint, renamed: Mapping[str, str]) -> tuple[str, tuple[str, ...], str]:
    columns = tuple(renamed.get(column, column) for column in one.columns)
    if one.kind == "check":
        return one.kind, (), "".join(one.expression.split()).lower()
    parent = one.references.name.lower() if one.references else ""
    events = (event.replace("no action", "") for event in (one.on_delete, one.on_update))
    return one.kind, columns, "/".join((parent, *one.referenced, *events))

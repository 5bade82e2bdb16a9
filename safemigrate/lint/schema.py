"""The schema as a rule finds it: what the target has, and what the migrations did to it so far.

Without a target it is what the text says, and a table that the text did not make is `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from safemigrate.lint.facts import ASSUMED_VERSION, Facts, Index, Key, TableFact
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterDomain,
    AlterTable,
    Column,
    Constraint,
    CreateFunction,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropNotNull,
    DropObject,
    DropTable,
    Name,
    Rebuild,
    Rename,
    SetNotNull,
    SetSchema,
    ValidateConstraint,
    quote,
)

_SUFFIX = {"foreign key": "fkey", "primary key": "pkey", "unique": "key", "check": "check", "exclude": "excl"}


@dataclass(slots=True)
class Table:
    """What is known of a table; `unknown` where the text did not make it and no target told."""

    types: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)
    partitioned: bool = False
    default_of: Key | None = None
    defined: dict[str, Column] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    triggers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: bool = True


class Schema:
    """Tables, constraints, indexes, functions and domains at one point of a history."""

    def __init__(self, facts: Facts) -> None:
        self.version = facts.version or ASSUMED_VERSION
        self._default = facts.schema
        self._volatile = dict(facts.functions)
        self._constrained = dict(facts.domains)
        self._views = dict(facts.views)
        self._facts = dict(facts.tables or {})  # those that nobody has asked about yet
        self._tables: dict[Key, Table] = {}
        self._told: dict[Key, TableFact] = {}  # what `facts` made, until the table changes

    # Asking

    def key(self, name: Name) -> Key:
        """A name with its schema."""
        return name.schema or self._default, name.name

    def name(self, key: Key) -> Name:
        """A key as users write it: without the schema that goes without saying."""
        return Name(None if key[0] == self._default else key[0], key[1])

    def table(self, name: Name) -> Table:
        """What is known of a table."""
        return self._table(self.key(name))

    def columns(self, name: Name) -> dict[str, str]:
        """The columns of a table with their types; empty where nobody knows them all."""
        table = self.table(name)
        return {} if table.unknown else table.types

    def facts(self) -> Facts:
        """What is known by now, as a target would tell it; it holds until the next action is noted."""
        told = self._told
        for key, known in self._all():
            if key not in told and not known.unknown:
                told[key] = TableFact(
                    columns=known.types,
                    required=frozenset(known.required),
                    constraints=known.constraints,
                    indexes=known.indexes,
                    partitioned=known.partitioned,
                    default_of=known.default_of,
                    defined=known.defined,
                    options=known.options,
                    triggers=known.triggers,
                )
        return Facts(
            dict(told),
            functions=dict(self._volatile),
            domains=dict(self._constrained),
            schema=self._default,
            views=dict(self._views),
        )

    def foreign_keys(self, table: Name) -> list[Constraint]:
        """The foreign keys of a table that are known."""
        return [one for one in self.table(table).constraints.values() if one.kind == "foreign key"]

    def referring(self, table: Name) -> Iterator[tuple[Name, Constraint]]:
        """The foreign keys of other tables that point to this one, as far as they are known."""
        key = self.key(table)
        for other, known in self._all():
            for one in known.constraints.values():
                if one.references and self.key(one.references) == key and other != key:
                    yield self.name(other), one

    def index(self, name: Name) -> tuple[Name, Index] | None:
        """An index by name, with its table."""
        for key, known in self._all():
            if name.name in known.indexes and key[0] == (name.schema or self._default):
                return self.name(key), known.indexes[name.name]
        return None

    def with_trigger(self, name: str) -> Name | None:
        """The table that a trigger of this name is on."""
        return next((self.name(key) for key, known in self._all() if name in known.triggers), None)

    def mentioning(self, table: Name) -> Iterator[str]:
        """The views, and the triggers of other tables, in whose text the name of a table stands."""
        name = table.name.lower()
        yield from (f"view {quote(view)}" for view, mentions in self._views.items() if name in mentions)
        for key, known in self._all():
            if key != self.key(table):
                yield from (f"trigger {quote(one)}" for one, mentions in known.triggers.items() if name in mentions)

    def default_partition(self, parent: Name) -> Name | None:
        """The default partition of a table."""
        key = self.key(parent)
        return next((self.name(one) for one, known in self._all() if known.default_of == key), None)

    def is_required(self, table: Name, column: str) -> bool:
        """Whether the column is NOT NULL."""
        return column in self.table(table).required

    def is_proven(self, table: Name, column: str) -> bool:
        """Whether a valid check says that the column is never NULL, which spares the scan from PostgreSQL 12 on."""
        checks = self.table(table).constraints.values()
        return any(column in _present(one.expression) for one in checks if one.kind == "check" and not one.not_valid)

    def with_type(self, type_: Name) -> Iterator[Name]:
        """The tables known to have a column of this type."""
        for key, known in self._all():
            if any(written.replace('"', "").split(".")[-1] == type_.name for written in known.types.values()):
                yield self.name(key)

    def is_volatile(self, function: str) -> bool | None:
        """Whether a function of the project may give another value for every row; None where nobody knows it."""
        return self._volatile.get(function)

    def is_constrained(self, type_: str) -> bool:
        """Whether a type is a domain with constraints."""
        base = type_.split("(")[0].strip()
        schema, _, bare = base.rpartition(".")
        bare = bare.strip('"') if '"' in bare else bare.lower()
        return self._constrained.get((schema.strip('"') or self._default, bare), False)

    # Noting

    def note(self, action: Action) -> None:
        """Take note of what an action does."""
        match action:
            case CreateTable():
                if not (action.if_not_exists and not self.table(action.table).unknown):
                    self._create(action)
            case DropTable():
                for table in action.tables:
                    self._take(self.key(table))
            case Rename(kind="table"):
                schema, _name = self.key(action.old)
                self._move(self.key(action.old), (schema, action.new))
            case SetSchema(kind="table"):
                self._move(self.key(action.name), (action.schema, action.name.name))
            case CreateFunction():
                self._volatile[action.name.name] = action.volatile
            case CreateType():
                self._constrained[self.key(action.name)] = action.constrained
            case AlterDomain(what="add constraint" | "set not null"):
                self._constrained[self.key(action.name)] = True
            case DropIndex():
                for index in action.names:
                    found = self.index(index)
                    if found:
                        del self.table(found[0]).indexes[index.name]
            case Rename(kind="index"):
                found = self.index(action.old)
                if found:
                    indexes = self.table(found[0]).indexes
                    indexes[action.new] = indexes.pop(action.old.name)
            case CreateIndex():
                name = action.name or "_".join((action.table.name, *action.columns, "idx"))
                self.table(action.table).indexes[name] = Index(
                    action.columns, action.unique, partial=bool(action.where) or action.collates
                )
            case CreateTrigger():
                self.table(action.table).triggers[action.name] = action.mentions
            case CreateView():
                self._views[action.name.name] = action.mentions
            case DropObject(kind="view"):
                for view in action.names:
                    self._views.pop(view.name, None)
            case DropObject(kind="trigger"):
                for trigger in action.names:
                    for _key, known in self._all():
                        known.triggers.pop(trigger.name, None)
            case Rebuild(step="end"):
                before = self.table(action.table)
                self._create(replace(action.created, table=action.table))
                after = self.table(action.table)
                after.indexes |= {name: one for name, one in before.indexes.items() if name not in before.constraints}
                after.triggers = before.triggers
            case _:
                self._note_table(action)

    def _note_table(self, action: Action) -> None:
        match action:
            case AddColumn():
                self._add(action.table, action.column)
            case DropColumn():
                known = self.table(action.table)
                known.types.pop(action.column, None)
                known.defined.pop(action.column, None)
                known.required.discard(action.column)
                gone = action.column
                known.constraints = {name: one for name, one in known.constraints.items() if gone not in one.columns}
                known.indexes = {name: one for name, one in known.indexes.items() if gone not in one.columns}
            case Rename(kind="column", owner=Name() as owner):
                known = self.table(owner)
                if action.old.name in known.types:
                    new = {action.old.name: action.new}
                    known.types = {new.get(name, name): type_ for name, type_ in known.types.items()}
                    known.defined = {new.get(name, name): one for name, one in known.defined.items()}
                    for name, one in known.constraints.items():
                        known.constraints[name] = replace(one, columns=tuple(new.get(c, c) for c in one.columns))
                    for name, index in known.indexes.items():
                        known.indexes[name] = replace(index, columns=tuple(new.get(c, c) for c in index.columns))
                if action.old.name in known.required:
                    known.required.remove(action.old.name)
                    known.required.add(action.new)
            case AlterColumnType():
                self.table(action.table).types[action.column] = action.type
            case SetNotNull():
                self.table(action.table).required.add(action.column)
            case DropNotNull():
                self.table(action.table).required.discard(action.column)
            case AddConstraint():
                self._constrain(action.table, action.constraint)
            case ValidateConstraint():
                known = self.table(action.table)
                if action.name in known.constraints:
                    valid = replace(known.constraints[action.name], not_valid=False)
                    known.constraints[action.name] = valid
                    known.required.update(valid.columns if valid.kind == "not null" else ())
            case DropConstraint():
                known = self.table(action.table)
                if known.constraints.pop(action.name, None):
                    known.indexes.pop(action.name, None)
            case Rename(kind="constraint", owner=Name() as owner):
                constraints = self.table(owner).constraints
                if action.old.name in constraints:
                    constraints[action.new] = constraints.pop(action.old.name)
            case AlterTable(what="attach partition", partition=Name() as partition, value="DEFAULT"):
                self.table(partition).default_of = self.key(action.table)

    def _create(self, action: CreateTable) -> None:
        self._take(self.key(action.table))
        self._told.pop(self.key(action.table), None)
        self._tables[self.key(action.table)] = Table(
            partitioned=action.partitioned, options=action.options, unknown=False
        )
        for column in action.columns:
            self._add(action.table, column)
        for constraint in action.constraints:
            self._constrain(action.table, constraint)

    def _add(self, table: Name, column: Column) -> None:
        known = self.table(table)
        known.types[column.name] = column.type
        known.defined[column.name] = column
        if column.not_null or column.serial or column.identity:
            known.required.add(column.name)
        here = (column.name,)
        if column.references:
            one = Constraint(
                "foreign key",
                "",
                here,
                references=column.references,
                referenced=column.referenced,
                on_delete=column.on_delete,
                on_update=column.on_update,
            )
            self._constrain(table, one)
        if column.check:
            self._constrain(table, Constraint("check", "", here, column.check))
        if column.primary_key or column.unique:
            self._constrain(table, Constraint("primary key" if column.primary_key else "unique", "", here))

    def _constrain(self, table: Name, constraint: Constraint) -> None:
        known = self.table(table)
        # As the server names what has no name (ChooseConstraintName): a primary key has no columns in its name.
        columns = () if constraint.kind == "primary key" else constraint.columns
        suffix = _SUFFIX.get(constraint.kind, "not_null")
        name = stem = constraint.name or "_".join((table.name, *columns, suffix))
        for number in count(1) if not constraint.name else ():
            if name not in known.constraints:
                break
            name = f"{stem}{number}"
        columns = constraint.columns
        if constraint.using_index in known.indexes:
            columns = known.indexes.pop(constraint.using_index).columns
        known.constraints[name] = replace(constraint, name=name, columns=columns)
        if constraint.kind in ("primary key", "unique"):
            known.indexes[name] = Index(columns, unique=True)
        if constraint.kind == "primary key" or (constraint.kind == "not null" and not constraint.not_valid):
            known.required.update(columns)

    def _table(self, key: Key) -> Table:
        self._told.pop(key, None)
        if key not in self._tables:
            fact = self._facts.pop(key, None)
            self._tables[key] = _of_fact(fact) if fact else Table()
        return self._tables[key]

    def _take(self, key: Key) -> Table:
        known = self._table(key)
        del self._tables[key]
        return known

    def _all(self) -> Iterable[tuple[Key, Table]]:
        for key in list(self._facts):
            self._table(key)
        return self._tables.items()

    def _move(self, old: Key, new: Key) -> None:
        self._take(new)
        self._tables[new] = self._take(old)
        for _key, known in self._all():
            for name, one in known.constraints.items():
                if one.references and self.key(one.references) == old:
                    known.constraints[name] = replace(one, references=self.name(new))
            if known.default_of == old:
                known.default_of = new


def _of_fact(fact: TableFact) -> Table:
    return Table(
        dict(fact.columns),
        set(fact.required),
        dict(fact.constraints),
        dict(fact.indexes),
        fact.partitioned,
        fact.default_of,
        dict(fact.defined),
        fact.options,
        dict(fact.triggers),
        unknown=False,
    )


def _present(expression: str) -> set[str]:
    """The columns that a check says are not NULL; all of it must be such parts joined by AND."""
    found: set[str] = set()
    if re.search(r"\bOR\b", expression, re.IGNORECASE):
        return found
    for part in re.split(r"\bAND\b", expression, flags=re.IGNORECASE):
        match = re.fullmatch(r'[\s(]*("(?:[^"]|"")+"|\w+)[\s)]*\s+IS\s+NOT\s+NULL[\s)]*', part, re.IGNORECASE)
        if match:
            name = match[1]
            found.add(name[1:-1].replace('""', '"') if name.startswith('"') else name.lower())
    return found


def spelled(columns: tuple[str, ...]) -> str:
    """Columns as they stand in a statement."""
    return ", ".join(quote(column) for column in columns)

"""What something else changed since apply, and the way back needs as it was: found by name, before anything runs.

The inverse is followed over the names that are there today. What is not understood is left to the database, which
refuses what it cannot do, whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from safemigrate.model import Plan, Step
from safemigrate.sql import Action, Dialect, Name, actions, split
from safemigrate.sql.actions import quote

Key = tuple[str, str]
"""A schema, "" on SQLite, and a name as it is compared."""

NOWHERE: Key = ("", "")
"""Of what the parts are that belong to no table."""

_OURS = "safemigrate"  # what our names begin with: what is kept is looked for where it is kept
_SYSTEM = ("sqlite_", "pg_")
_QUOTED = r'"(?:[^"]|"")+"'
_ALIAS = re.compile(rf"({_QUOTED}(?:\.{_QUOTED})?) AS (\w+)\b")
_COLUMN = re.compile(rf"\b(\w+)\.({_QUOTED})")


@dataclass(frozen=True, slots=True)
class Dependent:
    """What a drop would have to take along: `words` name it, `drop` is its own; there as long as `part` of `of` is."""

    words: str
    drop: str
    of: Key
    part: tuple[str, str] | None = None


@dataclass(slots=True)
class There:
    """The names of a database: relations by their kind, the parts of each, and who needs a relation or a column.

    A table without parts is one of which nobody knows them; `vague` once such a one is gone, perhaps with others.
    """

    dialect: Dialect
    relations: dict[Key, str] = field(default_factory=dict)
    parts: dict[Key, set[tuple[str, str]]] = field(default_factory=dict)
    needed: dict[tuple[Key, str], list[Dependent]] = field(default_factory=dict)
    fold: Callable[[str], str] = str
    spelled: dict[Key, str] = field(default_factory=dict)
    types: set[Key] = field(default_factory=set)  # a domain has constraints, too
    vague: bool = False

    def key(self, name: Name, schema: str = "") -> Key:
        """Return what a name is looked up by."""
        key = (name.schema or schema, self.fold(name.name))
        self.spelled.setdefault(key, name.name)
        return key

    def word(self, key: Key, name: str = "") -> str:
        """Write a name as users do."""
        return ".".join(map(quote, filter(None, (key[0], self.spelled.get(key, key[1]), name))))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`kind` and `name` of what stands in the way of the statement `sql`, and `why`; `commands` are SQL that leads out.

    `optional`: it is gone, and the way back can do without the statement.
    """

    kind: str
    name: str
    why: str
    sql: str
    commands: tuple[str, ...] = ()
    optional: bool = False


def in_the_way(plan: Plan, there: There) -> list[Obstacle]:
    """Follow a plan's inverse; `there` is what would be there then. Of a team's own down.sql nothing is known."""
    found: dict[tuple[str, str, str], Obstacle] = {}
    for sql in () if plan.down else (sql for step in reversed(plan.steps) for sql in step.inverse):
        walk = _Walk(there, sql)
        for statement in split(sql, plan.migration, dialect=there.dialect):
            for action in statement.actions:
                walk.follow(action)
        for one in walk.found:
            found.setdefault((one.kind, one.name, one.sql), one)
    new = {parting.subject for step in plan.steps for parting in step.partings}  # made by the migration
    return [one for one in found.values() if (one.why, one.name in new) != (_MADE, True)]


def without(plan: Plan, obstacles: Collection[Obstacle]) -> Plan:
    """Return a plan that leaves out what cannot run, with what is asked and kept for it."""
    skipped, gone = {one.sql for one in obstacles}, {one.name for one in obstacles}

    def concerns(*names: str) -> bool:
        return any(name == one or name.startswith(f"{one}.") for name in names for one in gone)

    def reduced(steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            inverse = tuple(sql for sql in step.inverse if sql not in skipped)
            if step.inverse and not inverse:
                yield replace(step, inverse=(), checks=(), partings=(), refills=())
                continue
            yield replace(
                step,
                inverse=inverse,
                checks=tuple(one for one in step.checks if not concerns(one.subject, one.table)),
                partings=tuple(one for one in step.partings if not concerns(one.subject)),
                refills=step.refills if inverse == step.inverse else (),  # they count statements
            )

    return replace(plan, groups=tuple(replace(group, steps=tuple(reduced(group.steps))) for group in plan.groups))


class _Walk:
    """One statement of the inverse."""

    def __init__(self, there: There, sql: str) -> None:
        self.there, self.sql, self.found = there, sql, list[Obstacle]()
        self.careless = False  # an IF EXISTS, which takes what it finds

    def follow(self, action: Action) -> None:
        """Find what an action needs, and do to the names what it does."""
        there = self.there
        self.careless = bool(getattr(action, "if_exists", False))
        match action:
            case actions.DropTable(tables=names) | actions.DropIndex(names=names):
                for name in names:
                    self._drop(there.key(name), "table" if isinstance(action, actions.DropTable) else "index")
            case actions.DropObject(kind="view" | "materialized view" | "sequence" as kind, names=names):
                for name in names:
                    self._drop(there.key(name), kind)
            case actions.DropObject(kind="trigger" | "policy" | "rule" as kind, names=names, table=table):
                for name in names:
                    self._part(there.key(table) if table else NOWHERE, kind, name.name, optional=True, goes=True)
            case actions.DropObject(kind="function" | "procedure", names=names):
                for name in names:
                    there.parts.get(NOWHERE, set()).discard(("function", there.fold(name.name)))
            case actions.DropColumn(table=table, column=column):
                self._needed(there.key(table), column)
                self._part(there.key(table), "column", column, optional=True, goes=True)
            case actions.DropConstraint(table=table, name=constraint):
                self._part(there.key(table), "constraint", constraint, optional=True, goes=True)
                there.relations.pop((table.schema or "", there.fold(constraint)), None)
            case actions.AlterColumnType(table=table, column=column):
                self._needed(there.key(table), column)
                self._part(there.key(table), "column", column)
            case (
                actions.SetNotNull(table=table, column=column)
                | actions.DropNotNull(table=table, column=column)
                | actions.SetDefault(table=table, column=column)
                | actions.DropDefault(table=table, column=column)
            ):
                self._part(there.key(table), "column", column, optional=isinstance(action, _LOOSENS))
            case actions.AddColumn(table=table, column=added):
                self._new_part(there.key(table), "column", added.name)
            case actions.AddConstraint(table=table, constraint=made):
                for column in made.columns:
                    self._part(there.key(table), "column", column)
                if made.references:
                    self._is_there(there.key(made.references, table.schema or ""), "table", optional=True)
                self._new_part(there.key(table), "constraint", made.name)
            case actions.CreateIndex(table=table, name=index):
                if self._is_there(there.key(table), "table", optional=True):
                    for column in action.columns:
                        self._part(there.key(table), "column", column)
                    self._new(Name(table.schema, index), "index")
                    there.parts.get(there.key(table), set()).add(("index", there.fold(index)))
            case actions.CreateTable(table=table, columns=columns, inherits=inherits):
                parts = {("column", there.fold(one.name)) for one in columns}
                self._new(table, "table", None if inherits or not parts else parts)
            case actions.CreateView(name=name, replace=False):
                self._new(name, "view")
            case actions.Rename(kind="column" | "constraint" as kind, old=old, new=new, owner=Name() as owner):
                self._part(there.key(owner), kind, old.name, goes=True)
                self._new_part(there.key(owner), kind, new)
            case actions.Rename(kind="table" | "view" | "materialized view" | "index" | "sequence" as kind, old=old):
                self._move(old, Name(old.schema, action.new), kind)
            case actions.SetSchema(kind="table" | "view" | "sequence" as kind, name=name, schema=schema):
                self._move(name, Name(schema, name.name), kind)
            case actions.Update(table=table) | actions.Insert(table=table) | actions.Delete(table=table):
                if self._is_there(there.key(table), "table", optional=True) and not isinstance(action, actions.Delete):
                    for column in action.columns:
                        self._part(there.key(table), "column", column)
                self._read(there.key(table), action.columns if isinstance(action, actions.Insert) else ())
            case _:
                pass

    def _read(self, into: Key, filled: Collection[str]) -> None:
        """Look for the columns that a statement of ours reads, each of a table that has a short name of its own.

        One that a table has, which is made anew, and that is `filled` without being read is not known to the inverse.
        """
        shorts: dict[str, set[Key]] = {}
        for named, short in _ALIAS.findall(self.sql):
            *schema, name = map(_plain, re.findall(_QUOTED, named))
            shorts.setdefault(short, set()).add(self.there.key(Name(schema[0] if schema else None, name)))
        read = {(short, _plain(column)) for short, column in _COLUMN.findall(self.sql)}
        for short, key in ((short, *keys) for short, keys in shorts.items() if len(keys) == 1):
            if key not in self.there.relations:
                continue
            for column in sorted(column for alias, column in read if alias == short):
                self._part(key, "column", column)
            for column in filled if key[1].startswith(_OURS) else ():
                if (short, column) not in read and ("column", self.there.fold(column)) in self.there.parts.get(key, ()):
                    self._is_taken(into, "column", column)

    def _say(self, kind: str, key: Key, name: str, why: str, *commands: str, optional: bool = False) -> None:
        if not (self.careless and why == _GONE):
            self.found.append(Obstacle(kind, self.there.word(key, name), why, self.sql, commands, optional))

    def _is_there(self, key: Key, kind: str, *, optional: bool = False) -> bool:
        there = self.there
        if key in there.relations or key in there.types or key == NOWHERE:
            return True
        if key[0].startswith(_OURS) or key[1].startswith(_SYSTEM):
            return True
        former, name = there.word((key[0], "…")), quote(there.spelled.get(key, key[1]))
        again = f"ALTER {kind.upper()} {former} RENAME TO {name}{_RENAMED_BACK}"
        renames = there.dialect == "postgresql" or kind == "table"
        self._say(kind, key, "", _GONE, *((again,) if renames else ()), optional=optional)
        return False

    def _part(self, key: Key, kind: str, name: str, *, optional: bool = False, goes: bool = False) -> None:
        if not self._is_there(key, "table", optional=True) or key not in self.there.parts:
            return
        part = (kind, self.there.fold(name))
        if part not in self.there.parts[key]:
            again = (
                f"ALTER TABLE {self.there.word(key)} RENAME {kind.upper()} {quote('…')} TO {quote(name)}{_RENAMED_BACK}"
            )
            self._say(kind, key, name, _GONE, *((again,) if kind in _RENAMED else ()), optional=optional)
        if goes:
            self.there.parts[key].discard(part)

    def _new_part(self, key: Key, kind: str, name: str) -> None:
        if not name or not self._is_there(key, "table", optional=True) or key not in self.there.parts:
            return
        part = (kind, self.there.fold(name))
        if part in self.there.parts[key]:
            self._is_taken(key, kind, name)
        self.there.parts[key].add(part)

    def _is_taken(self, key: Key, kind: str, name: str) -> None:
        aside = f"ALTER TABLE {self.there.word(key)} RENAME {kind.upper()} {quote(name)} TO {quote(name + '_2')}"
        self._say(kind, key, name, _MADE, aside)

    def _new(self, name: Name, kind: str, parts: set[tuple[str, str]] | None = None) -> None:
        key = self.there.key(name)
        if (found := self.there.relations.get(key)) and not self.there.vague:
            aside = f"ALTER {found.upper()} {self.there.word(key)} RENAME TO {quote(name.name + '_2')}"
            renames = self.there.dialect == "postgresql" or found == "table"
            self._say(found, key, "", _MADE, aside if renames else f"DROP {found.upper()} {self.there.word(key)}")
        self.there.relations[key] = kind
        self.there.parts.pop(key, None)
        if parts is not None:  # else nobody knows them
            self.there.parts[key] = parts

    def _move(self, old: Name, new: Name, kind: str) -> None:
        key = self.there.key(old)
        self._is_there(key, kind)
        self.there.relations.pop(key, None)
        parts = self.there.parts.pop(key, None)
        self._new(new, kind, parts)
        if new.name.startswith(_OURS):  # set aside for a moment: users know it by its own
            self.there.spelled[self.there.key(new)] = old.name

    def _drop(self, key: Key, kind: str) -> None:
        if not self._is_there(key, kind, optional=True):
            return
        self.there.vague |= kind == "table" and key not in self.there.parts
        parts = self.there.parts.get(key, set())
        for name in ("", *(name for part, name in parts if part == "column")):
            self._needed(key, name, besides=key)
        for name in (name for part, name in parts if part in ("index", "constraint")):
            self.there.relations.pop((key[0], name), None)
        self.there.relations.pop(key, None)
        self.there.parts.pop(key, None)

    def _needed(self, key: Key, column: str, besides: Key | None = None) -> None:
        for one in self.there.needed.get((key, self.there.fold(column)), ()):
            stands = (
                one.of in self.there.relations if one.part is None else one.part in self.there.parts.get(one.of, ())
            )
            if stands and one.of != besides:
                what = "column" if column else self.there.relations.get(key, "table")
                self._say(what, key, column, f"{one.words} needs it, which something else made since apply", one.drop)


_GONE = "is not there any more: something else dropped or renamed it since apply"
_MADE = "is there already: something else made it since apply"
_RENAMED_BACK = "   -- where it was renamed"
_RENAMED = ("column", "constraint")
_LOOSENS = (actions.DropNotNull, actions.DropDefault)


def _plain(quoted: str) -> str:
    return quoted[1:-1].replace('""', '"')

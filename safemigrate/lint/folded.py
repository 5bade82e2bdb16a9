"""A migration for SQLite with its rebuilds folded into the changes that they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from safemigrate.lint.difference import Changes, changes
from safemigrate.lint.facts import Facts
from safemigrate.lint.header import Warned
from safemigrate.lint.rebuild import Remade, remade
from safemigrate.lint.schema import Schema
from safemigrate.lint.spelling import respelled
from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import (
    Action,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    DropColumn,
    DropIndex,
    DropObject,
    DropTable,
    Insert,
    Other,
    Rebuild,
    Rename,
    Update,
)


def folded(
    statements: Sequence[Statement], facts: Facts, earlier: Sequence[Statement] = (), warned: Sequence[Warned] = ()
) -> tuple[list[Statement], list[Statement]]:
    """A migration's statements, and those before it, as their rebuilds' changes.

    A rebuild's copy becomes several statements of one span, each with changes that the next one builds upon.
    """
    schema = Schema(facts)
    spelling = _Spelling(facts)
    before = _Folding(spelling.of(earlier), schema, facts, ()).run()
    return _Folding(spelling.of(statements), schema, facts, warned).run(), before


def described(facts: Facts, statements: Sequence[Statement]) -> Facts:
    """The facts, with the provider of a file that no history tells of: PRAGMA is SQLite's alone."""
    if facts.provider or all(one.kind != "PRAGMA" for one in statements):
        return facts
    return replace(facts, provider="sqlite")


class _Spelling:
    """Tables by the name that they were made with: SQLite does not mind the case."""

    def __init__(self, facts: Facts) -> None:
        self._names = {name.lower(): name for _schema, name in facts.tables or ()}

    def of(self, statements: Sequence[Statement]) -> list[Statement]:
        return [replace(one, actions=tuple(map(self._action, one.actions))) for one in statements]

    def _action(self, action: Action) -> Action:
        if isinstance(action, CreateTable):
            self._names[action.table.name.lower()] = action.table.name
        if isinstance(action, Rename) and action.kind == "table":
            new = self._names.setdefault(action.new.lower(), action.new)
            return replace(respelled(action, self._name), new=new)
        return respelled(action, self._name)

    def _name(self, name: Name) -> Name:
        known = self._names.get(name.name.lower(), name.name)
        return name if known == name.name else Name(name.schema, known)


class _Folding:
    def __init__(self, statements: Sequence[Statement], schema: Schema, facts: Facts, warned: Sequence[Warned]) -> None:
        self._statements = statements
        self._schema = schema
        self._facts = facts
        self._warned = warned
        self._remade = remade(statements, schema.key)
        self._done: list[tuple[Name, Changes]] = []
        self._were_unique: dict[Name, list[set[str]]] = {}  # keys of indexes that were dropped, until rows change

    def run(self) -> list[Statement]:
        found: list[Statement] = []
        for number, statement in enumerate(self._statements):
            for part, actions in enumerate(self._actions(number, statement)):
                for action in actions:
                    self._schema.note(action)
                comments = () if part else statement.comments
                found.append(replace(statement, comments=comments, actions=tuple(actions)))
        return found

    def _actions(self, number: int, statement: Statement) -> Iterable[Sequence[Action]]:
        for one in self._remade:
            if one.begin <= number <= one.end:
                if number in (one.begin, one.create, one.drop, one.end) or number in one.copies:
                    return self._part(number, one, statement)
                # What else is done to the new table is done to the table.
                actions = tuple(respelled(action, _instead(one)) for action in statement.actions)
                statement = replace(statement, actions=actions)
            elif number < one.begin and self._is_leftover(one, statement):
                return [[Other("DROP")]]
        return [[self._as_it_is(action) for action in statement.actions]]

    def _part(self, number: int, one: Remade, statement: Statement) -> list[Sequence[Action]]:
        if not one.copies:  # no row comes along: dropped, and made again
            created = replace(one.created, table=one.table)
            return [statement.actions if number == one.drop else [created] if number == one.end else [Other("CREATE")]]
        parts: list[Sequence[Action]] = []
        if number == one.copies[0]:
            copies = [a for copy in one.copies for a in self._statements[copy].actions if isinstance(a, Insert)]
            told = changes(
                self._schema, one, copies, [each for each in self._warned if not self._is_done(number, each)]
            )
            self._done.append((one.table, told))
            parts += told.steps
        if number == one.drop:
            parts.append([Rebuild(one.table, one.created, "drop")])
        if number == one.end:
            parts.append([*self._lost(number, one), Rebuild(one.table, one.created, "end")])
            if one.renamed:
                parts.append([Rename("table", one.table, one.renamed.name)])
                self._done += [(one.renamed, told) for told in (self._changes(one.table),) if told]
        return parts or [[Rebuild(one.table, one.created, "create")]]

    def _is_done(self, number: int, warned: Warned) -> bool:
        """Whether the migration has dropped or renamed by now what Prisma's warning is about."""
        for action in (action for one in self._statements[:number] for action in one.actions):
            match action:
                case (
                    DropColumn(table=table, column=column)
                    | Rename(kind="column", owner=Name() as table, old=Name(name=column))
                ):
                    if (table.name, column) == (warned.table, warned.column):
                        return True
        return any(name.name == warned.table and warned.column in told.gone for name, told in self._done)

    def _lost(self, number: int, one: Remade) -> list[Action]:
        """Indexes and triggers that go with the old table and are not made again."""
        told = self._changes(one.table)
        known = self._schema.table(one.table)
        behind = [action for later in self._statements[number:] for action in later.actions]
        remain = {action.name for action in behind if isinstance(action, CreateIndex | CreateTrigger)}
        names = (one.table, one.renamed)
        again = [_index_key(a.columns) for a in behind if isinstance(a, CreateIndex) and a.table in names]
        lost: list[Action] = []
        for name, index in known.indexes.items():
            plain = index.columns and not index.partial and not index.by_hand
            if name in remain or name in known.constraints or (plain and _index_key(index.columns) in again):
                continue
            # What Prisma does not know, safemigrate puts back where it applies the file.
            if (plain or not self._facts.in_steps) and not (told and told.gone & {*index.columns}):
                lost.append(DropIndex((Name(one.table.schema, name),)))
        triggers = tuple(Name(None, name) for name in sorted(known.triggers.keys() - remain))
        if triggers and not self._facts.in_steps:
            lost.append(DropObject("trigger", triggers, table=one.table))
        return lost

    def _as_it_is(self, action: Action) -> Action:
        match action:
            case CreateIndex(unique=True):
                told = self._changes(action.table)
                if told.had(action) if told else self._was_unique(action):
                    return replace(action, is_distinct=True)
            case DropIndex():
                return self._dropped(action)
            case Insert() | Update():
                self._were_unique.pop(action.table, None)
            case DropObject(kind="trigger", table=None):
                return replace(action, table=self._schema.with_trigger(action.names[0].name))
        return action

    def _was_unique(self, index: CreateIndex) -> bool:
        """Whether no two rows share the key, for another that is a part of it was there in this migration."""
        keys = self._were_unique.get(index.table, []) if not index.collates else []
        return any(key <= {*index.columns} for key in keys)

    def _dropped(self, drop: DropIndex) -> Action:
        """A unique index that goes; where another takes its place, nothing is refused less."""
        found = self._schema.index(drop.names[0])
        if not found or not found[1].is_key:
            return drop
        table, columns = found[0], {*found[1].columns}
        self._were_unique.setdefault(table, []).append(columns)
        made = (action for one in self._statements for action in one.actions if isinstance(action, CreateIndex))
        for other in made:
            plain = other.unique and not other.where and not other.collates
            if plain and other.table == table and {*other.columns} == columns:
                return Rename("index", drop.names[0], other.name)
        return drop

    def _changes(self, table: Name) -> Changes | None:
        return next((told for name, told in reversed(self._done) if name == table), None)

    def _is_leftover(self, one: Remade, statement: Statement) -> bool:
        """Whether it clears away what a rebuild that did not end may have left, and nobody knows of."""
        if not self._schema.table(one.temporary).unknown:
            return False
        drops = [action for action in statement.actions if isinstance(action, DropTable)]
        return bool(drops) and all(drop.tables == (one.temporary,) for drop in drops)


def _instead(one: Remade) -> Callable[[Name], Name]:
    return lambda name: one.table if name == one.temporary else name


def _index_key(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(column.lower() for column in columns)

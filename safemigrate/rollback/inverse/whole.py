"""A whole schema as SQL: the inverse of dropping all of it, put together the way people write a schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safemigrate.db.catalog import TYPES, Catalog, Object, difference
from safemigrate.db.postgres import quote
from safemigrate.rollback.inverse import invert
from safemigrate.rollback.inverse.create import create
from safemigrate.rollback.inverse.create_table import (
    column_definition,
    default,
    identity_column,
    not_null,
    owned_sequence,
    table,
)

# What CREATE TABLE may name: all of these are made before the first table.
_EARLIER = TYPES | {"schema", "extension", "sequence", "collation", "domain constraint", "table", "column"}
_SERIALS = {"smallint": ("SMALLSERIAL", 2**15), "integer": ("SERIAL", 2**31), "bigint": ("BIGSERIAL", 2**63)}


@dataclass(frozen=True, slots=True)
class Whole:
    """The statements in their order, and in words what they cannot make."""

    statements: tuple[str, ...]
    reasons: tuple[str, ...]


def whole(catalog: Catalog) -> Whole:
    """Write what makes everything in `catalog`, in a database that has nothing but an empty schema public.

    Names are qualified, so that it means the same under every search_path.
    """
    given = {one.identity for one in catalog if one.kind == "schema" and one.name == "public"}
    nothing = catalog.without(catalog.objects.keys() - given)
    inverse = invert(difference(catalog, nothing), catalog, nothing)
    folding = _Folding(catalog, list(inverse.statements))
    for one in catalog:
        if one.kind == "table" and not one.attributes["of_type"]:
            folding.fold(one)
        elif one.kind == "domain":
            folding.fold_domain(one)
    return Whole(tuple(folding.said), inverse.reasons)


class _Folding:
    """Moves into CREATE TABLE what an inverse says afterwards, because rows come back in between."""

    def __init__(self, catalog: Catalog, said: list[str]) -> None:
        self.catalog, self.said = catalog, said

    def fold(self, one: Object) -> None:
        """Write into CREATE TABLE what its columns and constraints are given further down."""
        members = self.catalog.members.get(one.identity, ())
        partition = one.attributes["partition_bound"] is not None
        columns = [one for one in members if one.kind == "column" and (partition or not one.attributes["inherited"])]
        if not columns:
            return
        made, *_ = table(one, self.catalog)
        plain = [column_definition(column) for column in columns]
        parts = [self._column(column, members) for column in columns]
        parts += [part for each in members if (part := self._constraint(each))]
        self.said[self.said.index(made)] = made.replace(_body(plain), _body(parts), 1)

    def fold_domain(self, one: Object) -> None:
        """Write a domain's constraints into CREATE DOMAIN."""
        (made,) = create(one, self.catalog)
        parts = []
        for each in self.catalog.members.get(one.identity, ()):
            (sql,) = create(each, self.catalog)
            if not sql.endswith(" NOT VALID") and self._is_early(each) and self._take(sql):
                parts.append(f" CONSTRAINT {sql.partition(' ADD CONSTRAINT ')[2]}")
        self.said[self.said.index(made)] = made + "".join(parts)

    def _column(self, column: Object, members: tuple[Object, ...]) -> str:
        text = column_definition(column)
        required = not_null(column, self.catalog)
        initial = next(
            (one for one in members if one.kind == "default" and one.internal["_column"] == column.identity[2]), None
        )
        if initial and required in self.said and (serial := self._serial(column, initial)):
            self.said.remove(required)
            return f"{quote(column.name)} {serial} NOT NULL"
        if column.attributes["not_null"] and required.endswith(" SET NOT NULL") and self._take(required):
            text += " NOT NULL"
        if initial and self._is_early(initial) and self._take(*default(initial, self.catalog)):
            text += f" DEFAULT {initial.attributes['definition']}"
        sequence = owned_sequence(column.identity, self.catalog) if column.attributes["identity"] else None
        if sequence and _is_usual(sequence, column) and self._take(*identity_column(column, self.catalog)):
            text += f" GENERATED {'ALWAYS' if column.attributes['identity'] == 'a' else 'BY DEFAULT'} AS IDENTITY"
        return text

    def _serial(self, column: Object, initial: Object) -> str:
        """Recognise the sequence that SERIAL makes, and take it away; "" where it is another."""
        sequence = next(self._sequences(initial), None)
        if sequence is None or sequence.attributes["identity"] or not _is_usual(sequence, column):
            return ""
        if not str(initial.attributes["definition"]).startswith("nextval("):
            return ""
        owned = f"ALTER SEQUENCE {quote(sequence.schema, sequence.name)} OWNED BY {sequence.attributes['owned_by']}"
        taken = self._take(*create(sequence, self.catalog), *default(initial, self.catalog), owned)
        return _SERIALS[str(column.attributes["type"])][0] if taken else ""

    def _sequences(self, initial: Object) -> Iterator[Object]:
        needs = (self.catalog.get(place) for place in self.catalog.depends.get(initial.identity, {}))
        return (one for one in needs if one and one.kind == "sequence")

    def _constraint(self, one: Object) -> str:
        if one.kind != "constraint" or one.attributes["type"] not in ("p", "u", "c") or not self._is_early(one):
            return ""
        said = create(one, self.catalog)
        head = f" ADD CONSTRAINT {quote(one.name)} "
        if len(said) != 1 or head not in said[0] or said[0].endswith(" NOT VALID") or not self._take(said[0]):
            return ""
        return f"CONSTRAINT {quote(one.name)} {said[0].partition(head)[2]}"

    def _is_early(self, one: Object) -> bool:
        needs = (self.catalog.get(place) for place in self.catalog.depends.get(one.identity, {}))
        return all(each is None or each.kind in _EARLIER for each in needs)

    def _take(self, *statements: str) -> bool:
        """Take statements away, all or none."""
        if not all(sql in self.said for sql in statements):
            return False
        for sql in statements:
            self.said.remove(sql)
        return True


def _is_usual(sequence: Object, column: Object) -> bool:
    """Whether a sequence is the one that the server makes for a column when nothing is said about it."""
    at = sequence.attributes
    _, limit = _SERIALS.get(str(column.attributes["type"]), ("", 0))
    usual = (column.schema, f"{column.parent}_{column.name}_seq", column.attributes["type"], "p", 1, 1, 1, 1, False)
    found = (sequence.schema, sequence.name, at["type"], at["persistence"], at["start"], at["increment"])
    own = (1259, sequence.internal["_table"], sequence.internal["_column"]) == column.identity
    return own and (*found, at["minimum"], at["cache"], at["cycle"]) == usual and at["maximum"] == limit - 1


def _body(lines: list[str]) -> str:
    return ",\n".join(f"    {line}" for line in lines)

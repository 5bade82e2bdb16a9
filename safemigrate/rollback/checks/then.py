"""Rows of today under the names and types that they have once the rollback is through."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.db.catalog import Identity, Object
from safemigrate.db.postgres import quote
from safemigrate.rollback.checks.place import Asking, columns_at, table_name
from safemigrate.rollback.describe import table_of
from safemigrate.rollback.keep.table import Table


@dataclass(frozen=True, slots=True)
class Terms:
    """What a unique index, or an exclusion constraint by its `operators`, compares, and in which rows."""

    values: tuple[str, ...]
    predicate: str = ""
    nulls_equal: bool = False
    operators: tuple[str, ...] = ()

    @classmethod
    def of(cls, one: Object, asking: Asking) -> Terms | None:
        """Read what `one`, which comes back, forbids to stand twice; None where that is nothing, or nobody can ask."""
        assert one.table is not None
        nulls_equal = bool(one.internal.get("_nulls_equal"))
        if one.internal.get("_terms"):
            operators = tuple(one.internal.get("_operators") or ())
            return cls(tuple(one.internal["_terms"]), one.internal["_predicate"] or "", nulls_equal, operators)
        unique = one.kind == "constraint" and one.attributes["type"] in ("p", "u")
        positions = one.internal["_columns"] if unique else one.internal["_key"] if one.kind == "index" else None
        if not positions or columns_at(asking.end, one.table, positions) is None:
            return None
        return cls(tuple(columns_at(asking.before, one.table, positions) or ()), nulls_equal=nulls_equal)

    @property
    def compared(self) -> str:
        """The condition under which a row is compared with others at all."""
        filled = () if self.nulls_equal else tuple(f"({value}) IS NOT NULL" for value in self.values)
        return " AND ".join((*((self.predicate,) if self.predicate else ()), *filled)) or "true"


@dataclass(frozen=True, slots=True)
class Then:
    """A table of today: as it `is`, and in `rows`, to be read as `t`, as it will be.

    There `safemigrate_home` and `safemigrate_at` are where the row lies, `order` ranks those from before the migration
    first, and among the others those with the lower key. `alike`: no column is called or typed otherwise.
    """

    now: Table
    rows: str
    order: tuple[str, ...]
    alike: bool

    def look(self, condition: str) -> str:
        """Write the query that shows the rows under a condition in the words of then."""
        if self.alike:
            return f"SELECT * FROM {self.now.name} WHERE {condition}"
        found = self.at(f"SELECT safemigrate_home, safemigrate_at FROM {self.rows} AS t WHERE {condition}")
        return f"SELECT * FROM {self.now.name} AS t WHERE {found}"

    def at(self, found: str) -> str:
        """The condition that row `t` of the table as it is lies where the query `found` says."""
        return f"(t.tableoid, t.ctid) IN ({found})"


def then(asking: Asking, identity: Identity) -> Then:
    """Describe a table of today; what was retyped reads as NULL where the former type cannot hold it."""
    now = table_of(asking.end, identity)
    columns, alike = [], True
    for one in asking.before.members.get(identity, ()):
        today = asking.end.get(one.identity)
        if one.kind != "column" or today is None:
            continue
        value, old, new = f"t.{quote(today.name)}", str(one.attributes["type"]), str(today.attributes["type"])
        if old != new:
            kinds = ", ".join("'" + kind.replace("'", "''") + "'" for kind in (old, new))
            value = f"CASE WHEN safemigrate.fits({value}::text, {kinds}) THEN {value}::text::{old} END"
        alike = alike and (old, one.name) == (new, today.name)
        columns.append(f"{value} AS {quote(one.name)}")
    keys = [f"t.{column.quoted} AS safemigrate_key_{number}" for number, column in enumerate(now.key)]
    listed = ", ".join(
        [
            "t.tableoid AS safemigrate_home",
            "t.ctid AS safemigrate_at",
            f"coalesce(age(t.xmin) < {asking.age}, false) AS safemigrate_since",
            *keys,
            *columns,
        ]
    )
    order = tuple(f"safemigrate_key_{number}" for number in range(len(keys))) or ("safemigrate_home", "safemigrate_at")
    return Then(now, f"(SELECT {listed} FROM {now.rows} AS t)", ("safemigrate_since", *order), alike)


def subject(one: Object) -> str:
    """Name a constraint or index as users write it."""
    return f"{quote(one.schema, one.parent)}.{quote(one.name)}"


def look(asking: Asking, identity: Identity, where: str) -> str:
    """Write the query that shows rows of today."""
    return f"SELECT * FROM {table_name(asking.end, identity)} AS t WHERE {where}"

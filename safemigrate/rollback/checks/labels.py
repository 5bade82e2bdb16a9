"""Labels that users took up since and the former enum does not have."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db.catalog import Catalog, Identity
from safemigrate.model import Check
from safemigrate.rollback.checks.place import Place, columns_at, not_ours, table_name


def label_check(
    table: Identity, position: int, labels: Sequence[str], before: Catalog, end: Catalog, since: Sequence[Place]
) -> list[Check]:
    """Ask about labels that an enum will not have any more, but for those that later steps take back."""
    names = columns_at(end, table, [position]) if table in end else None
    if names is None or table not in before:
        return []
    (name,) = names
    listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    kind = next(
        str(one.attributes["type"])
        for one in before.members[table]
        if one.kind == "column" and one.internal["_position"] == position
    )
    known = (
        f"array_remove(t.{name}::text[], NULL) <@ ARRAY[{listed}]::text[]"
        if kind.endswith("[]")
        else f"t.{name}::text IN ({listed})"
    )
    source = f"{table_name(end, table)} AS t WHERE t.{name} IS NOT NULL AND NOT ({known})"
    source += not_ours(end, table, position, since)
    return [
        Check(
            f"{table_name(end, table)}.{name}",
            "{count} values are labels that the enum will not have any more",
            f"SELECT count(*) FROM {source}",
            f"SELECT DISTINCT t.{name}::text FROM {source} LIMIT 5",
            (f"change these values, then roll back: SELECT * FROM {source}",),
            loses=True,
        )
    ]

"""What is known of the target. Without a target nothing is, and findings keep the severity of the text alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Key = tuple[str, str]  # schema and name


@dataclass(frozen=True, slots=True)
class TableFact:
    """A table of the target: its rows as the planner estimates them, None where never analyzed; its columns' types.

    Types are as `format_type` gives them: `character varying(100)`, `"Role"`, `other."Role"[]`.
    """

    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def _not_counted(_query: str) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """The target as it is, before any pending migration.

    `tables` has every ordinary and partitioned table, or is None without a target.
    `enums` has the labels of every enum.
    `count` runs a query for one number, with a timeout, and returns None where there is no answer in time.
    `applied` maps each applied migration to its checksum, None where there is no history to know.
    `schema` is the one that unqualified names mean.
    """

    tables: Mapping[Key, TableFact] | None = None
    enums: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    count: Callable[[str], int | None] = _not_counted
    applied: Mapping[str, str] | None = None
    schema: str = "public"

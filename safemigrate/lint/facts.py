"""What is known of the target. Without a target nothing is, and findings keep the severity of the text alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from safemigrate.model.value import dataclass
from safemigrate.sql.actions import Column, Constraint

Key = tuple[str, str]  # schema and name


# Without a target or a setting: the oldest that gets fixes until 2027 and behaves, for every rule, like 12 to 17.
ASSUMED_VERSION = 15


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `columns` is empty where a key is an expression.

    `partial` says that it leaves rows out, or finds others alike than its columns do. `by_hand` is one that no
    migration made, so that it comes back where safemigrate makes the table anew.
    """

    columns: tuple[str, ...] = ()
    unique: bool = False
    valid: bool = True
    partial: bool = False
    by_hand: bool = False

    @property
    def is_key(self) -> bool:
        """Whether no two rows have the same values in its columns, NULLs aside."""
        return self.unique and self.valid and not self.partial and bool(self.columns)


@dataclass(frozen=True, slots=True)
class TableFact:
    """A table or materialized view of the target.

    `rows` are as the planner estimates them, None where never analyzed. `columns` has types as `format_type` gives
    them: `character varying(100)`, `"Role"`, `other."Role"[]`. `required` are the columns that are NOT NULL.
    `constraints` and `indexes` are by name. `default_of` is the table whose default partition it is.
    `defined` are those of the columns whose definition is known as a text has it, `options` what SQLite has behind it,
    `triggers` those on it by name, with the names in their bodies.
    """

    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    indexes: Mapping[str, Index] = field(default_factory=dict)
    partitioned: bool = False
    default_of: Key | None = None
    defined: Mapping[str, Column] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def nobody(_query: str) -> int | None:
    """Count nothing: there is nobody to ask."""
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """The target as it is, before any pending migration.

    `tables` has every table and materialized view, or is None without a target; where not `complete`, there may be
    more.
    `enums` has the labels of every enum.
    `count` runs a query for one number, with a timeout, and returns None where there is no answer in time.
    `applied` maps each applied migration to its checksum, None where there is no history to know; where `base` is not
    "", those are on that branch instead of in a database.
    `schema` is the one that unqualified names mean.
    `version` is the server's major, None where unknown.
    `functions` says of each function that is not PostgreSQL's own whether it is volatile; `domains` of each domain
    whether it has constraints.
    `in_steps` says that safemigrate applies the migration, and gives statements that cannot share a transaction steps
    of their own; who only reads the file does not know who will apply it.
    `views` of SQLite are by name, with the names in their texts.
    `provider` is what migration_lock.toml says, "" where nobody knows. `folder` names all migrations, sorted.
    """

    tables: Mapping[Key, TableFact] | None = None
    enums: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    count: Callable[[str], int | None] = nobody
    applied: Mapping[str, str] | None = None
    schema: str = "public"
    version: int | None = None
    functions: Mapping[str, bool] = field(default_factory=dict)
    domains: Mapping[Key, bool] = field(default_factory=dict)
    complete: bool = True
    in_steps: bool = False
    provider: str = ""
    folder: tuple[str, ...] = ()
    base: str = ""
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

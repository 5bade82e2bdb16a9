"""Rows written, locks taken, tables worked over, transactions and settings; and what holds other actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from safemigrate.model.value import dataclass
from safemigrate.sql.actions.base import Action, Name


@dataclass(frozen=True, slots=True)
class Truncate(Action):
    """TRUNCATE."""

    tables: tuple[Name, ...]
    cascade: bool = False
    restart_identity: bool = False


@dataclass(frozen=True, slots=True)
class Delete(Action):
    """DELETE; `where` as written, "" without one."""

    table: Name
    where: str = ""


@dataclass(frozen=True, slots=True)
class Update(Action):
    """UPDATE; `columns` are those assigned, `assignments` and `where` as written."""

    table: Name
    columns: tuple[str, ...] = ()
    assignments: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Insert(Action):
    """INSERT or COPY FROM; `query` says that its rows are not written out in the statement.

    `columns` is () where the statement lists none. `values` are the expressions that go into them, as written, of a
    single SELECT or row of VALUES; `origin` is the one table that such a SELECT reads, `rest` what stands behind it.
    `update` is what ON CONFLICT does to a row that is there already, without the columns by which it is known.
    `conflict` is SQLite's INSERT OR: "ignore", "replace", ...
    """

    table: Name
    query: bool = False
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    origin: Name | None = None
    update: Update | None = None
    rest: str = ""
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class LockTable(Action):
    """LOCK TABLE; `mode` in upper case, without MODE."""

    tables: tuple[Name, ...]
    mode: str = "ACCESS EXCLUSIVE"
    nowait: bool = False


@dataclass(frozen=True, slots=True)
class Vacuum(Action):
    """VACUUM; `tables` is () for all."""

    tables: tuple[Name, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class Cluster(Action):
    """CLUSTER; without a table, every one that was clustered before."""

    table: Name | None = None
    index: str = ""


@dataclass(frozen=True, slots=True)
class Reindex(Action):
    """REINDEX; `kind` is "index", "table", "schema", "database" or "system"."""

    kind: str
    name: Name | None = None
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class Refresh(Action):
    """REFRESH MATERIALIZED VIEW."""

    view: Name
    concurrently: bool = False
    with_data: bool = True


@dataclass(frozen=True, slots=True)
class Transaction(Action):
    """Transaction control; `kind` is "begin", "commit", "rollback", "savepoint", "release", "prepare", ..."""

    kind: str


@dataclass(frozen=True, slots=True)
class Set(Action):
    """SET, RESET and SET LOCAL of a setting; `value` as written, "" for RESET."""

    setting: str
    value: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Call(Action):
    """A function that SELECT or PERFORM, or a procedure that CALL runs, if it may do more than read.

    `arguments` as written, "" for a call among another's arguments. `actions` are those of its body where the same file
    has made it before; then it is `known`.
    """

    function: Name
    arguments: str = ""
    actions: tuple[Action, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True)
class DoBlock(Action):
    """A DO block. `actions` are those of the SQL in its body, run or not; `dynamic` says that it also builds SQL."""

    actions: tuple[Action, ...] = ()
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Other(Action):
    """Understood, and neither rows nor objects change by it: SELECT, ANALYZE, SHOW, LISTEN, ..."""

    keyword: str


@dataclass(frozen=True, slots=True)
class Opaque(Action):
    """Not understood, and why."""

    reason: str


def flatten(actions: Iterable[Action]) -> Iterator[Action]:
    """The actions, behind each those inside: of a DO block, of a function that is called; not of one that is made."""
    for action in actions:
        yield action
        if isinstance(action, DoBlock | Call):
            yield from flatten(action.actions)

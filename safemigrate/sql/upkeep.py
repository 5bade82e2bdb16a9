"""Statements that hold a table without changing it: LOCK, VACUUM, CLUSTER, REINDEX, REFRESH; and ALTER DOMAIN."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.sql.actions import Action, Name, Other
from safemigrate.sql.cursor import Cursor


@dataclass(frozen=True, slots=True)
class LockTable(Action):
    """LOCK TABLE; `mode` in upper case, without MODE."""

    tables: tuple[Name, ...]
    mode: str = "ACCESS EXCLUSIVE"


@dataclass(frozen=True, slots=True)
class Vacuum(Action):
    """VACUUM; no `tables` are all."""

    tables: tuple[Name, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class Cluster(Action):
    """CLUSTER; without a table it is every one that was clustered before."""

    table: Name | None = None


@dataclass(frozen=True, slots=True)
class Reindex(Action):
    """REINDEX; `kind` is "index", "table", "schema", "database" or "system"; the last two need no `name`."""

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
class AlterDomain(Action):
    """ALTER DOMAIN; `what` in lower case: "add constraint", "set not null", "validate constraint"."""

    name: Name
    what: str
    not_valid: bool = False


def lock(cursor: Cursor) -> Action:
    """LOCK, from behind the word."""
    cursor.take("TABLE")
    tables = cursor.tables()
    mode = "ACCESS EXCLUSIVE"
    if cursor.take("IN"):
        mode = " ".join(cursor.until({"MODE"}).upper().split())
        cursor.need("MODE")
    cursor.take("NOWAIT")
    cursor.finish()
    return LockTable(tables, mode)


def vacuum(cursor: Cursor) -> Action:
    """VACUUM, from behind the word."""
    full = False
    if cursor.at("("):
        for option in cursor.group().by_commas():
            if option.take("FULL"):
                full = option.word not in ("FALSE", "OFF", "0") and option.token().text not in ("0", "false", "off")
    while word := cursor.take_any("FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"):
        full |= word == "FULL"
    tables = []
    for part in cursor.by_commas():
        tables.append(part.table())
        if part.at("("):
            part.group()
        part.finish()
    return Vacuum(tuple(tables), full)


def cluster(cursor: Cursor) -> Action:
    """CLUSTER, from behind the word."""
    if cursor.at("("):
        cursor.group()
    cursor.take("VERBOSE")
    if cursor.done:
        return Cluster()
    name = cursor.name()
    if cursor.take("ON"):  # CLUSTER index ON table, as before PostgreSQL 8.3
        name = cursor.name()
    elif cursor.take("USING"):
        cursor.identifier()
    cursor.finish()
    return Cluster(name)


def reindex(cursor: Cursor) -> Action:
    """REINDEX, from behind the word."""
    concurrently = False
    if cursor.at("("):
        for option in cursor.group().by_commas():
            if option.take("CONCURRENTLY"):
                concurrently = option.word not in ("FALSE", "OFF")
    cursor.take("VERBOSE")
    kind = cursor.take_any("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM")
    if not kind:
        raise cursor.unread()
    concurrently |= cursor.take("CONCURRENTLY")
    name = None if cursor.done else cursor.name()
    cursor.finish()
    return Reindex(kind.lower(), name, concurrently)


def refresh(cursor: Cursor) -> Action:
    """REFRESH MATERIALIZED VIEW, from behind the first word."""
    cursor.need("MATERIALIZED", "VIEW")
    concurrently = cursor.take("CONCURRENTLY")
    view = cursor.name()
    with_data = True
    if cursor.take("WITH"):
        with_data = not cursor.take("NO")
        cursor.need("DATA")
    cursor.finish()
    return Refresh(view, concurrently, with_data)


def alter_domain(cursor: Cursor, name: Name) -> Action:
    """ALTER DOMAIN, from behind its name."""
    what = cursor.words(3 if cursor.at("SET") or cursor.at("DROP", "NOT") else 2)
    not_valid = [token.word for token in cursor.tokens[-2:]] == ["NOT", "VALID"]
    cursor.rest()
    return Other("ALTER DOMAIN OWNER") if what.startswith("owner") else AlterDomain(name, what, not_valid)

"""Statements that hold a table without changing it: LOCK, VACUUM, CLUSTER, REINDEX, REFRESH."""

from __future__ import annotations

from safemigrate.sql.actions import Action, Cluster, LockTable, Refresh, Reindex, Vacuum
from safemigrate.sql.cursor import Cursor

_MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def lock(cursor: Cursor) -> Action:
    """LOCK, from behind the word."""
    cursor.take("TABLE")
    tables = cursor.tables()
    mode = "ACCESS EXCLUSIVE"
    if cursor.take("IN"):
        mode = " ".join(cursor.until({"MODE"}).upper().split())
        if mode not in _MODES:
            raise cursor.unread()
        cursor.need("MODE")
    nowait = cursor.take("NOWAIT")
    cursor.finish()
    return LockTable(tables, mode, nowait)


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
        action = Cluster(cursor.name(), name.name)
    else:
        action = Cluster(name, cursor.identifier() if cursor.take("USING") else "")
    cursor.finish()
    return action


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

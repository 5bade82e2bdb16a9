"""ALTER TABLE, action by action."""

from __future__ import annotations

from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterColumnType,
    AlterConstraint,
    AlterTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    Name,
    Opaque,
    Rename,
    SetDefault,
    SetNotNull,
    SetOwner,
    SetSchema,
    ValidateConstraint,
)
from safemigrate.sql.cursor import Cursor, Unread
from safemigrate.sql.read_column import CONSTRAINTS, column, column_type, constraint

# What of a table they change: the words, maybe with a value behind them. PostgreSQL docs, ALTER TABLE.
_TABLE = (
    "ENABLE ROW LEVEL SECURITY",
    "DISABLE ROW LEVEL SECURITY",
    "FORCE ROW LEVEL SECURITY",
    "NO FORCE ROW LEVEL SECURITY",
    "ENABLE TRIGGER",
    "ENABLE REPLICA TRIGGER",
    "ENABLE ALWAYS TRIGGER",
    "DISABLE TRIGGER",
    "ENABLE RULE",
    "ENABLE REPLICA RULE",
    "ENABLE ALWAYS RULE",
    "DISABLE RULE",
    "SET WITHOUT CLUSTER",
    "SET WITHOUT OIDS",
    "SET ACCESS METHOD",
    "SET TABLESPACE",
    "SET UNLOGGED",
    "SET LOGGED",
    "REPLICA IDENTITY",
    "CLUSTER ON",
    "NO INHERIT",
    "INHERIT",
    "NOT OF",
    "OF",
    "MERGE PARTITIONS",
    "SPLIT PARTITION",
    "OPTIONS",
)
_WITHOUT_VALUE = ("SECURITY", "CLUSTER", "OIDS", "LOGGED", "UNLOGGED", "NOT OF")
_COLUMN = {
    "SET STATISTICS": "set statistics",
    "SET STORAGE": "set storage",
    "SET COMPRESSION": "set compression",
    "SET EXPRESSION": "set expression",
    "DROP EXPRESSION": "drop expression",
    "ADD GENERATED": "add identity",
    "SET GENERATED": "set identity",
    "SET INCREMENT": "set identity",
    "SET START": "set identity",
    "SET RESTART": "set identity",
    "SET SEQUENCE": "set identity",
    "SET MAXVALUE": "set identity",
    "SET MINVALUE": "set identity",
    "SET CACHE": "set identity",
    "SET CYCLE": "set identity",
    "SET NO": "set identity",
    "RESTART": "set identity",
    "DROP IDENTITY": "drop identity",
    "OPTIONS": "set options",
}


def alter_table(cursor: Cursor) -> list[Action]:
    """ALTER TABLE, from behind the word TABLE; an action that is not understood hides no other."""
    cursor.take("IF", "EXISTS")
    table = cursor.table()
    actions: list[Action] = []
    for part in cursor.by_commas():
        try:
            action = _action(part, table)
            part.finish()
        except Unread as unread:
            action = Opaque(f"ALTER TABLE {table}: not understood at {unread}")
        actions.append(action)
    if not actions:
        raise cursor.unread()
    return actions


def _action(cursor: Cursor, table: Name) -> Action:
    if cursor.take("ADD"):
        if cursor.word in CONSTRAINTS or cursor.at("NOT", "NULL"):
            return AddConstraint(table, constraint(cursor))
        cursor.take("COLUMN")
        if_not_exists = cursor.take("IF", "NOT", "EXISTS")
        return AddColumn(table, column(cursor), if_not_exists)
    if cursor.take("DROP"):
        is_constraint = cursor.take("CONSTRAINT") or (cursor.take("COLUMN") and False)
        if_exists = cursor.take("IF", "EXISTS")
        name = cursor.identifier()
        cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
        return (DropConstraint if is_constraint else DropColumn)(table, name, cascade, if_exists)
    if cursor.take("ALTER", "CONSTRAINT"):
        return AlterConstraint(table, cursor.identifier(), " ".join(cursor.rest().lower().split()))
    if cursor.take("ALTER"):
        cursor.take("COLUMN")
        return _alter_column(cursor, table)
    if cursor.take("VALIDATE", "CONSTRAINT"):
        return ValidateConstraint(table, cursor.identifier())
    if cursor.take("RENAME"):
        return _rename(cursor, table)
    if cursor.take("SET", "SCHEMA"):
        return SetSchema("table", table, cursor.identifier())
    if cursor.take("OWNER", "TO"):
        return SetOwner("table", table, cursor.identifier())
    return _partition(cursor, table) or _option(cursor, table)


def _rename(cursor: Cursor, table: Name) -> Action:
    if cursor.take("TO"):
        return Rename("table", table, cursor.identifier())
    kind = "constraint" if cursor.take("CONSTRAINT") else "column"
    cursor.take("COLUMN")
    old = cursor.identifier()
    cursor.need("TO")
    return Rename(kind, Name(None, old), cursor.identifier(), table)


def _partition(cursor: Cursor, table: Name) -> Action | None:
    if cursor.take("ATTACH", "PARTITION"):
        return AlterTable(table, "attach partition", cursor.name(), cursor.rest())
    if cursor.take("DETACH", "PARTITION"):
        partition = cursor.name()
        how = cursor.take_any("CONCURRENTLY", "FINALIZE").lower()
        return AlterTable(table, f"detach partition {how}".rstrip(), partition)  # type: ignore[arg-type]
    return None


def _option(cursor: Cursor, table: Name) -> Action:
    verb = cursor.word
    if verb in ("SET", "RESET") and cursor.token(1).word == "(":
        cursor.place += 1
        what = "set options" if verb == "SET" else "reset options"
        return AlterTable(table, what, value=cursor.group().rest())  # type: ignore[arg-type]
    for words in _TABLE:
        if words.startswith(verb) and cursor.take(*words.split()):
            value = "" if words.endswith(_WITHOUT_VALUE) else _written(cursor)
            return AlterTable(table, words.lower(), value=value)  # type: ignore[arg-type]
    raise cursor.unread()


def _alter_column(cursor: Cursor, table: Name) -> Action:
    name = cursor.identifier()
    if cursor.take("TYPE") or cursor.take("SET", "DATA", "TYPE"):
        type_ = column_type(cursor, frozenset({"USING", "COLLATE"}))
        collation = str(cursor.name()) if cursor.take("COLLATE") else ""
        return AlterColumnType(table, name, type_, cursor.rest() if cursor.take("USING") else "", collation)
    if cursor.take("SET", "NOT", "NULL"):
        return SetNotNull(table, name)
    if cursor.take("DROP", "NOT", "NULL"):
        return DropNotNull(table, name)
    if cursor.take("SET", "DEFAULT"):
        return SetDefault(table, name, _written(cursor))
    if cursor.take("DROP", "DEFAULT"):
        return DropDefault(table, name)
    verb = cursor.word
    if verb in ("SET", "RESET") and cursor.token(1).word == "(":
        cursor.place += 1
        what = "set options" if verb == "SET" else "reset options"
        return AlterColumn(table, name, what, cursor.group().rest())  # type: ignore[arg-type]
    for words, what in _COLUMN.items():
        if words.startswith(verb) and cursor.take(*words.split()):
            return AlterColumn(table, name, what, cursor.rest())  # type: ignore[arg-type]
    raise cursor.unread()


def _written(cursor: Cursor) -> str:
    found = cursor.rest()
    if not found:
        raise cursor.unread()
    return found

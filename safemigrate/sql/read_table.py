"""CREATE TABLE and CREATE INDEX."""

from __future__ import annotations

from safemigrate.sql.actions import Column, Constraint, CreateIndex, CreateTable
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.read_column import CONSTRAINTS, column, constraint

_BEHIND = frozenset("INHERITS PARTITION USING WITH WITHOUT ON TABLESPACE AS FOR DEFAULT SERVER OPTIONS".split())  # noqa: SIM905


def create_table(cursor: Cursor, *, temporary: bool) -> CreateTable:
    """CREATE TABLE, from behind the word TABLE."""
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.name()
    columns: list[Column] = []
    constraints: list[Constraint] = []
    parent = cursor.name() if cursor.take("PARTITION", "OF") else None
    of_type = cursor.take("OF") and cursor.name()
    if cursor.at("("):
        for element in cursor.group().by_commas():
            if element.word in CONSTRAINTS or (element.at("NOT", "NULL") and not of_type):
                constraints.append(constraint(element))
            elif element.at("LIKE") or len(element.tokens) == 1 or parent or of_type:
                continue  # a name alone stands in CREATE TABLE ... (a, b) AS; a column of a parent or a type is theirs
            else:
                columns.append(column(element))
    elif not (parent or of_type or cursor.word in _BEHIND):
        raise cursor.unread()
    if not cursor.done and cursor.word not in _BEHIND:
        raise cursor.unread()
    inherits = cursor.take("INHERITS")
    cursor.until({"BY", "AS"})
    partitioned = cursor.take("BY")
    cursor.until({"AS"})
    query = cursor.take("AS") and [token.word for token in cursor.tokens[-2:]] != ["NO", "DATA"]
    targets = [parent, *(column.references for column in columns), *(one.references for one in constraints)]
    return CreateTable(
        table,
        tuple(columns),
        tuple(target for target in targets if target),
        temporary,
        if_not_exists,
        parent,
        query,
        tuple(constraints),
        partitioned,
        inherits,
    )


def create_index(cursor: Cursor, *, unique: bool) -> CreateIndex:
    """CREATE INDEX, from behind the word INDEX."""
    concurrently = cursor.take("CONCURRENTLY")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = "" if cursor.at("ON") else cursor.identifier()
    cursor.need("ON")
    only = cursor.at("ONLY")
    table = cursor.table()
    method = cursor.identifier() if cursor.take("USING") else "btree"
    start = cursor.place
    columns = cursor.names_in_group()
    keys = cursor.written(start + 1, cursor.place - 1)
    include = cursor.names_in_group() if cursor.take("INCLUDE") else ()
    same_nulls = cursor.take("NULLS", "NOT", "DISTINCT")
    cursor.take("NULLS", "DISTINCT")
    if cursor.take("WITH"):
        cursor.group()
    if cursor.take("TABLESPACE"):
        cursor.identifier()
    where = cursor.rest() if cursor.take("WHERE") else ""
    cursor.finish()
    return CreateIndex(
        table, name, columns, unique, concurrently, where, same_nulls, if_not_exists, only, method, include, keys
    )

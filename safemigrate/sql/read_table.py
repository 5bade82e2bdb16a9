"""CREATE TABLE and ALTER TABLE: columns and constraints."""

from __future__ import annotations

from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterColumnType,
    AlterTable,
    Column,
    Constraint,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    Name,
    Opaque,
    Rename,
    SetDefault,
    SetNotNull,
    SetSchema,
    ValidateConstraint,
)
from safemigrate.sql.cursor import Cursor, Unread

_COLUMN_CLAUSES = frozenset(
    "CONSTRAINT NOT NULL CHECK DEFAULT GENERATED UNIQUE PRIMARY REFERENCES COLLATE DEFERRABLE INITIALLY "  # noqa: SIM905
    "STORAGE COMPRESSION".split()
)
_CONSTRAINTS = frozenset("CONSTRAINT CHECK UNIQUE PRIMARY FOREIGN EXCLUDE".split())  # noqa: SIM905
# ALTER TABLE actions that change no row and no column; PostgreSQL docs, ALTER TABLE.
_PLAIN_ACTIONS = frozenset(
    "ENABLE DISABLE FORCE NO CLUSTER SET RESET INHERIT OF NOT OWNER REPLICA ATTACH DETACH".split()  # noqa: SIM905
)


def create_table(cursor: Cursor, *, temporary: bool) -> CreateTable:
    """CREATE TABLE, from behind the word TABLE."""
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.name()
    columns: list[Column] = []
    references: list[Name] = []
    if cursor.take("PARTITION", "OF"):
        references.append(cursor.name())
        return CreateTable(table, (), tuple(references), temporary, if_not_exists, references[0])
    if cursor.at("("):
        for element in cursor.group().by_commas():
            if element.word in _CONSTRAINTS:
                target = constraint(element).references
            elif element.at("LIKE") or element.token(1).word in ("", ","):
                continue  # LIKE, or the bare names of CREATE TABLE ... (a, b) AS
            else:
                columns.append(column(element))
                target = columns[-1].references
            references += [target] if target else []
    cursor.until({"AS"})
    query = cursor.take("AS") and [token.word for token in cursor.tokens[-2:]] != ["NO", "DATA"]
    return CreateTable(table, tuple(columns), tuple(references), temporary, if_not_exists, None, query)


def column(cursor: Cursor) -> Column:
    """A column's definition to its end."""
    name = cursor.identifier()
    type_ = " ".join(cursor.until(_COLUMN_CLAUSES).split())
    if not type_:
        raise cursor.unread()
    not_null = generated = identity = unique = primary_key = virtual = False
    default, check, references = "", "", None
    while not cursor.done:
        clause = cursor.take_any(*_COLUMN_CLAUSES)
        if clause == "NOT":
            if cursor.take("NULL"):
                not_null = True
            else:
                cursor.need("DEFERRABLE")
        elif clause == "DEFAULT":
            start = cursor.place
            cursor.take("NULL")
            cursor.until(_COLUMN_CLAUSES)
            default = cursor.written(start, cursor.place)
            if not default:
                raise cursor.unread()
        elif clause == "GENERATED":
            cursor.until({"AS"})
            cursor.need("AS")
            identity = cursor.take("IDENTITY")
            generated = not identity
            if cursor.at("("):
                cursor.group()
            virtual = cursor.take_any("STORED", "VIRTUAL") != "STORED" and generated
        elif clause == "PRIMARY":
            cursor.need("KEY")
            primary_key = True
            _index_options(cursor)
        elif clause == "UNIQUE":
            unique = True
            _index_options(cursor)
        elif clause == "REFERENCES":
            references, _columns = _references(cursor)
        elif clause == "CHECK":
            check = cursor.group().rest()
            cursor.take("NO", "INHERIT")
        elif clause in ("CONSTRAINT", "STORAGE", "COMPRESSION"):
            cursor.identifier()
        elif clause == "COLLATE":
            cursor.name()
        elif clause == "INITIALLY":
            cursor.identifier()
        elif clause not in ("NULL", "DEFERRABLE"):
            raise cursor.unread()
    absent = default.upper() == "NULL" or default.upper().startswith("NULL::")
    default = "" if absent else default
    required = not_null or primary_key
    return Column(name, type_, required, default, generated, identity, unique, primary_key, references, virtual, check)


def constraint(cursor: Cursor) -> Constraint:
    """A table constraint to its end."""
    name = cursor.identifier() if cursor.take("CONSTRAINT") else ""
    columns: tuple[str, ...] = ()
    referenced: tuple[str, ...] = ()
    expression = using_index = ""
    references = None
    kind = cursor.take_any("CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "NOT")
    if kind == "CHECK":
        inside = cursor.group()
        expression = inside.rest()
        cursor.take("NO", "INHERIT")
    elif kind in ("UNIQUE", "PRIMARY"):
        if kind == "PRIMARY":
            cursor.need("KEY")
        if cursor.take("USING", "INDEX"):
            using_index = cursor.identifier()
        else:
            cursor.take("NULLS", "DISTINCT") or cursor.take("NULLS", "NOT", "DISTINCT")
            columns = cursor.names_in_group()
            _index_options(cursor)
    elif kind == "FOREIGN":
        cursor.need("KEY")
        columns = cursor.names_in_group()
        cursor.need("REFERENCES")
        references, referenced = _references(cursor)
    elif kind == "EXCLUDE":
        cursor.until({"DEFERRABLE", "NOT", "INITIALLY"})
    elif kind == "NOT":  # PostgreSQL 18
        cursor.need("NULL")
        columns = (cursor.identifier(),)
        cursor.take("NO", "INHERIT")
    else:
        raise cursor.unread()
    not_valid = False
    while not cursor.done:
        if cursor.take("NOT", "VALID"):
            not_valid = True
        elif cursor.take("INITIALLY"):
            cursor.identifier()
        elif not (cursor.take("NOT", "DEFERRABLE") or cursor.take("DEFERRABLE") or cursor.take("NO", "INHERIT")):
            raise cursor.unread()
    kind = {"PRIMARY": "primary key", "FOREIGN": "foreign key", "NOT": "not null"}.get(kind, kind.lower())
    return Constraint(kind, name, columns, expression, not_valid, using_index, references, referenced)


def _index_options(cursor: Cursor) -> None:
    while True:
        if cursor.take("NULLS"):
            cursor.take("NOT")
            cursor.need("DISTINCT")
        elif cursor.take("USING", "INDEX", "TABLESPACE"):
            cursor.identifier()
        elif cursor.take("INCLUDE") or cursor.take("WITH"):
            cursor.group()
        else:
            return


def _references(cursor: Cursor) -> tuple[Name, tuple[str, ...]]:
    table = cursor.name()
    columns = cursor.names_in_group() if cursor.at("(") else ()
    while True:
        if cursor.take("MATCH"):
            cursor.identifier()
        elif cursor.take("ON", "DELETE") or cursor.take("ON", "UPDATE"):
            if not cursor.take_any("CASCADE", "RESTRICT"):
                if not (cursor.take("NO", "ACTION") or cursor.take("SET", "NULL")):
                    cursor.need("SET", "DEFAULT")
                if cursor.at("("):
                    cursor.group()
        else:
            return table, columns


def alter_table(cursor: Cursor) -> list[Action]:
    """ALTER TABLE, from behind the word TABLE; an action that is not understood hides no other."""
    cursor.take("IF", "EXISTS")
    table = cursor.table()
    actions: list[Action] = []
    for part in cursor.by_commas():
        try:
            action = _alter_action(part, table)
            part.finish()
        except Unread as unread:
            action = Opaque(f"ALTER TABLE {table}: not understood at {unread}")
        actions.append(action)
    if not actions:
        raise cursor.unread()
    return actions


def _alter_action(cursor: Cursor, table: Name) -> Action:
    verb = cursor.word
    if cursor.take("ADD"):
        if cursor.word in _CONSTRAINTS or cursor.at("NOT", "NULL"):
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
    if cursor.take("VALIDATE", "CONSTRAINT"):
        return ValidateConstraint(table, cursor.identifier())
    if cursor.take("RENAME"):
        if cursor.take("TO"):
            return Rename("table", table, cursor.identifier())
        kind = "constraint" if cursor.take("CONSTRAINT") else "column"
        cursor.take("COLUMN")
        old = cursor.identifier()
        cursor.need("TO")
        return Rename(kind, Name(None, old), cursor.identifier(), table)
    if cursor.take("SET", "SCHEMA"):
        return SetSchema("table", table, cursor.identifier())
    if cursor.take("ALTER", "CONSTRAINT"):
        cursor.rest()
        return AlterTable(table, "alter constraint")
    if cursor.take("ALTER"):
        cursor.take("COLUMN")
        return _alter_column(cursor, table)
    if verb in _PLAIN_ACTIONS:
        if cursor.take("ATTACH", "PARTITION") or cursor.take("DETACH", "PARTITION"):
            partition = cursor.name()
            concurrently = cursor.at("CONCURRENTLY")
            cursor.rest()
            return AlterTable(table, f"{verb.lower()} partition{' concurrently' * concurrently}", partition)
        what = cursor.words(4 if verb in ("ENABLE", "DISABLE", "FORCE", "NO") else 2)
        cursor.rest()
        return AlterTable(table, what)
    raise cursor.unread()


def _alter_column(cursor: Cursor, table: Name) -> Action:
    name = cursor.identifier()
    if cursor.take("TYPE") or cursor.take("SET", "DATA", "TYPE"):
        type_ = " ".join(cursor.until({"USING", "COLLATE"}).split())
        if cursor.take("COLLATE"):
            cursor.name()
        return AlterColumnType(table, name, type_, cursor.rest() if cursor.take("USING") else "")
    if cursor.take("SET", "NOT", "NULL"):
        return SetNotNull(table, name)
    if cursor.take("DROP", "NOT", "NULL"):
        return DropNotNull(table, name)
    if cursor.take("SET", "DEFAULT"):
        return SetDefault(table, name, cursor.rest())
    if cursor.take("DROP", "DEFAULT"):
        return DropDefault(table, name)
    if cursor.word in ("SET", "RESET", "ADD", "DROP", "RESTART"):
        what = cursor.words(3)
        cursor.rest()
        return AlterColumn(table, name, what)
    raise cursor.unread()

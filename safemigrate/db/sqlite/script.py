"""Running the statements of a script, and what leads out where one fails."""

from __future__ import annotations

import re
from collections.abc import Iterable

from safemigrate.db.sqlite.connection import Connection, Refusal, SqlError, quote, value
from safemigrate.db.sqlite.definition import tokens
from safemigrate.db.sqlite.errors import told
from safemigrate.db.sqlite.written import writes
from safemigrate.errors import MigrationFailed

_RENAMED = re.compile(r"""ALTER\s+TABLE\s+.+\s+RENAME\s+TO\s+["'`\[]?(.+?)["'`\]]?\s*$""", re.IGNORECASE | re.DOTALL)
_NO_TABLE = re.compile(r"no such table: (?:main\.)?(.+)$")
_FAILED = re.compile(r"(NOT NULL|UNIQUE) constraint failed: (.+)$")
_TAKEN = re.compile(r"(trigger|index|view) (\S+) already exists$")
_THERE = re.compile(r'table ["`\']?(.+?)["`\']? already exists$')
# What fails, does nothing or something else there (sqlite.org/lang_transaction.html, lang_attach.html, pragma.html).
_ALONE = {"VACUUM", "ATTACH", "DETACH", "BEGIN", "COMMIT", "END", "ROLLBACK"}
_ALONE_PRAGMAS = {"JOURNAL_MODE", "SYNCHRONOUS", "WAL_CHECKPOINT", "LOCKING_MODE", "AUTO_VACUUM", "PAGE_SIZE"}
NEW = "new_"  # what Prisma's rebuild calls a table until it has its name


def execute(connection: Connection, sql: str, line: int = 0, *, of: str = "", plain: bool = False) -> None:
    """Run one statement of a script; raises MigrationFailed with its line, SQLite's words and what leads out.

    `of` is the statement that it is a part of, where it is one of ours around it.

    The RENAME that ends a rebuild fails where a view or trigger names the table that is just then missing
    (sqlite.org/lang_altertable.html): unless `plain`, it is run as SQLite did before 3.26, which looks at neither.
    """
    if not plain and connection.in_transaction and (alone := stands_alone(sql)):
        raise MigrationFailed(
            f"line {line} failed: {' '.join(sql.split())[:100]}",
            f"A migration is applied in one transaction, whole or not at all, and {alone} has no place there.",
            (f"take {alone} out of the migration, and run it by itself",),
        )
    try:
        try:
            connection.execute(sql).fetchall()
        except SqlError as error:
            if plain or not _waits_for_it(sql, str(error)):
                raise
            connection.execute("PRAGMA legacy_alter_table = ON")
            try:
                connection.execute(sql)
            finally:
                connection.execute("PRAGMA legacy_alter_table = OFF")
    except SqlError as error:
        if told(connection.path, error) or Refusal.of(error).code == "SQLITE_INTERRUPT":
            raise  # the disk, the rights, another process: `connect` says which
        raise failed(connection, error, of or sql, line) from error


def take_back(connection: Connection, statements: Iterable[tuple[str, int]], *, own: bool) -> None:
    """Run a way back, each statement with its line; a team's own sees the file alone, and leaves nothing temporary."""
    if not own:
        for sql, line in statements:
            execute(connection, sql, line, plain=True)
        return
    with writes(connection, alone=True):
        for sql, line in statements:
            execute(connection, sql, line)
    connection.forget_temporary()


def stands_alone(sql: str) -> str:
    """Return the command of a statement that has no place in a transaction, "" for any other."""
    words = [token.word for token in tokens(sql[:500])]
    if words[:1] == ["ROLLBACK"] and "TO" in words[:3]:
        return ""
    if words[:1] == ["PRAGMA"] and len(words) > 2:
        return next((f"PRAGMA {word.lower()}" for word in words[1:4] if word in _ALONE_PRAGMAS), "")
    return words[0] if words and words[0] in _ALONE else ""


def failed(connection: Connection, error: SqlError, sql: str, line: int = 0) -> MigrationFailed:
    """Put what SQLite refused into words."""
    refusal, text = Refusal.of(error), " ".join(sql.split())
    why, fix = _way_out(connection, refusal.message)
    code = f" ({refusal.code})" if refusal.code else ""
    return MigrationFailed(
        f"{f'line {line}' if line else 'a statement'} failed: {text[:100]}{'…' if len(text) > 100 else ''}",
        " ".join(filter(None, (f"{refusal.message.rstrip('.')}{code}.", why))),
        fix,
        sqlstate=refusal.code,
    )


def _waits_for_it(sql: str, message: str) -> bool:
    """Whether a RENAME is refused only because something names the table as it will be called."""
    renamed, missing = _RENAMED.search(sql), _NO_TABLE.search(message)
    return bool(renamed and missing and message.startswith("error in ") and renamed[1].lower() == missing[1].lower())


def _way_out(connection: Connection, message: str) -> tuple[str, tuple[str, ...]]:
    if found := _FAILED.search(message):
        return _of_values(found[1], found[2])
    if "FOREIGN KEY" in message:
        return "A row would refer to one that is not there.", ("PRAGMA foreign_key_check;",)
    if (found := _THERE.search(message)) and found[1].startswith(NEW):
        return _half_done(connection, found[1].removeprefix(NEW))
    if found := _NO_TABLE.search(message):
        table = found[1].removeprefix(NEW)
        if found[1] != table or _is_there(connection, NEW + table):
            return _half_done(connection, table)
    if found := _TAKEN.search(message):
        again = f"DROP {found[1].upper()} {quote(found[2])};"
        return "Somebody made it by hand, or it was put back when a rebuild lost it.", (again,)
    if message.startswith("error in "):
        return "Drop it before the change and make it again behind it, in the same file.", ()
    return "", ()


def _of_values(kind: str, columns: str) -> tuple[str, tuple[str, ...]]:
    """`columns` is how SQLite writes them, table.column, with commas; the table as it is called in the end."""
    if columns.startswith("index '"):
        return f"Rows are alike in what {columns} is about.", ()
    names = [name.rpartition(".") for name in columns.split(", ")]
    table = quote(names[0][0].removeprefix(NEW))
    written = ", ".join(quote(column) for _, _, column in names)
    if kind == "NOT NULL":
        return f"Rows of {table} have no value there.", (
            f"-- give {written} a value where it is NULL, in the same file before this statement; "
            "a column that is new needs a default",
        )
    return f"Rows of {table} are alike there.", (
        f"SELECT {written}, count(*) FROM {table} GROUP BY {written} HAVING count(*) > 1;",
    )


def _half_done(connection: Connection, table: str) -> tuple[str, tuple[str, ...]]:
    """Say what a rebuild that broke off left of a table."""
    old, new = quote(table), quote(NEW + table)
    if not _is_there(connection, NEW + table):
        return f"A rebuild of {old} broke off before, or its first statement is missing.", ()
    if _is_there(connection, table):
        return f"A rebuild of {old} broke off; its rows are all in {old} still.", (f"DROP TABLE {new};",)
    return f"A rebuild of {old} broke off; its rows are in {new} alone.", (f"ALTER TABLE {new} RENAME TO {old};",)


def _is_there(connection: Connection, table: str) -> bool:
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
    return bool(value(connection, sql, [table]))

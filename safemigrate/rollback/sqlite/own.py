"""A team's own down.sql for a file: whether it can be run, and what stands in its way."""

from __future__ import annotations

from safemigrate.db.sqlite.script import stands_alone
from safemigrate.rollback import own
from safemigrate.sql import Statement, split
from safemigrate.sql.pragmas import in_one_transaction, pragma

# What a script may set: all else would be as it says for what the rollback does behind it.
_SETTINGS = {"foreign_keys", "defer_foreign_keys", "legacy_alter_table", "user_version", "application_id"}
_READS = {"foreign_key_check", "integrity_check", "quick_check"}  # with an argument, too


def unfit(script: str) -> str:
    """Say why a script cannot be run as part of a rollback, as `own.unfit` does of a server's."""
    return own.refused(script, "sqlite", _command, _refused)


def statements(script: str) -> list[tuple[str, int]]:
    """Its statements in order, each with its line; a rollback has foreign keys off, whatever they say."""
    found = in_one_transaction(split(script, own.NAME, dialect="sqlite"))
    return [(one.sql, one.span.line) for one in found]


def _command(script: str) -> str:
    """Say where a script speaks to SQLite's shell, of which a command is a line of its own."""
    found = split(script, own.NAME, dialect="sqlite")
    return own.command(script, "sqlite3", [one.span.start for one in found if one.sql.startswith(".")])


def _refused(one: Statement) -> str:
    if stands_alone(one.sql):
        return own.ALONE
    name, given = pragma(one)
    return "would hold for the rest of the rollback, too" if given and name not in _SETTINGS | _READS else ""

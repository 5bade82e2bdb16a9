"""A migration is written for another kind of database than the project has.

Prisma refuses a history whose migration_lock.toml names another provider, and the server refuses its SQL: backticks and
AUTO_INCREMENT are MySQL's, PRAGMA and AUTOINCREMENT are SQLite's. It comes from a provider that was switched, or from a
folder that was copied.

Begin a new history for the new provider: move the old folder away, and `prisma migrate diff --from-empty`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity

_COMMENT_OR_STRING = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
_SIGNS = {
    "mysql": re.compile(r"`\w+`|\bAUTO_INCREMENT\b|\bENGINE\s*=", re.IGNORECASE),
    "sqlite": re.compile(r"(?:^|;)\s*PRAGMA\b|\bAUTOINCREMENT\b", re.IGNORECASE),
    "sqlserver": re.compile(r"\[dbo\]|\bNVARCHAR\s*\(", re.IGNORECASE),
}
# What SQLite takes as well is no sign there: backticks and brackets around names.
_NOT_SQLITE = {
    "mysql": re.compile(r"\bAUTO_INCREMENT\b|\bENGINE\s*=", re.IGNORECASE),
    "postgresql": re.compile(
        r"\bCREATE\s+TYPE\b|\bADD\s+CONSTRAINT\b|\bALTER\s+COLUMN\b|\b(?:BIG)?SERIAL\b|\bTIMESTAMP\(\d\)|\bCREATE\s+SCHEMA\b|::\s*\w",
        re.IGNORECASE,
    ),
    "sqlserver": re.compile(r"\[dbo\]", re.IGNORECASE),
}
_MARKS = ("`", "AUTO", "ENGINE", "PRAGMA", "[DBO]", "NVARCHAR")  # every sign has one, and few files do
_SAME = {"postgres": "postgresql", "cockroachdb": "postgresql"}


def check(context: Context) -> Iterator[Finding]:
    """SQL that only another provider understands."""
    provider = _SAME.get(context.facts.provider, context.facts.provider)
    sql = context.migration.sql
    in_capitals = sql.upper()
    if provider != "sqlite" and not any(mark in in_capitals for mark in _MARKS):
        return
    bare = _COMMENT_OR_STRING.sub(" ", sql)
    signs = _NOT_SQLITE if provider == "sqlite" else _SIGNS
    written = next((name for name, sign in signs.items() if sign.search(bare)), "")
    if written and written != provider and (provider or written != "sqlite"):
        yield context.finding(
            Severity.ERROR,
            f"{context.migration.name} is written for {written}, and this project is for {provider or 'PostgreSQL'}",
            subject=context.migration.name,
            help="begin a new history: move the old folder away, and prisma migrate diff --from-empty",
        )


RULE = Rule("provider-mismatch", "history", Severity.ERROR, check)

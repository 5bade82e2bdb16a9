"""Which extensions a shadow must have: those of the target, and those that pending migrations create."""

from __future__ import annotations

import re
from collections.abc import Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.model import Migration
from safemigrate.sql import split

_NAME = re.compile(r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|([\w-]+))', re.IGNORECASE)


def wanted(connection: Connection, pending: Sequence[Migration]) -> list[str]:
    """Name them, without plpgsql, which every server has."""
    there = {name for (name,) in session.rows(connection, "SELECT extname FROM pg_extension")}
    made = {
        found[1] or found[2].lower()
        for migration in pending
        for statement in split(migration.sql, f"{migration.name}/migration.sql")
        if statement.kind.startswith("CREATE EXTENSION") and (found := _NAME.match(statement.sql))
    }
    return sorted((there | made) - {"plpgsql"})

"""A shadow like the target: with its roles, its extensions, and those that pending migrations create."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

from safemigrate.db import session
from safemigrate.db.postgres import Connection, Server, roles
from safemigrate.model import Migration
from safemigrate.shadow.provider import Shadow, shadow_server
from safemigrate.snapshot.store import Snapshot
from safemigrate.sql import statements_of
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved

_NAME = re.compile(r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|([\w-]+))', re.IGNORECASE)


def shadow_for(
    request: Request, resolved: Resolved, target: ServerTarget, choice: str | None, migrations: Sequence[Migration]
) -> AbstractContextManager[Shadow]:
    """Give a shadow that these migrations can run in as on the target; `shadow_server` says what `choice` may be."""
    return shadow_server(
        choice,
        target_server=target.server,
        target_url=resolved.url,
        roles=roles(target.connection),
        extensions=extensions(target.connection, migrations),
        on_progress=request.on_progress,
    )


def extensions(connection: Connection, migrations: Sequence[Migration]) -> list[str]:
    """Name the extensions that the target has or these migrations create, without plpgsql, which every server has."""
    there = {name for (name,) in session.rows(connection, "SELECT extname FROM pg_extension")}
    return sorted({*there, *created_extensions(migrations)} - {"plpgsql"})


def created_extensions(migrations: Sequence[Migration]) -> list[str]:
    """Name the extensions that these migrations create, without plpgsql."""
    made = {
        found[1] or found[2].lower()
        for migration in migrations
        if _NAME.search(migration.sql)  # few do, and reading hundreds of files takes its time
        for statement in statements_of(migration)
        if statement.kind.startswith("CREATE EXTENSION") and (found := _NAME.match(statement.sql))
    }
    return sorted(made - {"plpgsql"})


def origin(snapshot: Snapshot) -> Server:
    """Describe the server it was taken of, so that the shadow is like it."""
    manifest = snapshot.manifest
    return Server(
        version=manifest.server_version,
        major=manifest.server_version // 10000,
        version_text=str(manifest.server_version // 10000),
        system_identifier=manifest.system_identifier,
        database_oid=0,
        user="postgres",
        superuser=False,
        can_create=False,
        in_recovery=False,
        encoding=manifest.encoding,
        collate=manifest.collate,
        ctype=manifest.ctype,
    )

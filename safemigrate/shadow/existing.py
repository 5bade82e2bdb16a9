"""Shadow databases on a server the user named, beside databases that are not ours.

Ours are named `safemigrate_shadow_<8 hex>_<name>`. The session that made them holds the advisory lock
(LOCK_CLASS, <8 hex>) while it lives, so that the leftovers of a killed run can be told from those of a running one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from safemigrate.db.postgres import Connection, connect, quote, server
from safemigrate.db.session import SqlError, rows, run, value
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, ShadowError
from safemigrate.shadow.provider import Shadow

PREFIX = "safemigrate_shadow_"
LOCK_CLASS = 1936092525  # arbitrary, ours: the class of the two-part advisory locks


@contextmanager
def on_server(url: DatabaseUrl, target: DatabaseUrl | None, target_major: int = 0) -> Iterator[Shadow]:
    """Make shadow databases on the server at `url`; its own database is not touched.

    Raises ShadowError where it is the target, older than the target, or does not let us create databases.
    """
    if url.pooled:
        raise ShadowError(
            f"the shadow URL {url} leads to a connection pooler: {url.pooled}", "", ("use the server's direct URL",)
        )
    with connect(url, application_name="safemigrate shadow") as owner:
        found = server(owner)
        if target:
            _refuse_target(owner, url, target)
        if found.in_recovery or not found.can_create_databases:
            raise ShadowError(
                f"{found.user} may not create databases at {url}",
                "It is a standby." if found.in_recovery else "",
                (f"ALTER ROLE {quote(found.user)} CREATEDB;  -- as a superuser of that server", "--shadow embedded"),
            )
        if found.major < target_major:
            raise ShadowError(
                f"the shadow server at {url} is PostgreSQL {found.major}, older than the target's {target_major}",
                "What an older server refuses says nothing about the target.",
                (f"use a server of PostgreSQL {target_major}", "--shadow docker"),
            )
        sweep(owner)
        mark = secrets.randbits(31)
        run(owner, f"SELECT pg_advisory_lock({LOCK_CLASS}, {mark})")
        shadow = Shadow(
            f"PostgreSQL {found.version_text} at {url}",
            found.major,
            own=False,
            maintenance=url,
            prefix=f"{PREFIX}{mark:08x}_",
        )
        try:
            yield shadow
        finally:
            for name in list(shadow.created):
                with suppress(ConnectionFailed, SqlError):  # keep the first error; the next run sweeps
                    shadow.drop(name)


def sweep(connection: Connection) -> list[str]:
    """Drop the shadow databases of runs that were killed: ours by name, unlocked, and nobody connected."""
    swept = []
    for (name,) in rows(
        connection,
        "SELECT datname FROM pg_database d WHERE pg_has_role(current_user, datdba, 'USAGE') AND datname ~ %s"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)",
        [f"^{PREFIX}[0-9a-f]{{8}}_"],
    ):
        found = re.match(rf"{PREFIX}([0-9a-f]{{8}})_", name)
        assert found is not None
        mark = int(found[1], 16)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
        if not value(connection, held, [LOCK_CLASS, mark]):
            run(connection, f"DROP DATABASE IF EXISTS {quote(name)}")
            swept.append(name)
    return swept


def same_database(one: Connection, other: Connection) -> bool:
    """Whether two connections lead to the same database, however their URLs are spelled.

    An advisory lock is held per database, and the key is random: what the other connection cannot lock is the same
    database. System identifiers do not tell: every copy of a cluster has the same.
    """
    key = secrets.randbits(62)
    run(one, f"SELECT pg_advisory_lock({key})")
    try:
        free = value(other, f"SELECT pg_try_advisory_lock({key})")
        if free:
            run(other, f"SELECT pg_advisory_unlock({key})")
        return not free
    finally:
        run(one, f"SELECT pg_advisory_unlock({key})")


def _refuse_target(shadow: Connection, url: DatabaseUrl, target: DatabaseUrl) -> None:
    with connect(target, application_name="safemigrate shadow") as connection:
        try:
            same = same_database(connection, shadow)
        except SqlError as error:
            raise ShadowError(
                f"cannot tell whether {url} is the target", str(error).strip(), ("--shadow embedded",)
            ) from error
    if same:
        raise ShadowError(
            f"the shadow URL {url} is the target database itself",
            f"{target} leads to the same database. The shadow must be another one, best on another server.",
            ("--shadow embedded", "--shadow-url postgresql://USER@HOST/DATABASE of another database or server"),
        )

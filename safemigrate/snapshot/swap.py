"""Putting a restored database in the place of the live one, which is kept under another name."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from safemigrate.db.postgres import connect, quote
from safemigrate.db.session import SqlError, rows, run, value
from safemigrate.errors import SnapshotError, word
from safemigrate.snapshot import restore, verify

if TYPE_CHECKING:
    from safemigrate.db.postgres import Connection
    from safemigrate.db.url import DatabaseUrl
    from safemigrate.snapshot.store import Snapshot

_ATTEMPTS = 5


def swap(snapshot: Snapshot, live: DatabaseUrl, *, jobs: int) -> tuple[str, ...]:
    """Restore beside the live database, compare with the manifest, then exchange the names in one transaction.

    The live one stays under `<name>_before_<UTC time>`; its sessions are ended, since a database in use cannot be
    renamed. Owner, settings and grants of the database itself, which no dump holds, are copied. Only a full snapshot
    can do this: another would put empty tables in the place of full ones. Raises SnapshotError, the live one in place.
    """
    if snapshot.manifest.scope != "full":
        raise SnapshotError(
            f"snapshot {snapshot.id} is {snapshot.manifest.scope}: it has the rows of {len(snapshot.manifest.held)} of "
            f"{len(snapshot.manifest.tables)} tables and cannot take the place of {live}",
            "Restore it into another database and copy the rows from there.",
            (f"safemigrate snapshot restore {snapshot.id} --into {word(live.database + '_restored')}",),
        )
    beside = live.with_database(f"{live.database[:40]}_restored_{secrets.token_hex(4)}")
    restore.ensure(beside, snapshot.manifest)
    try:
        left_out = restore.load(snapshot, beside, shadow=False, jobs=jobs)
        verify.compare(snapshot, beside)
        kept = f"{live.database[:40]}_before_{datetime.now(UTC):%Y%m%dT%H%M%S}"
        with connect(live.with_database("postgres")) as connection:
            _copy_properties(connection, live.database, beside.database)
            _rename(connection, live.database, kept, beside.database)
    except BaseException:
        restore.drop(beside)
        raise
    return (*left_out, f"the database as it was is kept as {kept}")


def _rename(connection: Connection, live: str, kept: str, restored: str) -> None:
    """Exchange the names; a client that reconnects between the two steps makes it another attempt."""
    for attempt in range(_ATTEMPTS):
        rows(
            connection,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)",
            [[live, restored]],
        )
        try:
            with connection.transaction():
                run(connection, f"ALTER DATABASE {quote(live)} RENAME TO {quote(kept)}")
                run(connection, f"ALTER DATABASE {quote(restored)} RENAME TO {quote(live)}")
        except SqlError as error:
            if attempt + 1 == _ATTEMPTS:
                raise SnapshotError(
                    f'the database "{live}" could not be renamed and is as it was',
                    str(error).strip(),
                    ("stop the application, then run this again",),
                ) from error
            time.sleep(0.2)
        else:
            return


def _copy_properties(connection: Connection, source: str, target: str) -> None:
    owner = value(connection, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [source])
    run(connection, f"ALTER DATABASE {quote(target)} OWNER TO {quote(owner)}")
    for role, setting in rows(
        connection,
        "SELECT r.rolname, unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
        " LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE d.datname = %s",
        [source],
    ):
        name, _, text = setting.partition("=")
        # A list setting comes back as it was written, with its own quotes (pg_dump's variable_is_guc_list_quote).
        words = text if name in _LISTS else _literal(text)
        whom = f"ROLE {quote(role)} IN DATABASE {quote(target)}" if role else f"DATABASE {quote(target)}"
        run(connection, f"ALTER {whom} SET {quote(name)} TO {words or chr(39) * 2}")
    granted = rows(
        connection,
        "SELECT coalesce(r.rolname, ''), a.privilege_type, a.is_grantable FROM pg_database d, aclexplode(d.datacl) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE d.datname = %s",
        [source],
    )
    if granted:
        run(connection, f"REVOKE ALL ON DATABASE {quote(target)} FROM PUBLIC")
    for grantee, privilege, grantable in granted:
        to = quote(grantee) if grantee else "PUBLIC"
        run(connection, f"GRANT {privilege} ON DATABASE {quote(target)} TO {to}{' WITH GRANT OPTION' * grantable}")


_LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

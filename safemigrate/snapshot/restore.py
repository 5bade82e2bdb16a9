"""Restoring a snapshot: into an empty database; over one that holds something only by a swap that keeps it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from safemigrate import proc
from safemigrate.db import programs
from safemigrate.db.postgres import Connection, connect, quote, server
from safemigrate.db.session import SqlError, rows, run, value
from safemigrate.errors import ConnectionFailed, SnapshotError, word
from safemigrate.snapshot import archive

if TYPE_CHECKING:
    from safemigrate.db.postgres import Connection, Server
    from safemigrate.db.url import DatabaseUrl
    from safemigrate.snapshot.manifest import Manifest
    from safemigrate.snapshot.store import Snapshot

# From 17 on pg_restore sets transaction_timeout, which older servers do not know: not an error to stop at.
_TRANSACTION_TIMEOUT = 17

# Without members of extensions, which CREATE EXTENSION in a template brings along.
_HOLDS_SOMETHING = """
    WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_')
    SELECT EXISTS (
      SELECT FROM (
        SELECT 'pg_class'::regclass::oid AS classid, oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
        UNION ALL
        SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace IN (SELECT oid FROM ours)
      ) object
      WHERE NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = object.classid AND d.objid = object.oid AND d.deptype = 'e'))
"""


def restore(
    snapshot: Snapshot, into: DatabaseUrl, *, shadow: bool = False, jobs: int = 1, over_live: bool = False
) -> tuple[str, ...]:
    """Restore into a database, which is made if it is missing and must be empty; return what had to be left out.

    `over_live` allows one that holds something: see `swap`. Owners and grants come back where the server has the
    roles and we may give to them. Rows of a partial snapshot are loaded without checking foreign keys, so that the
    keys stay valid in the catalog. `shadow` leaves out what a shadow must not have: tablespaces and subscriptions.
    Raises SnapshotError; a database that this call made is dropped again when it fails.
    """
    created = ensure(into, snapshot.manifest)
    with connect(into) as connection:
        holds = holds_something(connection)
    if holds and over_live:
        from safemigrate.snapshot.swap import swap

        return swap(snapshot, into, jobs=jobs)
    if holds:
        raise SnapshotError(
            f"{into} is not empty",
            "A restore would mix what is there with the snapshot. Nothing was changed.",
            (f"safemigrate snapshot restore {snapshot.id} --into {word(into.database + '_restored')}",),
        )
    try:
        return load(snapshot, into, shadow=shadow, jobs=jobs)
    except BaseException:
        if created:
            drop(into)
        raise


def holds_something(connection: Connection) -> bool:
    """Whether a database has anything but what every new one has, and extensions."""
    return bool(value(connection, _HOLDS_SOMETHING))


def load(snapshot: Snapshot, into: DatabaseUrl, *, shadow: bool, jobs: int) -> tuple[str, ...]:
    """Run pg_restore into an empty database and stop at the first error; return what was left out."""
    manifest = snapshot.manifest
    with connect(into) as connection:
        found = server(connection)
        gives_roles, missing = _gives_roles(connection, found, manifest)
        may_skip_checks = _may_skip_checks(connection)
    pg_restore = programs.client("pg_restore", int(manifest.pg_dump.split(".")[0]), tls=found.tls)
    arguments = [str(pg_restore), "--no-password", f"--dbname=dbname={_literal(into.database)}"]
    if found.major >= _TRANSACTION_TIMEOUT or int(manifest.pg_dump.split(".")[0]) < _TRANSACTION_TIMEOUT:
        arguments.append("--exit-on-error")
    left_out = []
    if not gives_roles:
        arguments += ["--no-owner", "--no-privileges"]
        why = f"the server has no role {', '.join(missing)}" if missing else f"{found.user} is no superuser"
        left_out.append(f"owners and grants: {why}")
    if shadow:
        arguments += ["--no-tablespaces", "--no-subscriptions"]
    environment = programs.environment(into)
    with proc.scratch() as folder:
        if manifest.scope == "full":
            arguments.append(f"--jobs={jobs}")
        else:
            entries = _rows_before_triggers(archive.contents(snapshot.archive, pg_restore))
            if may_skip_checks:
                environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS') or ''} -c session_replication_role=replica"
            elif shadow:
                raise SnapshotError(
                    f"{found.user} may not load a partial snapshot into {into}",
                    "Its rows refer to rows that it does not hold, so foreign keys must not be checked while loading.",
                    (
                        f'GRANT SET ON PARAMETER session_replication_role TO "{found.user}";  -- PostgreSQL 15+',
                        "--snapshot full",
                        "--shadow embedded",
                    ),
                )
            else:
                entries = [entry for entry in entries if _kind(entry)[:13] != "FK CONSTRAINT"]
                left_out.append("foreign keys: the snapshot holds the rows of some tables only")
            wanted = folder / "list"
            wanted.write_text("\n".join(entries) + "\n")
            arguments.append(f"--use-list={wanted}")
        finished = proc.run([*arguments, snapshot.archive], environment=environment)
    said = [line for line in finished.stderr.splitlines() if line.strip()]
    errors = [line for line in said if ": error: " in line and '"transaction_timeout"' not in line]
    ended = finished.status == 0 or (finished.status == 1 and "errors ignored on restore" in finished.stderr)
    if errors or not ended:
        raise SnapshotError(
            f"snapshot {snapshot.id} does not restore into {into}",
            "\n".join(said[-6:]),
            ("safemigrate doctor", f"safemigrate snapshot verify {snapshot.id} --deep"),
        )
    return tuple(left_out)


def ensure(url: DatabaseUrl, like: Manifest) -> bool:
    """Create a database with a snapshot's encoding and locale if it is missing; return whether it was."""
    try:
        with connect(url):
            return False
    except ConnectionFailed as failed:
        try:
            with connect(url.with_database("postgres")) as connection:
                if value(connection, "SELECT count(*) FROM pg_database WHERE datname = %s", [url.database]):
                    raise failed from None
                _create(connection, url.database, like)
        except ConnectionFailed:
            raise failed from None
    return True


def drop(url: DatabaseUrl) -> None:
    """Drop a database that we made, as far as that is still possible."""
    with suppress(ConnectionFailed, SqlError), connect(url.with_database("postgres")) as connection:
        run(connection, f"DROP DATABASE IF EXISTS {quote(url.database)} WITH (FORCE)")


def _create(connection: Connection, name: str, like: Manifest) -> None:
    make = f"CREATE DATABASE {quote(name)} TEMPLATE template0 ENCODING 'UTF8'"
    literals = [text.replace("'", "''") for text in (like.encoding, like.collate, like.ctype)]
    exact = "CREATE DATABASE {} TEMPLATE template0 ENCODING '{}' LC_COLLATE '{}' LC_CTYPE '{}'"
    try:
        try:
            run(connection, exact.format(quote(name), *literals))
        except SqlError:  # a locale that this server's operating system does not know
            run(connection, make)
    except SqlError as error:
        raise SnapshotError(
            f'cannot create the database "{name}"',
            str(error).strip(),
            (f"ALTER ROLE {quote(connection.info.user)} CREATEDB;  -- as a superuser",),
        ) from error


def _literal(name: str) -> str:
    """Quote a value of a connection string: pg_restore reads a database named `a=b` as one."""
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _gives_roles(connection: Connection, found: Server, manifest: Manifest) -> tuple[bool, list[str]]:
    existing = {name for (name,) in rows(connection, "SELECT rolname FROM pg_roles")}
    missing = [name for name in manifest.roles if name not in existing]
    return not missing and (found.superuser or list(manifest.roles) == [found.user]), missing


def _may_skip_checks(connection: Connection) -> bool:
    try:
        run(connection, "SET session_replication_role = replica")
    except SqlError:
        return False
    return True


def _kind(entry: str) -> str:
    """Return what an entry is of: "3321; 2606 16400 FK CONSTRAINT public ..." gives "FK CONSTRAINT public ..."."""
    found = re.match(r"\d+; \d+ \d+ (.*)", entry)
    return found[1] if found else entry


def _rows_before_triggers(entries: list[str]) -> list[str]:
    """Order a table of contents: schema, keys and indexes; rows; then triggers, which would fire on the rows.

    `session_replication_role = replica` keeps ordinary triggers quiet, those ENABLE ALWAYS or REPLICA fire.
    """
    rows_of, triggers, rest = [], [], []
    for entry in entries:
        kind = _kind(entry)
        if kind.startswith(("TABLE DATA ", "SEQUENCE SET ", "BLOB")):
            rows_of.append(entry)
        elif kind.startswith(("TRIGGER ", "EVENT TRIGGER ")) or (kind.startswith("COMMENT ") and " TRIGGER " in kind):
            triggers.append(entry)
        else:
            rest.append(entry)
    return rest + rows_of + triggers

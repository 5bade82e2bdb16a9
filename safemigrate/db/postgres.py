"""Connections to PostgreSQL, and what a server says about itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, word

Connection = psycopg.Connection[tuple[Any, ...]]

SECONDS_TO_CONNECT = 10

# A role or a database may carry its own (ALTER ROLE ... SET statement_timeout); a migration runs under none of them.
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}


@dataclass(frozen=True, slots=True)
class Server:
    """The server and the database behind a connection.

    `version` is server_version_num (150018); `system_identifier` is "" where reading it is denied, and is shared by
    every copy of a cluster: only with `database_oid` and a live check does it tell two databases apart.
    `encoding`, `collate` and `ctype` are the database's; `tls` says whether this connection is encrypted.
    """

    version: int
    major: int
    version_text: str
    system_identifier: str
    database_oid: int
    user: str
    superuser: bool
    can_create: bool
    in_recovery: bool
    can_create_databases: bool = False
    encoding: str = "UTF8"
    collate: str = ""
    ctype: str = ""
    tls: bool = False


@contextmanager
def connect(url: DatabaseUrl, *, application_name: str = "safemigrate") -> Iterator[Connection]:
    """Connect in autocommit mode, with the search path Prisma's connection has and no timeouts but our own.

    The server notices within seconds when we die (PostgreSQL 14 and later): a killed client's statement would
    otherwise run on and commit. Raises ConnectionFailed.
    """
    conninfo = url.conninfo()
    defaults = {
        "connect_timeout": SECONDS_TO_CONNECT,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "client_encoding": "UTF8",
    }
    given = conninfo_to_dict(conninfo)
    parameters: dict[str, Any] = {name: value for name, value in defaults.items() if name not in given}
    try:
        connection = psycopg.connect(
            conninfo,
            autocommit=True,
            prepare_threshold=None,  # it would prepare, and then forget, a migration's own statements
            application_name=application_name,
            **parameters,
        )
    except psycopg.OperationalError as error:
        raise _failed(url, str(error)) from error
    try:
        _prepare(connection, url.schema)
        yield connection
    finally:
        connection.close()


def reset(connection: Connection, url: DatabaseUrl) -> None:
    """Take back what a script has set on its session, role and temporary tables with it."""
    connection.execute("RESET SESSION AUTHORIZATION")
    connection.execute("RESET ALL")
    connection.execute("DISCARD TEMP")
    _prepare(connection, url.schema)


def server(connection: Connection) -> Server:
    """Ask a connection what it is connected to, and with which rights."""
    row = connection.execute(
        """
        SELECT current_setting('server_version_num')::int, current_setting('server_version'), d.oid::bigint,
               r.rolname, r.rolsuper, has_database_privilege(d.oid, 'CREATE'), pg_is_in_recovery(),
               r.rolsuper OR r.rolcreatedb, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype
        FROM pg_database d, pg_roles r
        WHERE d.datname = current_database() AND r.rolname = current_user
        """
    ).fetchone()
    assert row is not None
    version, text, oid, user, superuser, can_create, in_recovery, databases, encoding, collate, ctype = row
    return Server(
        version=version,
        major=version // 10000,
        version_text=text,
        system_identifier=_system_identifier(connection),
        database_oid=oid,
        user=user,
        superuser=superuser,
        can_create=can_create,
        in_recovery=in_recovery,
        can_create_databases=databases,
        encoding=encoding,
        collate=collate,
        ctype=ctype,
        tls=connection.pgconn.ssl_in_use,
    )


def roles(connection: Connection) -> list[str]:
    """Return the roles that own or are granted something in the database; a copy of it needs them."""
    found = connection.execute(
        """
        SELECT r.rolname FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
        WHERE s.refclassid = 'pg_authid'::regclass
          AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION SELECT r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
        WHERE d.datname = current_database()
        UNION SELECT current_user
        ORDER BY 1
        """
    ).fetchall()
    return [name for (name,) in found]


def quote(*parts: str) -> str:
    """Write a name as SQL: always quoted, parts joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _prepare(connection: Connection, schema: str) -> None:
    settings = {**_SESSION, "search_path": quote(schema)}
    connection.execute(
        "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(settings)),
        [part for setting in settings.items() for part in setting],
    )
    if connection.info.server_version >= 140000:
        try:
            connection.execute("SET client_connection_check_interval = '2s'")
        except psycopg.errors.InvalidParameterValue:  # the server's operating system cannot watch a socket
            connection.execute("SET client_connection_check_interval = 0")


def _system_identifier(connection: Connection) -> str:
    try:
        row = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFunction):
        return ""  # managed servers deny it
    return str(row[0]) if row else ""


# What libpq and the server say when a connection fails, first match wins: pattern, summary, why, fix.
# libpq gives no SQLSTATE here, so words it must be; other words (a server that speaks German) are passed on.
_REFUSALS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        r"no pg_hba\.conf entry",
        "{place} does not admit {user} from this machine",
        "The server's pg_hba.conf has no line for this user, database, address and encryption.",
        ("add sslmode=require to the URL if the server only takes encrypted connections",),
    ),
    (
        r"password authentication failed|no password supplied|empty password|wrong password",
        "{place} refused the password of {user}",
        "The server is up; user name or password in the URL is wrong (special characters must be percent-encoded).",
        ("{psql}",),
    ),
    (
        r"authentication failed|not permitted to log in",
        "{place} does not let {user} in",
        "The server is up, and this user may not log in that way.",
        ("{psql}",),
    ),
    (
        r'role ".*" does not exist',
        '{place} has no role "{user}"',
        "The server is up; the user name in the URL does not exist there.",
        ("createuser -h {host} -p {port} -U postgres {user_word}",),
    ),
    (
        r'database ".*" does not exist',
        '{place} has no database "{database}"',
        "Host, user and password are right; the database does not exist, or its name is spelled otherwise.",
        (
            "createdb -h {host} -p {port} -U {user_word} {database_word}",
            "psql -h {host} -p {port} -U {user_word} -d postgres -l",
        ),
    ),
    (
        r"permission denied for database",
        '{user} may not connect to the database "{database}"',
        "The role lacks the CONNECT right.",
        ('GRANT CONNECT ON DATABASE "{database}" TO "{user}";',),
    ),
    (
        r"server does not support SSL|SSL support is not compiled",
        "{place} does not speak TLS",
        "The URL demands encryption (sslmode), the server has it switched off.",
        ("change sslmode in the URL to prefer, or switch ssl on in the server",),
    ),
    (
        r"certificate|SSL error|SSL SYSCALL|SSL connection has been closed",
        "the TLS connection to {place} failed",
        "",
        (
            "set sslrootcert in the URL to the provider's CA file, or sslmode=require to encrypt without checking it",
            "openssl s_client -starttls postgres -connect {host}:{port}",
        ),
    ),
    (
        r"too many clients|too many connections|remaining connection slots",
        "{place} has no connection to spare",
        "",
        ('psql ... -c "SELECT pid, usename, application_name, state FROM pg_stat_activity"',),
    ),
    (
        r"is starting up|is shutting down|in recovery mode|not (yet|currently) accepting",
        "{place} is not ready",
        "The server is there but is starting, stopping or recovering.",
        ("{isready}",),
    ),
    (
        r"could not translate host name|failed to resolve host|Name or service not known|nodename nor servname",
        "the host {host} is not known",
        "Its name does not resolve from here: a typo, a VPN that is off, or a name that only containers know.",
        ("getent hosts {host}",),
    ),
    (
        r"Connection refused|No such file or directory",
        "nothing listens at {place}",
        "No PostgreSQL answers there: it is stopped, or has another address or port.",
        ("{isready}",),
    ),
    (
        r"timeout expired|timed out|No route to host|unreachable",
        "{place} did not answer within {seconds} s",
        "A firewall drops the packets, the address is wrong, or the database sleeps.",
        ("{isready}",),
    ),
)


def _failed(url: DatabaseUrl, said: str) -> ConnectionFailed:
    """Turn libpq's words into what happened and what to do."""
    facts = {
        "place": url.host if url.host.startswith("/") else f"{url.host}:{url.port}",
        "host": url.host,
        "port": url.port,
        "user": url.user,
        "database": url.database,
        "seconds": SECONDS_TO_CONNECT,
        "isready": f"pg_isready -h {url.host} -p {url.port}",
        "user_word": word(url.user),
        "database_word": word(url.database),
        "psql": f"psql -h {url.host} -p {url.port} -U {word(url.user)} -d {word(url.database)}",
    }
    words = " ".join(said.split()).removeprefix("connection failed: ")
    for pattern, summary, why, fix in _REFUSALS:
        if re.search(pattern, said, re.IGNORECASE):
            return ConnectionFailed(
                summary.format(**facts),
                f"{why} libpq said: {words}".strip(),
                tuple(line.format(**facts) for line in fix),
            )
    return ConnectionFailed(f"cannot connect to {url}", f"libpq said: {words}", (str(facts["isready"]),))

"""Prisma's connection URLs, which libpq does not understand as they are.

Parameters and defaults as in prisma-engines, quaint/src/connector/postgres/url.rs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from safemigrate.errors import ProjectError

EXAMPLE: Final = "postgresql://USER:PASSWORD@HOST:5432/DATABASE?schema=public"

_UNSUPPORTED: Final = {
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mongodb": "MongoDB",
    "mongodb+srv": "MongoDB",
    "sqlserver": "SQL Server",
    "cockroachdb": "CockroachDB",
}
_REMOTE: Final = frozenset({"libsql", "http", "https", "ws", "wss"})

# libpq's parameters and their environment variables; pool parameters and unknown names are dropped, as by Prisma.
_LIBPQ: Final = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "options": "PGOPTIONS",
    "gssencmode": "PGGSSENCMODE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
_SSLMODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseUrl:
    """A database by Prisma's URL. str() and repr() never hold the password or any parameter but the schema.

    `provider` is "postgresql" or "sqlite"; for sqlite `database` is the path as written, `path` the file itself once
    `resolved` has said from where, and the rest is empty.
    `host` is a name, an address without brackets, or the folder of a socket. `user` is "" where libpq should choose it.
    `pooled` is "" or the reason why a connection pooler answers there, which is no place for DDL.
    """

    provider: str
    user: str
    host: str
    port: int
    database: str
    schema: str = "public"
    pooled: str = ""
    path: Path | None = None
    _password: str = ""
    _parameters: tuple[tuple[str, str], ...] = ()
    _names_schema: bool = False

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Read a URL as Prisma does. Raises ProjectError, without the URL's secret, for what is not usable."""
        text = text.strip()
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower() if colon else ""
        if scheme == "file":
            return cls._sqlite(rest)
        if scheme in {"prisma+postgres", "prisma"}:
            raise ProjectError(
                f"{scheme}:// is Prisma's own protocol, not PostgreSQL's",
                "Migrations need the database itself; Prisma Accelerate and `prisma dev` do not speak to pg_dump.",
                (
                    'Put the direct TCP URL of the same database into directUrl = env("DIRECT_URL") in schema.prisma',
                    f"safemigrate apply --url {EXAMPLE}",
                ),
            )
        if scheme in _UNSUPPORTED:
            raise ProjectError(
                f"{_UNSUPPORTED[scheme]} is not supported: the URL starts with {scheme}://",
                "safemigrate works on PostgreSQL and SQLite.",
            )
        if scheme == "sqlite":
            raise ProjectError(
                "The database URL starts with sqlite:, and Prisma takes file: alone",
                fix=(f"file:{rest.removeprefix('//')}",),
            )
        if scheme in _REMOTE:
            raise ProjectError(
                f"A database behind {scheme}:// is no file on this machine",
                "safemigrate takes copies of a SQLite file and holds its lock; a remote libSQL has neither to give.",
                ("develop on a file of your own: file:./dev.db", "turso db shell NAME < migration.sql"),
            )
        if scheme not in {"postgresql", "postgres"} or not rest.startswith("//"):
            raise ProjectError(
                "The database URL does not start with postgresql:// or file:",
                "Quotes around the value and an unexpanded ${VARIABLE} are the usual reasons.",
                (f"A URL looks like {EXAMPLE}", "or file:./dev.db"),
            )
        return cls._postgresql(f"postgresql:{rest}")

    @classmethod
    def _sqlite(cls, text: str) -> DatabaseUrl:
        """Read what follows `file:` as Prisma's engine does: nothing is decoded (quaint, sqlite/params.rs)."""
        path, _, query = text.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        if not path or path in {":memory:", "::memory:"} or given.get("mode") == "memory":
            raise ProjectError(
                "The database URL names no file",
                "A database in memory is gone when the program ends, and nobody else sees it.",
                ("name a file: file:./dev.db",),
            )
        if "\0" in path:
            raise _unreadable("it holds a zero byte")
        return cls("sqlite", "", "", 0, path, _parameters=tuple(given.items()))

    @classmethod
    def _postgresql(cls, text: str) -> DatabaseUrl:
        try:
            parts = urlsplit(text)
            port = parts.port or 5432
        except ValueError:
            # urllib quotes the part it could not read, and that may be the password.
            raise _unreadable("its host or port cannot be read") from None
        if "@" in parts.path or "@" in parts.fragment:
            raise _unreadable("there is an @ behind the database's name")
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        host = given.get("host") or unquote(_host(parts.netloc)) or "localhost"
        url = cls(
            provider="postgresql",
            user=unquote(parts.username or ""),
            host=host,
            port=port,
            database=unquote(parts.path.removeprefix("/").partition("/")[0]) or "postgres",
            schema=given.get("schema") or "public",
            pooled=_pooled(host, port, given),
            _password=unquote(parts.password or ""),
            _parameters=tuple(_libpq(given).items()),
            _names_schema=bool(given.get("schema")),
        )
        if any("\0" in part for part in (url.user, url._password, url.host, url.database, url.schema)):
            raise _unreadable("it holds a zero byte")
        return url

    def __str__(self) -> str:
        if self.provider == "sqlite":
            return f"file:{self.database}"
        who = f"{self.user}@" if self.user else ""
        shown = [] if self.schema == "public" else [("schema", self.schema)]
        if self.host.startswith("/"):
            return f"postgresql://{who}/{self.database}?{urlencode([('host', self.host), *shown], safe='/')}"
        query = f"?{urlencode(shown)}" if shown else ""
        return f"postgresql://{who}{_bracketed(self.host)}:{self.port}/{self.database}{query}"

    __repr__ = __str__

    @property
    def name(self) -> str:
        """What a person calls the database, and names to agree to a loss: its name, for a file the last part of it."""
        return Path(self.database).name if self.provider == "sqlite" else self.database

    @property
    def restored(self) -> str:
        """A name beside it for what a snapshot brings back."""
        name = Path(self.name)
        return f"{name.stem}_restored{name.suffix}" if self.provider == "sqlite" else f"{self.database}_restored"

    @property
    def address(self) -> str:
        """What tells it from other databases, without its secret: a file's path may be written in many ways."""
        return f"file:{self.path}" if self.path else str(self)

    @property
    def patience(self) -> float:
        """How many seconds to wait for another's lock on a file: `socket_timeout`, as Prisma has it, or 5."""
        try:
            return float(dict(self._parameters).get("socket_timeout", 5))
        except ValueError:
            return 5.0

    def resolved(self, folder: Path) -> DatabaseUrl:
        """The same with `path`, where a relative one begins in a folder; links are followed to the file itself."""
        return replace(self, path=(folder / self.database).resolve()) if self.provider == "sqlite" else self

    def conninfo(self) -> str:
        """libpq's keyword string, with the secret. Without a password libpq looks into ~/.pgpass."""
        return " ".join(f"{name}='{_escape(value)}'" for name, value in self._keywords().items())

    def environment(self) -> dict[str, str]:
        """The same for pg_dump and friends, as environment variables, with the secret."""
        keywords = self._keywords()
        names = {
            "host": "PGHOST",
            "hostaddr": "PGHOSTADDR",
            "port": "PGPORT",
            "user": "PGUSER",
            "password": "PGPASSWORD",
            "dbname": "PGDATABASE",
            **_LIBPQ,
        }
        return {names[keyword]: value for keyword, value in keywords.items()}

    def prisma(self) -> str:
        """A URL for Prisma's CLI, with the secret; never an argument of a program, only its environment."""
        if self.provider == "sqlite":
            parameters = f"?{urlencode(self._parameters)}" if self._parameters else ""
            return f"file:{self.path or self.database}{parameters}"
        secret = f":{quote(self._password, safe='')}" if self._password else ""
        who = f"{quote(self.user, safe='')}{secret}@" if self.user or secret else ""
        query = [("schema", self.schema)] if self._names_schema else []
        given = dict(self._parameters)
        query += [(name, given[name]) for name in ("connect_timeout", "options") if name in given]
        mode = given.get("sslmode", "")
        if mode.startswith("verify-"):
            query += [("sslmode", "require"), ("sslaccept", "strict")]
            if given.get("sslrootcert", "system") != "system":
                query.append(("sslcert", given["sslrootcert"]))
        elif mode:
            query.append(("sslmode", mode))
        socket = self.host.startswith("/")
        if socket:
            query.append(("host", self.host))
        place = "localhost" if socket else _bracketed(self.host)
        tail = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return f"postgresql://{who}{place}:{self.port}/{quote(self.database, safe='')}{tail}"

    def with_database(self, name: str) -> DatabaseUrl:
        """Another database of the same server, reached the same way."""
        return replace(self, database=name)

    def _keywords(self) -> dict[str, str]:
        # An empty hostaddr keeps a PGHOSTADDR of the shell from leading to another server.
        found = {"host": self.host, "hostaddr": "", "port": str(self.port), "dbname": self.database}
        if self.user:
            found["user"] = self.user
        if self._password:
            found["password"] = self._password
        found |= dict(self._parameters)
        if self._names_schema:
            path = '"' + self.schema.replace('"', '""') + '"'
            escaped = re.sub(r"([\\\s])", r"\\\1", path)  # PGOPTIONS: backslash before a space or a backslash
            found["options"] = f"{found.get('options', '')} -c search_path={escaped}".strip()
        return found


def _libpq(given: Mapping[str, str]) -> dict[str, str]:
    found = {name: value for name, value in given.items() if name in _LIBPQ and value}
    mode = found.pop("sslmode", "prefer")
    if mode == "no-verify":  # node-postgres
        mode = "require"
    if "sslmode" in given and mode in _SSLMODES:
        found["sslmode"] = mode
    if given.get("sslidentity"):
        raise ProjectError(
            "The database URL asks for the client certificate sslidentity, a PKCS#12 file",
            "libpq, and so pg_dump, reads PEM files only.",
            (
                "openssl pkcs12 -in client.p12 -nodes -clcerts -nokeys -out client.crt",
                "openssl pkcs12 -in client.p12 -nodes -nocerts -out client.key",
                "Replace sslidentity and sslpassword in the URL by sslcert=client.crt&sslkey=client.key",
            ),
        )
    if "sslkey" not in found:
        # Without a key sslcert is Prisma's: the server's authority, looked at only where sslaccept says so.
        authority = found.pop("sslcert", "")
        strict = given.get("sslaccept", "accept_invalid_certs") != "accept_invalid_certs"
        if strict and mode in {"require", "verify-ca", "verify-full"}:
            found |= {"sslmode": "verify-full", "sslrootcert": found.get("sslrootcert") or authority or "system"}
        elif authority and mode in {"verify-ca", "verify-full"}:
            found.setdefault("sslrootcert", authority)
    return found


def _pooled(host: str, port: int, given: Mapping[str, str]) -> str:
    if given.get("pgbouncer", "").lower() == "true":
        return "the URL says pgbouncer=true"
    if "-pooler." in host:
        return f"{host} is a Neon pooler (-pooler.)"
    if host.startswith("pooled."):
        return f"{host} is the pooled address of Prisma Postgres"
    if port in {6432, 6543}:
        return f"port {port} is a pooler's ({'PgBouncer' if port == 6432 else 'Supabase, transaction mode'})"
    return ""


def _host(netloc: str) -> str:
    # urllib's own `hostname` is lower case, which breaks the folder of a socket.
    place = netloc.rpartition("@")[2]
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _unreadable(why: str) -> ProjectError:
    return ProjectError(
        f"The database URL cannot be read: {why}",
        "Characters of a user name or password that mean something in a URL must be percent-encoded.",
        (
            "Write # as %23, / as %2F, : as %3A, ? as %3F, @ as %40, [ as %5B and % as %25",
            "node -p 'encodeURIComponent(\"PASSWORD\")'",
        ),
    )

"""Where a shadow comes from: a server the user names, the machine's programs, Docker, the embedded wheel.

The first that works is taken, in this order. A server older than the target comes last of all: what it cannot restore
or run says nothing about the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from safemigrate.db.programs import Installation, installations
from safemigrate.errors import ServerProgramError, ShadowError
from safemigrate.model import OnProgress, Progress, silent

if TYPE_CHECKING:
    from safemigrate.db.postgres import Connection, Server
    from safemigrate.db.url import DatabaseUrl

_STRATEGIES = 15  # CREATE DATABASE has a choice from here on

WAYS_OUT = ("pip install 'safemigrate[embedded]'", "--shadow docker", "--shadow-url postgresql://USER@HOST/postgres")


@dataclass
class Shadow:
    """A server to make throw-away databases on. All of them are gone when the block that gave it is left.

    `own` says that the server is ours alone: roles may be created there, and we are its superuser. `maintenance` is
    a database that always exists. On a server that is not ours, names carry a prefix that marks them as ours.
    `seed` is the one of the seeds that it began with, "" without; `keep` makes a seed of it as it stands, where that
    is possible, and nobody may be connected.
    """

    describe: str
    major: int
    own: bool
    maintenance: DatabaseUrl
    prefix: str = ""
    like: Server | None = None
    created: dict[str, DatabaseUrl] = field(default_factory=dict)
    seed: str = ""
    keep: Callable[[str], None] | None = None

    def url(self, database: str) -> DatabaseUrl:
        """Return the URL of a database made by `create`."""
        return self.maintenance.with_database(self.prefix + database)

    def create(self, name: str, template: str | None = None) -> DatabaseUrl:
        """Make a database: a copy of an earlier one (which nobody may be connected to), or an empty one.

        An empty one has the target's encoding and locale where the server knows them. Raises ShadowError.
        """
        from safemigrate.db.postgres import connect, quote
        from safemigrate.db.session import SqlError, run

        url = self.url(name)
        make = f"CREATE DATABASE {quote(url.database)} TEMPLATE "
        with connect(self.maintenance) as connection:
            try:
                if template:
                    # Through the log, the default from 15 on, it is read and written block by block.
                    strategy = " STRATEGY file_copy" if self.major >= _STRATEGIES else ""
                    run(connection, make + quote(self.prefix + template) + strategy)
                else:
                    _create_empty(connection, make + "template0", self.like)
            except SqlError as error:
                raise ShadowError(
                    f"cannot create the shadow database {url.database}", str(error).strip(), ("safemigrate doctor",)
                ) from error
        self.created[name] = url
        return url

    def drop(self, name: str) -> None:
        """Drop a database that `create` made, whoever is connected to it."""
        from safemigrate.db.postgres import connect, quote
        from safemigrate.db.session import run

        url = self.created.pop(name)
        with connect(self.maintenance) as connection:
            run(connection, f"DROP DATABASE IF EXISTS {quote(url.database)} WITH (FORCE)")

    def require_extensions(self, wanted: Sequence[str]) -> None:
        """Raise ShadowError where the server lacks an extension, naming all it lacks."""
        if not wanted:
            return
        from safemigrate.db.postgres import connect

        with connect(self.maintenance) as connection:
            missing = missing_extensions(connection, wanted)
        if missing:
            names = ", ".join(missing)
            raise ShadowError(
                f"the shadow ({self.describe}) lacks the extension{'s' * (len(missing) > 1)} {names}",
                "A rehearsal without them would say nothing about the target.",
                (
                    f"apt-get install postgresql-contrib-{self.major} or the package of {names}",
                    "--shadow docker",
                    "--shadow-url postgresql://USER@HOST/postgres, a server that has them",
                ),
            )


def missing_extensions(connection: Connection, wanted: Sequence[str]) -> list[str]:
    """Return those of `wanted` that cannot be created on the server."""
    from safemigrate.db.session import rows

    available = {name for (name,) in rows(connection, "SELECT name FROM pg_available_extensions")}
    return sorted(set(wanted) - available)


@contextmanager
def shadow_server(
    choice: str | None,
    *,
    target_server: Server | None,
    target_url: DatabaseUrl | None,
    roles: Sequence[str] = (),
    extensions: Sequence[str] = (),
    seeds: Sequence[str] = (),
    meanwhile: Callable[[], None] | None = None,
    on_progress: OnProgress = silent,
) -> Iterator[Shadow]:
    """Give a shadow for as long as the block lasts.

    `choice` is None (the first that works), "local", "docker", "embedded" or a URL. On a server of our own the
    superuser is named like the target's user, so that owners are as on the target, and `roles` exist without login.
    `target_server` and `target_url` are None where there is no target (CI). A server from programs of this machine
    begins with the first of the `seeds` that was kept, and `meanwhile` is done while it starts. Raises ShadowError with
    what was tried.
    """
    major = target_server.major if target_server else 0
    user = target_server.user if target_server else "postgres"
    tried: list[str] = []
    with ExitStack() as kept:
        for name, start in _candidates(choice, major, user, target_url, seeds, meanwhile):
            on_progress(Progress("shadow", name))
            with ExitStack() as attempt:
                try:
                    shadow = attempt.enter_context(start())
                    shadow.like = target_server
                    if target_url:
                        shadow.maintenance = replace(shadow.maintenance, schema=target_url.schema)
                    shadow.require_extensions(extensions)
                except (ShadowError, ServerProgramError) as error:
                    if choice:
                        raise
                    tried.append(f"{name}: {error.summary}{f' ({error.why})' if error.why else ''}")
                    continue
                kept.push(attempt.pop_all())
            break
        else:
            raise ShadowError(
                "no shadow database can be had" + (f" with {', '.join(extensions)}" if extensions else ""),
                "\n".join(tried) or "No way to one was found.",
                WAYS_OUT,
            )
        if shadow.own:
            create_roles(shadow, roles)
        on_progress(Progress("shadow", shadow.describe))
        yield shadow


Start = Callable[[], AbstractContextManager[Shadow]]


def _candidates(
    choice: str | None,
    major: int,
    user: str,
    target_url: DatabaseUrl | None,
    seeds: Sequence[str] = (),
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[tuple[str, Start]]:
    if choice and "://" in choice:
        from safemigrate.shadow import existing

        url = _parse(choice)
        yield str(url), partial(existing.on_server, url, target_url, major)
        return
    docker = ("docker", partial(_docker, major, user))
    if choice == "docker":
        yield docker
        return
    able = [one for one in installations() if one.serves]
    machine = _by_distance((one for one in able if one.source == "machine"), major)
    embedded = _by_distance((one for one in able if one.source == "embedded"), major)
    if choice in ("local", "embedded"):
        own = machine if choice == "local" else embedded
        if not own:
            raise ShadowError(
                f"--shadow {choice}: no PostgreSQL server programs there",
                fix=(f"apt-get install postgresql-{major or 17}",) if choice == "local" else WAYS_OUT[:1],
            )
        yield from ((str(one), _local(one, user, seeds, meanwhile)) for one in own)
        return
    if choice:
        raise ShadowError(f"--shadow {choice} is not one of local, docker, embedded or a URL", fix=WAYS_OUT)
    yield from ((str(one), _local(one, user, seeds, meanwhile)) for one in machine if one.major >= major)
    yield docker
    yield from ((str(one), _local(one, user, seeds, meanwhile)) for one in embedded if one.major >= major)
    yield from ((str(one), _local(one, user, seeds, meanwhile)) for one in (*machine, *embedded) if one.major < major)


def _parse(text: str) -> DatabaseUrl:
    from safemigrate.db.url import DatabaseUrl

    return DatabaseUrl.parse(text)


def _by_distance(some: Iterator[Installation], major: int) -> list[Installation]:
    """Order: the preferred major, newer ones from near to far, older ones from near to far."""
    return sorted(some, key=lambda one: (one.major < major, abs(one.major - major) if major else -one.major))


def _docker(major: int, user: str) -> AbstractContextManager[Shadow]:
    from safemigrate.shadow import container

    return container.in_docker(major, user)


def _local(installation: Installation, user: str, seeds: Sequence[str], meanwhile: Callable[[], None] | None) -> Start:
    from safemigrate.shadow import local

    @contextmanager
    def start() -> Iterator[Shadow]:
        with local.running(installation, user=user, seeds=seeds, meanwhile=meanwhile) as server:
            where = "embedded" if installation.source == "embedded" else "on this machine"
            yield Shadow(
                f"PostgreSQL {installation.version} {where}",
                installation.major,
                own=True,
                maintenance=server.url,
                seed=server.seed,
                keep=server.keep,
            )

    return start


def create_roles(shadow: Shadow, roles: Sequence[str]) -> None:
    """Make these roles, without login, where they are not there; on a server of our own only."""
    if not roles:
        return
    from safemigrate.db.postgres import connect, quote
    from safemigrate.db.session import rows, run

    with connect(shadow.maintenance) as connection:
        existing = {name for (name,) in rows(connection, "SELECT rolname FROM pg_roles")}
        for role in roles:
            if role not in existing and not role.startswith("pg_"):  # reserved: the server has them or never will
                run(connection, f"CREATE ROLE {quote(role)} NOLOGIN")


def _create_empty(connection: Connection, make: str, like: Server | None) -> None:
    """Run CREATE DATABASE with the target's locale, without it where this server does not know it."""
    from safemigrate.db.session import SqlError, run

    if like and like.collate:
        literals = [value.replace("'", "''") for value in (like.encoding, like.collate, like.ctype)]
        with suppress(SqlError):
            run(connection, make + " ENCODING '{}' LC_COLLATE '{}' LC_CTYPE '{}'".format(*literals))
            return
    run(connection, make + " ENCODING 'UTF8'")

"""PostgreSQL: a branch is tried in a shadow that has gone through its base's history, kept between runs.

Heavy imports wait until the server is starting: that takes its time too, in another process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from safemigrate.db.programs import installations
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Finding, Migration, MigrationOutcome, OnProgress, Progress, SchemaChange, silent
from safemigrate.shadow.provider import Shadow, shadow_server
from safemigrate.workflow.proving import BEGIN, Terms
from safemigrate.workflow.proving.remember import Memory, keys

if TYPE_CHECKING:
    from safemigrate.db.catalog import Catalog
    from safemigrate.db.postgres import Server
    from safemigrate.workflow.gate.live import Live

_LAYOUT = "1"  # of what is kept: another number, and nobody finds the old ones
_END, _AFTER, _PLACE = "end", "after", "live"
_FEW = 8  # new migrations; below, starting processes takes longer than they save


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A live database, and what the shadow must have to be like its server."""

    live: Live
    server: Server
    roles: tuple[str, ...]
    catalog: Catalog

    @classmethod
    def at(cls, url: DatabaseUrl) -> LiveServer:
        """Read one. Raises ConnectionFailed."""
        from safemigrate.db.catalog import read
        from safemigrate.db.postgres import connect, roles, server
        from safemigrate.prisma import history
        from safemigrate.workflow.gate.live import Live

        with connect(url, application_name="safemigrate check") as connection:
            rows = history.read(connection, url.schema)
            live = Live(url, None if rows is None else tuple(rows))
            return cls(live, server(connection), tuple(roles(connection)), read(connection))


@dataclass(frozen=True, slots=True)
class ServerGround:
    """A shadow whose database BEGIN has gone through `before`; see `Ground`. Nobody is connected to BEGIN."""

    shadow: Shadow
    before: Sequence[Migration]
    failed: tuple[str, ...] = ()
    live: LiveServer | None = None

    @property
    def describe(self) -> str:
        """The shadow's server."""
        return self.shadow.describe

    @property
    def major(self) -> int:
        """Its major version."""
        return self.shadow.major

    @property
    def begin(self) -> DatabaseUrl:
        """The database BEGIN."""
        return self.shadow.url(BEGIN)

    def end(self, new: Sequence[Migration]) -> DatabaseUrl | None:
        """Run what is new in a copy."""
        self.shadow.create(_END, template=BEGIN)
        return None if self._run(_END, new) else self.shadow.url(_END)

    def parts(self, sql: str, new: Sequence[Migration]) -> list[str]:  # noqa: ARG002 what a file's takes
        """Its statements."""
        from safemigrate.sql import split

        return [one.sql for one in split(sql)]

    def change(self, new: Sequence[Migration]) -> SchemaChange:
        """Compare the catalogs before and after what is new."""
        from safemigrate.db import catalog
        from safemigrate.db.postgres import connect
        from safemigrate.workflow.rehearsal.change import change_of

        self.shadow.create(_AFTER, template=BEGIN)
        with connect(self.shadow.url(_AFTER)) as connection:
            before = catalog.read(connection)
        self._run(_AFTER, new)
        with connect(self.shadow.url(_AFTER)) as connection:
            return change_of(before, catalog.read(connection, before))

    def tried(
        self, new: Sequence[Migration], terms: Terms, on_progress: OnProgress, *, cache: bool, alone: bool
    ) -> list[MigrationOutcome]:
        """Prove what is new, in several lanes where it is much."""
        from safemigrate.workflow.proving.proven import proven

        history = [*self.before, *new]
        memory = Memory(self.shadow.describe, terms, None) if cache else None  # the same as that of `prove`
        wanted = range(len(self.before), len(history))
        jobs, at = 0 if len(new) > _FEW else 1, len(self.before)
        found = proven(self.shadow, history, wanted, terms, memory, on_progress, jobs=jobs, at=at, spend=alone)
        return [found[number] for number in wanted]

    def beside(self, new: Sequence[Migration]) -> tuple[list[Finding], list[str]]:
        """Hold the live database against the shadow."""
        if self.live is None:
            return [], []
        return self.live.live.findings(self.before, new, self._drift)

    def _drift(self, applied: Sequence[Migration]) -> tuple[list[str], list[str]]:
        from safemigrate.workflow.adopt.scope import differences, scope

        assert self.live is not None
        named = {self.live.live.url.schema}
        theirs = scope(self.live.catalog, named=named, superuser=self.live.server.superuser)
        ours = scope(self._made_by(applied), named=named, superuser=True)
        major = self.live.server.major
        notes = [f"It is PostgreSQL {major}, and {self.major} was compared with."] if self.major != major else []
        return differences(ours.catalog, theirs.catalog, rights=False), notes

    def _made_by(self, applied: Sequence[Migration]) -> Catalog:
        """The catalog after these migrations; BEGIN is where they begin with the base's, or nowhere."""
        from safemigrate.db.catalog import read
        from safemigrate.db.postgres import connect
        from safemigrate.workflow.rehearsal.shadows import ensure_schema

        count, place = len(self.before), BEGIN
        on_base = list(applied[:count]) == list(self.before)
        if not on_base:
            place = _PLACE
            ensure_schema(self.shadow.create(place))
            _replayed(self.shadow, place, applied, 0)
        elif len(applied) > count:
            place = _PLACE
            self.shadow.create(place, template=BEGIN)
            self._run(place, applied[count:])
        with connect(self.shadow.url(place)) as connection:
            return read(connection)

    def _run(self, name: str, new: Sequence[Migration]) -> list[str]:
        return _replayed(self.shadow, name, [*self.before, *new], len(self.before))


def tools() -> str:
    """Name the servers on this machine."""
    return "\n".join(map(str, installations()))


@contextmanager
def ground(
    choice: str | None,
    before: Sequence[Migration],
    new: Sequence[Migration],
    on_progress: OnProgress,
    *,
    live: DatabaseUrl | None = None,
    cache: bool = True,
) -> Iterator[ServerGround]:
    """Give a shadow, like the server of a `live` database where there is one.

    It begins where an earlier run with the same first migrations ended, and is kept for the next. A migration that does
    not run is passed over, as psql would. Raises ShadowError, also where an extension is not to be had.
    """
    there = LiveServer.at(live) if live else None
    schema = live.schema if live else "public"
    seeds = [hashlib.sha256(f"{_LAYOUT}\0{schema}\0{key}".encode()).hexdigest() for key in keys(before)]
    with shadow_server(
        choice,
        target_server=there.server if there else None,
        target_url=live,
        roles=there.roles if there else (),
        extensions=_extensions((*before, *new)),
        seeds=seeds[::-1] if cache else (),
        meanwhile=_imported,
        on_progress=on_progress,
    ) as shadow:
        from safemigrate.workflow.rehearsal.shadows import refusals

        done = seeds.index(shadow.seed) + 1 if shadow.seed else 0
        with refusals(shadow):
            failed = _known(shadow) if done else _begun(shadow)
            on_progress(Progress("base", f"{done:,} of {len(before):,} migrations known from before"))
            if done < len(before):
                failed = (*failed, *_replayed(shadow, BEGIN, before, done, on_progress))
                _note(shadow, failed)
                if cache and shadow.keep:
                    shadow.keep(seeds[-1])
        yield ServerGround(shadow, before, failed, there)


def _imported() -> None:
    import_module("safemigrate.workflow.gate.verdict")
    import_module("safemigrate.workflow.proving.proven")


def _extensions(migrations: Sequence[Migration]) -> list[str]:
    if not any("EXTENSION" in one.sql.upper() for one in migrations):
        return []
    from safemigrate.workflow.on_server.shadow import created_extensions

    return created_extensions(migrations)


def _begun(shadow: Shadow) -> tuple[str, ...]:
    from safemigrate.workflow.rehearsal.shadows import ensure_schema

    ensure_schema(shadow.create(BEGIN))
    return ()


def _replayed(
    shadow: Shadow, name: str, history: Sequence[Migration], done: int, on_progress: OnProgress = silent
) -> list[str]:
    """Run a history in a database from number `done` on, and return what does not run."""
    from safemigrate.workflow.proving.lane import Lane

    lane = Lane(shadow, name, history, done)
    for number in range(done, len(history)):
        on_progress(Progress("base", history[number].name, number, len(history)))
        lane.advance(number + 1)
    lane.close()
    return lane.failed


def _known(shadow: Shadow) -> tuple[str, ...]:
    from safemigrate.db import session
    from safemigrate.db.postgres import connect

    shadow.created[BEGIN] = shadow.url(BEGIN)
    with connect(shadow.maintenance) as connection:
        said = session.value(
            connection,
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [shadow.url(BEGIN).database],
        )
    return tuple(json.loads(said or "[]"))


def _note(shadow: Shadow, failed: Sequence[str]) -> None:
    """Write what failed where it is kept with the rest."""
    from safemigrate.db import session
    from safemigrate.db.postgres import connect, quote

    said = json.dumps(list(failed)).replace("'", "''")
    with connect(shadow.maintenance) as connection:
        session.run(connection, f"COMMENT ON DATABASE {quote(shadow.url(BEGIN).database)} IS '{said}'")

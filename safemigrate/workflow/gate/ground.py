"""The ground that a branch is tried on: what its base's history makes of an empty database, kept between runs.

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

from safemigrate.model import Migration, OnProgress, Progress
from safemigrate.shadow.provider import Shadow, shadow_server
from safemigrate.workflow.proving import BEGIN
from safemigrate.workflow.proving.remember import keys

if TYPE_CHECKING:
    from safemigrate.workflow.gate.live import Live

_LAYOUT = "1"  # of what is kept: another number, and nobody finds the old ones


@dataclass(frozen=True, slots=True)
class Ground:
    """A shadow whose database BEGIN has gone through a history; `failed` are the migrations that do not run there."""

    shadow: Shadow
    failed: tuple[str, ...] = ()


@contextmanager
def ground(
    choice: str | None,
    before: Sequence[Migration],
    new: Sequence[Migration],
    on_progress: OnProgress,
    *,
    live: Live | None = None,
    cache: bool = True,
) -> Iterator[Ground]:
    """Give a shadow that has gone through `before` and in which `new` can run; nobody is connected to BEGIN.

    It is like the server of a `live` database, where there is one. It begins where an earlier run with the same first
    migrations ended, and is kept for the next. A migration that does not run is passed over, as psql would. Raises
    ShadowError, also where an extension is not to be had.
    """
    schema = live.url.schema if live else "public"
    seeds = [hashlib.sha256(f"{_LAYOUT}\0{schema}\0{key}".encode()).hexdigest() for key in keys(before)]
    with shadow_server(
        choice,
        target_server=live.server if live else None,
        target_url=live.url if live else None,
        roles=live.roles if live else (),
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
                failed = (*failed, *_replayed(shadow, before, done, on_progress))
                _note(shadow, failed)
                if cache and shadow.keep:
                    shadow.keep(seeds[-1])
        yield Ground(shadow, failed)


def _imported() -> None:
    import_module("safemigrate.workflow.gate.verdict")


def _extensions(migrations: Sequence[Migration]) -> list[str]:
    if not any("EXTENSION" in one.sql.upper() for one in migrations):
        return []
    from safemigrate.workflow.on_target.shadow import created_extensions

    return created_extensions(migrations)


def _begun(shadow: Shadow) -> tuple[str, ...]:
    from safemigrate.workflow.rehearsal.shadows import ensure_schema

    ensure_schema(shadow.create(BEGIN))
    return ()


def _replayed(shadow: Shadow, before: Sequence[Migration], done: int, on_progress: OnProgress) -> list[str]:
    from safemigrate.workflow.proving.lane import Lane

    lane = Lane(shadow, BEGIN, before, done)
    for number in range(done, len(before)):
        on_progress(Progress("base", before[number].name, number, len(before)))
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

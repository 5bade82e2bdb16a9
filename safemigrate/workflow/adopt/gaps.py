"""What `doctor` finds around a project: what still bypasses safemigrate, and what is not in place yet."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.errors import ConnectionFailed, word
from safemigrate.model import Diagnosis
from safemigrate.prisma.project import Project
from safemigrate.prisma.settings import shadow_url
from safemigrate.shadow.existing import same_database
from safemigrate.snapshot import store
from safemigrate.workflow.adopt import changes, documents, surroundings
from safemigrate.workflow.adopt.surroundings import Bypass
from safemigrate.workflow.fitness import Seen
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import STORE

_RECENT = timedelta(days=30)
_DEPLOY = re.compile(documents.PRISMA + r"\s+migrate\s+deploy")
_COSTS = {
    "prisma db push": "what that drops, nobody keeps",
    "prisma migrate deploy": "it applies unread, unproven, and with no way back",
}


def check_init(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether an `init` was stopped on its way."""
    record = changes.read(seen.project.root / STORE.parent) if seen.project else None
    if record and not record.done:
        yield Diagnosis(
            "init",
            ok=False,
            detail="it was stopped on the way, and is neither finished nor taken back",
            fix=("safemigrate init   # finishes it", "safemigrate init --undo   # takes it back"),
        )


def check_bypasses(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Find what changes a database past safemigrate: its history, its proofs, what it keeps."""
    if seen.project is None:
        return
    project, top = seen.project, surroundings.look(seen.project).top
    found = list(surroundings.bypasses(project, top))
    for subject, mine in (("scripts", True), ("deploys and CI", False)):
        for command in _COSTS:
            places = [one for one in found if one.command == command and (one.path.name == "package.json") is mine]
            if not places:
                continue
            listed = ", ".join(_place(one, project) for one in places)
            yield Diagnosis(
                subject,
                ok=False,
                detail=f"{listed} still {'runs' if len(places) == 1 else 'run'} `{command}`: {_COSTS[command]}",
                fix=tuple(dict.fromkeys(_instead(one, project) for one in places)),
            )


def check_gate(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether CI reads migrations before they are applied."""
    if seen.project is None:
        return
    around = surroundings.look(seen.project)
    if found := surroundings.gate(around.top):
        yield Diagnosis("gate", ok=True, detail=f"safemigrate runs in {found.relative_to(around.top)}")
    elif around.on_github or around.on_gitlab:
        own = "safemigrate init   # writes .github/workflows/safemigrate.yml"
        by_hand = "pip install safemigrate && safemigrate check   # as a job of .gitlab-ci.yml"
        yield Diagnosis(
            "gate",
            ok=False,
            detail="no job of CI runs safemigrate: a migration that loses data is found when it is applied",
            fix=(own if around.on_github else by_hand,),
        )


def check_engine(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Look for 6.x's engine "js": its migrate goes through an adapter that cuts files at every semicolon."""
    config = seen.project.config if seen.project else None
    if config and config.engine == "js":
        yield Diagnosis(
            "prisma config",
            ok=False,
            detail=f'{config.path.name} has engine "js": plain prisma migrate goes to the database of its adapter, '
            "whatever the URL says, and cuts a file at every semicolon, also inside a function",
            fix=(f'in {config.path.name}: engine: "classic", datasource: {{ url: env("DATABASE_URL") }}',),
        )


def check_prisma_shadow(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Prisma empties its shadow database without a question, be it the main one under another spelling."""
    if seen.project is None or not isinstance(seen.target, ServerTarget):
        return
    url = shadow_url(seen.project, os.environ)
    if url is None:
        return
    try:
        with connect(url, application_name="safemigrate doctor") as connection:
            same = same_database(seen.target.connection, connection)
    except (ConnectionFailed, session.SqlError):
        return  # nobody is emptied who cannot be reached
    if same:
        yield Diagnosis(
            "shadowDatabaseUrl",
            ok=False,
            detail=f"{url} is the database itself: prisma migrate dev and diff drop everything in it",
            fix=("remove shadowDatabaseUrl, or let it name an empty database of its own",),
        )


def check_backups(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask for a backup of everything: the snapshots of apply hold the tables at risk."""
    if not isinstance(seen.target, ServerTarget) or seen.url is None or seen.store is None:
        return
    host = surroundings.host(seen.url)
    if host == "this machine":
        return
    full = [one for one in store.all_in(seen.store) if one.manifest.scope == "full"]
    if full and datetime.now(UTC) - full[0].manifest.taken_at < _RECENT:
        yield Diagnosis("backups", ok=True, detail=f"snapshot {full[0].id} holds everything")
    elif session.value(seen.target.connection, "SHOW archive_mode") != "off":
        yield Diagnosis("backups", ok=True, detail="the server archives its log, as backups to a point in time need it")
    else:
        where = f"{host} may keep some, which cannot be asked from here" if host else "the server archives no log"
        yield Diagnosis(
            "backups",
            ok=False,
            detail=f"none is known that holds everything: {where}",
            fix=("safemigrate snapshot create",),
        )


def _place(one: Bypass, project: Project) -> str:
    path = _below(one.path, project)
    return f"{path} ({one.where})" if one.path.name == "package.json" else f"{path} {one.where}"


def _instead(one: Bypass, project: Project) -> str:
    if one.path.name != "package.json":
        number = one.where.removeprefix("line ")
        return f"$EDITOR +{number} {word(_below(one.path, project))}   # safemigrate apply in its place"
    text = surroundings.scripts(one.path.parent)[one.where]
    pushes = one.command == "prisma db push"
    text = documents.applied(text, project.major) if pushes else _DEPLOY.sub("safemigrate apply", text)
    return f"npm pkg set {word(f'scripts.{one.where}={text}')}"


def _below(path: Path, project: Project) -> str:
    return os.path.relpath(path, project.root)

"""What `doctor` asks of a server, the machine's programs and the shadow.

Each check yields lines, or raises what the driver turns into one. Nothing is written; a shadow is started for real.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from safemigrate.db import programs, session
from safemigrate.db.postgres import quote, roles
from safemigrate.model import Diagnosis
from safemigrate.shadow.provider import shadow_server
from safemigrate.workflow.fitness import Seen, megabytes
from safemigrate.workflow.on_server.resolve import ServerTarget, opened
from safemigrate.workflow.on_server.shadow import extensions
from safemigrate.workflow.request import Request

OLDEST = 14  # the oldest major that the tests run on
_DUMPED_SHARE = 0.3  # of the database's size: what a compressed dump takes, as `snapshot.take` reckons

_FOREIGN = """
SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
  AND NOT pg_has_role(current_user, c.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 1259 AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 3, 1, 2
"""


def check_connection(stack: ExitStack, _request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Connect, and read where the history stands."""
    resolved = seen.resolved
    if resolved is None:
        return
    began = time.perf_counter()
    target = seen.target = stack.enter_context(opened(resolved))
    took = 1000 * (time.perf_counter() - began)
    tls = "with TLS" if target.server.tls else "without TLS"
    yield Diagnosis("connection", ok=True, detail=f"as {target.server.user}, {tls}, answered in {took:.0f} ms")


def check_server(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Look at the server's version and role."""
    target = _server(seen)
    if target is None:
        return
    server = target.server
    size = session.value(target.connection, "SELECT pg_database_size(current_database())")
    seen.bytes = int(size * _DUMPED_SHARE)
    said = f"PostgreSQL {server.version_text}, database of {megabytes(size)}"
    if server.in_recovery:
        yield Diagnosis("server", ok=False, detail=f"{said}: a read-only replica", fix=("use the primary's URL",))
    elif server.major < OLDEST:
        yield Diagnosis("server", ok=False, detail=f"{said}: safemigrate is tested on {OLDEST} and newer")
    else:
        yield Diagnosis("server", ok=True, detail=f"{said}, a primary")


def check_rights(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Ask whether this user may create what keeping needs."""
    target = _server(seen)
    if target is None or target.server.in_recovery:
        return
    target.require_writable()
    server = target.server
    said = (
        "superuser" if server.superuser else "may create schemas" if server.can_create else "has the schema safemigrate"
    )
    yield Diagnosis("rights", ok=True, detail=f"{server.user}: {said}")


def check_ownership(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Only a table's owner may ALTER it (PostgreSQL docs, 5.8)."""
    target = _server(seen)
    if target is None:
        return
    foreign = session.rows(target.connection, _FOREIGN)
    if not foreign:
        yield Diagnosis("ownership", ok=True, detail="every table and view is this user's to alter")
        return
    user = target.server.user
    names = [f"{quote(schema, name)} ({owner})" for schema, name, owner in foreign]
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    yield Diagnosis(
        "ownership",
        ok=False,
        detail=f"{user} does not own {', '.join(names[:5])}{more}: to alter them would be refused",
        fix=tuple(f"GRANT {quote(owner)} TO {quote(user)};" for owner in dict.fromkeys(row[2] for row in foreign)),
    )


def check_programs(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    """Find a pg_dump and a pg_restore that fit the server."""
    major, tls = (target.server.major, target.server.tls) if (target := _server(seen)) else (0, False)
    found = [programs.client(name, major, tls=tls) for name in ("pg_dump", "pg_restore")]
    said = f"{programs.version(found[0].parent)} in {found[0].parent}"
    yield Diagnosis(
        "pg_dump", ok=True, detail=f"{said}, fits the server" if major else f"{said}; the server is not known"
    )


def check_shadow(request: Request, seen: Seen, shadow: str | None) -> Iterator[Diagnosis]:
    """Start the shadow that apply would use, with the extensions it needs, and make a database there."""
    target = _server(seen)
    needed = extensions(target.connection, target.state.pending) if target else []
    began = time.perf_counter()
    with shadow_server(
        shadow,
        target_server=target.server if target else None,
        target_url=seen.url if target else None,
        roles=roles(target.connection) if target else (),
        extensions=needed,
        on_progress=request.on_progress,
    ) as server:
        up = time.perf_counter()
        server.create("doctor")
        made = time.perf_counter()
        describe, major = server.describe, server.major
    said = f"{describe}: ready in {up - began:.1f} s, a database in {made - up:.2f} s"
    if needed:
        said += f"; has {', '.join(needed)}"
    if target and major < target.server.major:
        yield Diagnosis(
            "shadow",
            ok=False,
            detail=f"{said}; older than the server, so what it refuses says nothing about it",
            fix=(f"apt-get install postgresql-{target.server.major}", "safemigrate doctor --shadow docker"),
        )
    else:
        yield Diagnosis("shadow", ok=True, detail=said)


def _server(seen: Seen) -> ServerTarget | None:
    return seen.target if isinstance(seen.target, ServerTarget) else None

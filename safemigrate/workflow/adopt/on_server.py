"""PostgreSQL: what `init` finds out of a database and records in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from safemigrate.db.catalog import read
from safemigrate.db.postgres import connect
from safemigrate.model import Migration, counted
from safemigrate.prisma import datasource
from safemigrate.prisma.project import Project
from safemigrate.shadow.provider import Shadow, shadow_server
from safemigrate.workflow.adopt import adoption, baseline, mark, surroundings
from safemigrate.workflow.adopt.adoption import NAME, Adoption
from safemigrate.workflow.adopt.reached import reached
from safemigrate.workflow.adopt.scope import Scope, empty, scope
from safemigrate.workflow.on_server.resolve import ServerTarget
from safemigrate.workflow.on_server.shadow import shadow_for
from safemigrate.workflow.rehearsal.shadows import HISTORY, copy_schema
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, require_fit_history


@dataclass(frozen=True, slots=True)
class ServerAdopter:
    """A server's database; see `Adopter`. `shadow` is a choice of `shadow_server`."""

    request: Request
    target: ServerTarget
    shadow: str | None

    @property
    def described(self) -> str:
        """The server, its host and the schemas."""
        resolved = self.target.resolved
        where = surroundings.host(resolved.url)
        plural = "s" if len(self._named) > 1 else ""
        said = f"PostgreSQL {self.target.server.version_text}{f' at {where}' if where else ''}, from {resolved.source}"
        return f"{said}; schema{plural} {', '.join(self._named)}"

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.target.server.major

    def adoption(self) -> Adoption:
        """Find out what the database needs."""
        resolved = self.target.resolved
        with shadow_for(self.request, resolved, self.target, self.shadow, resolved.migrations) as shadow:
            return _adopt(self.request, resolved, self.target, shadow, self._named)

    def record(self, rows: Sequence[Migration], proven: str) -> None:
        """Write the rows, under Prisma's lock."""
        schema = self.target.resolved.url.schema
        mark.record(self.target.connection, schema, rows, proven=proven, named=self._named)

    def are_recorded(self, names: Collection[str]) -> bool:
        """Ask over a new connection."""
        return mark.are_recorded(self.target.resolved.url, names)

    def forget(self, rows: Collection[tuple[str, str]], *, table: bool) -> list[str]:
        """Delete the rows."""
        return mark.forget(self.target.connection, self.target.resolved.url.schema, rows, table=table)

    @property
    def _named(self) -> tuple[str, ...]:
        return schemas(self.target.resolved.project, self.target.resolved.url.schema)


def without_database(request: Request, project: Project, shadow: str | None) -> Adoption:
    """Write the baseline from schema.prisma alone."""
    with shadow_server(shadow, target_server=None, target_url=None, on_progress=request.on_progress) as server:
        return adoption.from_schema(project, server.create(HISTORY))


def _adopt(
    request: Request, resolved: Resolved, target: ServerTarget, shadow: Shadow, named: Sequence[str]
) -> Adoption:
    state = target.state
    if state.managed and target.rows:
        require_fit_history(target)
        if not state.pending:
            return adoption.in_place(state)
    proven = mark.state(target.connection, named)
    own = scope(read(target.connection), named=named, superuser=target.server.superuser)
    live = _printed(resolved, target, shadow, own, named)
    if resolved.migrations:
        point = reached(shadow, resolved.migrations, live, named, request.on_progress)
        applied = {row.name for row in state.applied}
        return replace(adoption.along(resolved, point, applied, shadow.url(HISTORY)), proven=proven)
    if empty(own.catalog):
        return adoption.EMPTY
    return replace(_new(request, resolved, shadow, own, live, named), proven=proven)


def schemas(project: Project, own: str) -> tuple[str, ...]:
    """Name the database schemas that the project means: the URL's, and those that schema.prisma lists."""
    return tuple(dict.fromkeys((own, *datasource.schemas(project.datasource_file.read_text(encoding="utf-8-sig")))))


def _printed(resolved: Resolved, target: ServerTarget, shadow: Shadow, own: Scope, named: Sequence[str]) -> Scope:
    """Return the database's schema as the shadow's server prints it: majors differ in their words."""
    if shadow.major == target.server.major:
        return own
    into = shadow.create("live")
    copy_schema(resolved.url, target.server, into)
    with connect(into, application_name="safemigrate init") as connection:
        printed = read(connection)
    there = own.catalog.addresses
    absent = {one.identity for one in printed if one.address not in there}
    return replace(own, catalog=scope(printed.without(absent), named=named, superuser=True).catalog)


def _new(
    request: Request, resolved: Resolved, shadow: Shadow, own: Scope, live: Scope, named: Sequence[str]
) -> Adoption:
    project, database = resolved.project, resolved.url.database
    written = baseline.write(own.catalog, database)
    one = adoption.first(project, written.sql)
    notes = baseline.prove(shadow, one, live, named, request.on_progress)
    drift, unknown = adoption.drift(project, shadow.url(baseline.PROVEN))
    tables = sum(each.kind == "table" for each in own.catalog)
    beyond = f", and beyond schema.prisma {', '.join(written.beyond)}" if written.beyond else ""
    return Adoption(
        changes=adoption.files(project, one),
        rows=(one,),
        drift=drift,
        said=(
            ("baseline", f"{NAME} makes {counted('{count} {table|tables}', tables)}{beyond}"),
            ("proof", f"it makes the schema of {database} in an empty database, sent as one and a statement at a time"),
        ),
        notes=(*(f"left out of the baseline: {what}" for what in live.left_out), *notes, *unknown),
    )

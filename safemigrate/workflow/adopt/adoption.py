"""What it takes to bring a database under its project's history: a new baseline, or rows for migrations it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from safemigrate.db.catalog import read
from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError, PrismaError
from safemigrate.model import Migration, counted
from safemigrate.prisma import command, datasource
from safemigrate.prisma.project import Project
from safemigrate.shadow.provider import Shadow
from safemigrate.workflow.adopt import baseline, mark
from safemigrate.workflow.adopt.changes import Change
from safemigrate.workflow.adopt.reached import reached
from safemigrate.workflow.adopt.scope import Scope, empty, scope
from safemigrate.workflow.on_target.resolve import ServerTarget
from safemigrate.workflow.rehearsal.shadows import HISTORY, copy_schema
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved, require_fit_history


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is to be written and recorded, and what was found out on the way.

    `rows` are recorded as applied where the database is still in the state `proven`. `drift` is the SQL from the
    database to schema.prisma, "" without any. `said` are facts with their subjects, `notes` what a person should know.
    """

    changes: tuple[Change, ...] = ()
    rows: tuple[Migration, ...] = ()
    proven: str = ""
    drift: str = ""
    said: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def adopt(request: Request, resolved: Resolved, target: ServerTarget, shadow: Shadow) -> Adoption:
    """Find out what the database needs; nothing is written yet.

    Raises HistoryError where its schema is at no point of a history that is there, or cannot be written down.
    """
    named = schemas(resolved.project, resolved.url.schema)
    state = target.state
    if state.managed and target.rows:
        require_fit_history(target)
        if not state.pending:
            words = counted("{count} {migration|migrations} applied, none pending", len(state.applied))
            return Adoption(said=(("history", words),))
    proven = mark.state(target.connection, named)
    own = scope(read(target.connection), named=named, superuser=target.server.superuser)
    live = _printed(resolved, target, shadow, own, named)
    if resolved.migrations:
        return replace(_along(request, resolved, target, shadow, live, named), proven=proven)
    if empty(own.catalog):
        return Adoption(said=(("database", "has no tables yet: the first `safemigrate apply` makes them"),))
    return replace(_new(request, resolved, shadow, own, live, named), proven=proven)


def without_database(project: Project, shadow: Shadow) -> Adoption:
    """Write the baseline from schema.prisma alone, for a database that cannot be reached from here."""
    shadow.create(HISTORY)
    sql = command.diff(project, shadow.url(HISTORY))
    if not sql:
        return Adoption(said=(("schema.prisma", "has no models yet"),))
    one = baseline.migration(project.migrations / baseline.NAME, sql)
    return Adoption(
        changes=_files(project, one),
        notes=(
            "the baseline is what schema.prisma says; no database was asked, and none has it recorded",
            "run safemigrate init again where the database can be reached: it compares, and records it as applied",
        ),
    )


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
    one = baseline.migration(project.migrations / baseline.NAME, written.sql)
    notes = baseline.prove(shadow, one, live, named, request.on_progress)
    drift, unknown = _drift(project, shadow, baseline.PROVEN)
    tables = sum(each.kind == "table" for each in own.catalog)
    beyond = f", and beyond schema.prisma {', '.join(written.beyond)}" if written.beyond else ""
    return Adoption(
        changes=_files(project, one),
        rows=(one,),
        drift=drift,
        said=(
            ("baseline", f"{baseline.NAME} makes {counted('{count} {table|tables}', tables)}{beyond}"),
            ("proof", f"it makes the schema of {database} in an empty database, sent as one and a statement at a time"),
        ),
        notes=(*(f"left out of the baseline: {what}" for what in live.left_out), *notes, *unknown),
    )


def _along(
    request: Request, resolved: Resolved, target: ServerTarget, shadow: Shadow, live: Scope, named: Sequence[str]
) -> Adoption:
    """Record those migrations of an existing history that the database has already."""
    history, database = resolved.migrations, resolved.url.database
    point = reached(shadow, history, live, named, request.on_progress)
    applied = {row.name for row in target.state.applied}
    if point.count is None:
        if applied:
            return Adoption(notes=("the database is at no point of the history: safemigrate apply says what differs",))
        raise HistoryError(
            f"database {database} is at no point of the history in {resolved.project.migrations}",
            "\n".join(
                [
                    f"It comes closest after {point.closest}; there, expected is what the database has:",
                    *point.differences[:15],
                    *([f"and {len(point.differences) - 15:,} more"] if len(point.differences) > 15 else ()),
                ]
            ),
            (
                f"mv '{resolved.project.migrations}' '{resolved.project.migrations}_before'   # the database is right:",
                "safemigrate init   # a baseline takes the place of the old history",
            ),
        )
    rows = tuple(one for one in history[: point.count] if one.name not in applied)
    left = len(history) - point.count
    notes = [
        f"{one.name} leaves the schema as it is, so nobody can see whether it ran here; it is taken for applied"
        for one in point.silent
        if one in rows
    ]
    notes += [f"{table}: the columns stand in another order than the history makes them" for table in point.order[:5]]
    drift, unknown = _drift(resolved.project, shadow, HISTORY) if not left else ("", ())
    said = [("history", f"{point.count:,} of {len(history):,} migrations make the schema that {database} has")]
    if left:
        said.append(("pending", counted("{count} {comes|come} next, by safemigrate apply", left)))
    return Adoption(rows=rows, drift=drift, said=tuple(said), notes=(*notes, *unknown))


def _drift(project: Project, shadow: Shadow, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the SQL from a shadow's database to schema.prisma, or why nobody can say."""
    try:
        return command.diff(project, shadow.url(name)), ()
    except PrismaError as error:
        return "", (f"schema.prisma was not compared: {error.summary}; {project.package.install} first",)


def _files(project: Project, one: Migration) -> tuple[Change, ...]:
    lock = project.migrations / "migration_lock.toml"
    files = [Change(str(one.path), None, one.sql)]
    if not lock.exists():
        files.append(Change(str(lock), None, command.LOCK.format(provider=project.provider)))
    return tuple(files)

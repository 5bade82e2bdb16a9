"""SQLite: what `init` finds out of a file and records in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from safemigrate.db.sqlite.catalog import Catalog, Names, read
from safemigrate.db.sqlite.compare import compare, fingerprint, other_order
from safemigrate.db.sqlite.connection import VERSION, Connection, SqlError, connect
from safemigrate.errors import ConnectionFailed, word
from safemigrate.model import AppliedState, Migration, Progress, counted, silent
from safemigrate.prisma import history as files
from safemigrate.prisma import sqlite_history as history
from safemigrate.prisma.project import Project
from safemigrate.shadow.sqlite.copies import Copies, copies
from safemigrate.shadow.sqlite.replay import replay
from safemigrate.workflow.adopt import adoption
from safemigrate.workflow.adopt.adoption import NAME, Adoption, Reached
from safemigrate.workflow.on_file import baseline
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import require_fit_history

_NOTHING = Catalog(Names(), Names(), Names(), Names())
_HISTORY, _NEAREST = "history", "nearest"


@dataclass(frozen=True, slots=True)
class FileAdopter:
    """An open file; see `Adopter`. What its tables hold is never written to: a row in Prisma's own is all."""

    request: Request
    target: FileTarget

    @property
    def described(self) -> str:
        """The library, the file, and who named it."""
        return f"SQLite {VERSION}, {self.target.path}, from {self.target.resolved.source}"

    @property
    def major(self) -> int:
        """A file has none."""
        return 0

    def adoption(self) -> Adoption:
        """Find out what the file needs."""
        target, resolved = self.target, self.target.resolved
        if target.state.managed and target.rows:
            require_fit_history(target)
            if not target.state.pending:
                return adoption.in_place(target.state)
        live = read(target.connection)
        with copies() as made:
            if resolved.migrations:
                point = _reached(made, resolved.migrations, live, self.request)
                applied = {row.name for row in target.state.applied}
                found = adoption.along(resolved, point, applied, made.url(_HISTORY))
            elif not compare(live, _NOTHING):
                return adoption.EMPTY
            else:
                found = self._new(made, live)
        return replace(found, proven=fingerprint(live))

    def record(self, rows: Sequence[Migration], proven: str) -> None:
        """Write the rows in one transaction, with the only write lock there is."""
        connection = self.target.connection
        with connection.transaction():
            _require(connection, proven)
            history.create_table(connection)
            known = {one.name for one in history.read(connection) or () if one.state is AppliedState.APPLIED}
            for one in rows:
                if one.name not in known:
                    history.record_baseline(connection, one)
            _require(connection, proven)

    def are_recorded(self, names: Collection[str]) -> bool:
        """Ask over a new connection."""
        try:
            with connect(self.target.path, write=False) as connection:
                found = history.read(connection) or ()
        except (ConnectionFailed, SqlError):
            return True
        return any(one.name in names and one.state is AppliedState.APPLIED for one in found)

    def forget(self, rows: Collection[tuple[str, str]], *, table: bool) -> list[str]:
        """Delete the rows in one transaction."""
        connection = self.target.connection
        with connection.transaction():
            found = history.read(connection) or []
            ours = adoption.ours(found, rows)
            for one in ours:
                history.delete(connection, one.id)
            if table and len(ours) == len(found) and not history.guarded(connection):
                connection.execute(f"DROP TABLE IF EXISTS main.{files.TABLE}")
        return [one.name for one in ours]

    def _new(self, made: Copies, live: Catalog) -> Adoption:
        resolved = self.target.resolved
        project, name = resolved.project, resolved.url.name
        one = adoption.first(project, baseline.write(live, name))
        baseline.prove(made, one, live, self.request.on_progress)
        drift, unknown = adoption.drift(project, made.url(baseline.PROVEN))
        tables = sum(each != files.TABLE for each in live.tables)
        more = baseline.beyond(live)
        beyond = f", and beyond schema.prisma {', '.join(more)}" if more else ""
        return Adoption(
            changes=adoption.files(project, one),
            rows=(one,),
            drift=drift,
            said=(
                ("baseline", f"{NAME} makes {counted('{count} {table|tables}', tables)}{beyond}"),
                ("proof", f"it makes the schema of {name} in an empty file, sent as one and a statement at a time"),
            ),
            notes=unknown,
        )


def without_database(request: Request, project: Project, shadow: str | None) -> Adoption:
    """Write the baseline from schema.prisma alone."""
    del request, shadow
    with copies() as made, made.opened(_HISTORY):
        return adoption.from_schema(project, made.url(_HISTORY))


def _reached(made: Copies, migrations: Sequence[Migration], live: Catalog, request: Request) -> Reached:
    """Replay the history and compare the schema with the file's after every migration; the last match counts.

    Raises HistoryError for a history that does not run in an empty file.
    """
    wanted = _columns(live)
    matches: list[int] = []
    order: tuple[str, ...] = ()
    near = len(wanted), 0
    with made.opened(_HISTORY) as connection:
        for number in range(len(migrations) + 1):
            if number:
                request.on_progress(Progress("history", migrations[number - 1].name, number, len(migrations)))
                _replay(connection, migrations[number - 1])
            now = read(connection)
            apart = len(wanted ^ _columns(now))
            near = min(near, (apart, number), key=lambda point: (point[0], -point[1]))
            if not apart and not compare(live, now, order=False):
                matches.append(number)
                order = tuple(other_order(live, now))
    if matches:
        return Reached(matches[-1], adoption.silent_before(migrations, matches), order=order)
    with made.opened(_NEAREST) as connection:
        for one in migrations[: near[1]]:
            _replay(connection, one)
        wrong = compare(live, read(connection), order=False)
    return Reached(None, closest=migrations[near[1] - 1].name if near[1] else "nothing", differences=tuple(wrong))


def _replay(connection: Connection, one: Migration) -> None:
    purpose = "Without that nobody can say which of its migrations the file has already."
    replay(connection, [one], silent, purpose=purpose, fix=("safemigrate status", f"edit {word(one.path)}"))


def _columns(catalog: Catalog) -> set[tuple[str, str]]:
    return {(name, one.name) for name, table in catalog.tables.items() if name != files.TABLE for one in table.columns}


def _require(connection: Connection, proven: str) -> None:
    if fingerprint(read(connection)) != proven:
        raise adoption.moved()

"""A live database beside a branch: its history, and its schema against what its migrations make. It is only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.catalog import Catalog, read
from safemigrate.db.postgres import Server, connect, roles, server
from safemigrate.db.url import DatabaseUrl
from safemigrate.lint.facts import Facts
from safemigrate.lint.run import of_history
from safemigrate.model import AppliedMigration, Finding, Migration, Severity
from safemigrate.prisma import history
from safemigrate.prisma.history import HistoryState
from safemigrate.shadow.provider import Shadow
from safemigrate.workflow.adopt.scope import differences, scope
from safemigrate.workflow.proving import BEGIN
from safemigrate.workflow.proving.lane import Lane
from safemigrate.workflow.rehearsal.shadows import ensure_schema

_SHOWN = 5  # differences in a message
_PLACE = "live"


@dataclass(frozen=True, slots=True)
class Live:
    """A database as it stood when it was read; `rows` are Prisma's, None where it keeps no history."""

    url: DatabaseUrl
    server: Server
    roles: tuple[str, ...]
    rows: tuple[AppliedMigration, ...] | None
    catalog: Catalog

    @classmethod
    def at(cls, url: DatabaseUrl) -> Live:
        """Read one. Raises ConnectionFailed."""
        with connect(url, application_name="safemigrate check") as connection:
            rows = history.read(connection, url.schema)
            applied = None if rows is None else tuple(rows)
            return cls(url, server(connection), tuple(roles(connection)), applied, read(connection))

    def findings(
        self, shadow: Shadow, before: Sequence[Migration], new: Sequence[Migration]
    ) -> tuple[list[Finding], list[str]]:
        """Say how it stands beside the base's history and what is new, and what there is to note.

        In the shadow, the database BEGIN has gone through `before`.
        """
        if self.rows is None:
            return [], [f"{self.url} has no migration history; it lives on `prisma db push`."]
        state = history.state([*before, *new], self.rows)
        found = [*self._stuck(state), *self._moved(state)]
        if state.failed or state.missing:
            return found, [f"The schema of {self.url} is not compared: its history is not the one here."]
        pending = [one.name for one in state.pending if one in before]
        notes = [f"{self.url} has not applied yet: {', '.join(pending)}."] if pending else []
        if shadow.major != self.server.major:
            notes.append(f"It is PostgreSQL {self.server.major}, and {shadow.major} was compared with.")
        return [*found, *self._drift(shadow, before, state.applied)], notes

    def _stuck(self, state: HistoryState) -> Iterator[Finding]:
        for row in state.failed:
            said = f"{row.name} failed in {self.url} and is neither finished nor taken back"
            yield _finding("failed-migration", Severity.ERROR, said, row.name, "safemigrate status")
        for row in state.missing:
            said = f"{row.name} is applied in {self.url}, and neither this branch nor its base has it"
            yield _finding("missing-migration", Severity.WARNING, said, row.name, f"git log --all -- '*{row.name}/*'")

    def _moved(self, state: HistoryState) -> Iterator[Finding]:
        applied = {one.name: one.checksum for one in state.applied}
        applied |= {file.name: row.checksum for file, row in state.edited}
        applied |= {row.name: row.checksum for row in state.missing}
        for file in (*(file for file, _ in state.edited), *state.out_of_order):
            for finding in of_history(file, Facts(applied=applied, provider="postgresql")):
                if finding.rule in ("edited-after-apply", "out-of-order"):
                    yield finding

    def _drift(self, shadow: Shadow, before: Sequence[Migration], applied: Sequence[Migration]) -> Iterator[Finding]:
        expected = _end(shadow, before, applied)
        named = {self.url.schema}
        theirs = scope(self.catalog, named=named, superuser=self.server.superuser)
        ours = scope(expected, named=named, superuser=True)
        said = differences(ours.catalog, theirs.catalog, rights=False)
        if said:
            more = f"; and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
            words = f"{self.url} is not what its migrations make: {'; '.join(said[:_SHOWN])}{more}"
            yield _finding("database-drift", Severity.WARNING, words, "", "safemigrate explain database-drift")


def _end(shadow: Shadow, before: Sequence[Migration], applied: Sequence[Migration]) -> Catalog:
    """The catalog after these migrations; BEGIN is where they begin with `before`, or nowhere."""
    on_base = list(applied[: len(before)]) == list(before)
    if on_base and len(applied) == len(before):
        with connect(shadow.url(BEGIN)) as connection:
            return read(connection)
    if on_base:
        shadow.create(_PLACE, template=BEGIN)
    else:
        ensure_schema(shadow.create(_PLACE))
    lane = Lane(shadow, _PLACE, applied, len(before) if on_base else 0)
    lane.advance(len(applied))
    lane.close()
    with connect(shadow.url(_PLACE)) as connection:
        return read(connection)


def _finding(rule: str, severity: Severity, message: str, migration: str, help_: str) -> Finding:
    return Finding(rule, severity, message, migration, subject=migration, help=help_)

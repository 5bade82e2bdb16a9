"""A live database beside a branch: its history, and its schema against what its migrations make. It is only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import word
from safemigrate.lint.facts import Facts
from safemigrate.lint.run import of_history
from safemigrate.model import AppliedMigration, Finding, Migration, Severity
from safemigrate.prisma import history
from safemigrate.prisma.history import HistoryState

_SHOWN = 5  # differences in a message

# Says how a database differs from what these migrations make, and what is to be known of the comparison.
Drift = Callable[[Sequence[Migration]], tuple[list[str], list[str]]]


@dataclass(frozen=True, slots=True)
class Live:
    """A database as it stood when it was read; `rows` are Prisma's, None where it keeps no history."""

    url: DatabaseUrl
    rows: tuple[AppliedMigration, ...] | None

    def findings(
        self, before: Sequence[Migration], new: Sequence[Migration], drift: Drift
    ) -> tuple[list[Finding], list[str]]:
        """Say how it stands beside the base's history and what is new, and what there is to note."""
        if self.rows is None:
            return [], [f"{self.url} has no migration history; it lives on `prisma db push`."]
        state = history.state([*before, *new], self.rows)
        found = [*self._stuck(state), *self._moved(state)]
        if state.failed or state.missing:
            return found, [f"The schema of {self.url} is not compared: its history is not the one here."]
        pending = [one.name for one in state.pending if one in before]
        notes = [f"{self.url} has not applied yet: {', '.join(pending)}."] if pending else []
        said, known = drift(state.applied)
        return [*found, *self._drifted(said)], [*notes, *known]

    def _stuck(self, state: HistoryState) -> Iterator[Finding]:
        for row in state.failed:
            said = f"{row.name} failed in {self.url} and is neither finished nor taken back"
            yield _finding("failed-migration", Severity.ERROR, said, row.name, "safemigrate status")
        for row in state.missing:
            said = f"{row.name} is applied in {self.url}, and neither this branch nor its base has it"
            yield _finding(
                "missing-migration", Severity.WARNING, said, row.name, f"git log --all -- {word(f'*{row.name}/*')}"
            )

    def _moved(self, state: HistoryState) -> Iterator[Finding]:
        applied = {one.name: one.checksum for one in state.applied}
        applied |= {file.name: row.checksum for file, row in state.edited}
        applied |= {row.name: row.checksum for row in state.missing}
        for file in (*(file for file, _ in state.edited), *state.out_of_order):
            for finding in of_history(file, Facts(applied=applied, provider=self.url.provider)):
                if finding.rule in ("edited-after-apply", "out-of-order"):
                    yield finding

    def _drifted(self, said: Sequence[str]) -> Iterator[Finding]:
        if said:
            more = f"; and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
            words = f"{self.url} is not what its migrations make: {'; '.join(said[:_SHOWN])}{more}"
            yield _finding("database-drift", Severity.WARNING, words, "", "safemigrate explain database-drift")


def _finding(rule: str, severity: Severity, message: str, migration: str, help_: str) -> Finding:
    return Finding(rule, severity, message, migration, subject=migration, help=help_)

"""SQLite: the target is a file, and its shadow a copy of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from safemigrate import proc
from safemigrate.execute.sqlite import run
from safemigrate.model import KeptOutcome, Migration
from safemigrate.snapshot import store
from safemigrate.snapshot.store import Snapshot
from safemigrate.workflow.engines import file_erase
from safemigrate.workflow.engines.file_back import FileBack
from safemigrate.workflow.engines.file_proving import proving as proving
from safemigrate.workflow.engines.file_snapshot import restore_into as restore_into
from safemigrate.workflow.engines.file_snapshot import take_snapshot
from safemigrate.workflow.engines.file_snapshot import verify_snapshot as verify_snapshot
from safemigrate.workflow.engines.file_way import FileWay, file_way
from safemigrate.workflow.fitness import Check, check_disk, check_history, check_snapshots
from safemigrate.workflow.on_file import fitness
from safemigrate.workflow.on_file.adopter import FileAdopter
from safemigrate.workflow.on_file.adopter import without_database as without_database
from safemigrate.workflow.on_file.target import FileTarget
from safemigrate.workflow.on_file.target import opened as connected
from safemigrate.workflow.options import ApplyOptions, EraseOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Resolved
from safemigrate.workflow.ways import Found


@dataclass(frozen=True, slots=True)
class FileOpened:
    """An open file; see `Opened`."""

    target: FileTarget

    def way(
        self,
        request: Request,
        options: ApplyOptions,
        pending: Sequence[Migration],  # noqa: ARG002 what a server's takes
    ) -> AbstractContextManager[FileWay]:
        """Make a folder for copies of the file."""
        return file_way(request, options, self.target)

    def finish(self, request: Request, options: ApplyOptions) -> None:  # noqa: ARG002 what a server's takes
        """Nothing is ever between two groups here: a run is one transaction."""
        raise AssertionError(self.target.interrupted)

    def snapshot(
        self,
        request: Request,
        scope: str,  # noqa: ARG002 what a server's takes
        shadow: str | None,  # noqa: ARG002
        *,
        compact: bool = False,
    ) -> Snapshot:
        """Take a snapshot of the whole file."""
        return take_snapshot(request, self.target, compact=compact)

    def end_kept(
        self,
        request: Request,  # noqa: ARG002 what a server's takes
        options: PruneOptions,  # noqa: ARG002
        chosen: Callable[[], Sequence[KeptOutcome]],
    ) -> Sequence[KeptOutcome]:
        """End it in the side database."""
        still = chosen()
        self.target.end_kept(still)
        return still

    def called(self, table: str) -> str:
        """Quote a table's name."""
        return file_erase.called(self.target.connection, table)

    def find_kept(self, table: str, key: Mapping[str, str]) -> Sequence[Found]:
        """Look in the side database."""
        return list(file_erase.find(self.target.connection, table, key))

    def erase(self, request: Request, options: EraseOptions) -> None:
        """Delete it under the file's lock."""
        target, on_progress = self.target, request.on_progress
        aim = run.Target(
            target.connection, target.side, options.lock_timeout, options.retries, on_progress, step="erase"
        )
        file_erase.erase(aim, self.called(options.table), options.key)

    def back(self, request: Request, options: RollbackOptions) -> FileBack:
        """Give the way back."""
        return FileBack(request, options, self.target)


@contextmanager
def opened(resolved: Resolved, *, make: bool = False) -> Iterator[FileOpened]:
    """Open the file."""
    store.sweep(resolved.store)
    with connected(resolved, make=make) as target:
        yield FileOpened(target)


def sweep() -> None:
    """Remove the folders of killed runs."""
    proc.sweep()


def checks(stack: ExitStack) -> Sequence[tuple[str, Check]]:
    """Return what `doctor` asks of a file."""
    return [
        ("file", partial(fitness.check_file, stack)),
        ("rights", fitness.check_rights),
        ("history", check_history),
        ("snapshots", check_snapshots),
        ("backups", fitness.check_backups),
        ("disk", check_disk),
    ]


@contextmanager
def adopter(request: Request, resolved: Resolved, shadow: str | None) -> Iterator[FileAdopter]:  # noqa: ARG001 a server's
    """Open the file."""
    with connected(resolved) as target:
        yield FileAdopter(request, target)

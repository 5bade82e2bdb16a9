"""The folder of snapshots: `<store>/<id>/{manifest.json, database.dump, verified.json}`.

A snapshot is written in `<id>.part` and renamed when every byte of it is on the disk: what has a final name is whole.
Folders are 0700 and files 0600, for they hold the database's rows.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safemigrate import proc
from safemigrate.errors import SnapshotError
from safemigrate.snapshot import manifest as manifests
from safemigrate.snapshot.manifest import Manifest

PART = ".part"
_VERIFIED = "verified.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot on disk."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.manifest.id

    @property
    def archive(self) -> Path:
        """The dump, in pg_dump's custom format."""
        return self.path / self.manifest.archive

    @property
    def verified(self) -> bool:
        """Whether it was restored once and found equal to its manifest."""
        return (self.path / _VERIFIED).exists()

    def mark_verified(self, how: str) -> None:
        """Record that a restore of it was compared with the manifest; `how` names the server."""
        said = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "how": how, "sha256": self.manifest.sha256}
        with create_private(self.path / f"{_VERIFIED}{PART}") as file:
            os.write(file, json.dumps(said).encode())
            os.fsync(file)
        (self.path / f"{_VERIFIED}{PART}").replace(self.path / _VERIFIED)


def all_in(store: Path) -> list[Snapshot]:
    """Return the snapshots of a store, newest first; a folder whose manifest cannot be read is left out."""
    found = []
    for path in store.iterdir() if store.is_dir() else ():
        if path.suffix != PART and (path / manifests.NAME).is_file():
            try:
                found.append(Snapshot(path, manifests.read(path / manifests.NAME)))
            except SnapshotError:
                continue
    return sorted(found, key=lambda one: (one.manifest.taken_at, one.id), reverse=True)


def find(store: Path, wanted: str) -> Snapshot:
    """Return the snapshot with that id or the only one whose id begins so; `latest` is the newest.

    Raises SnapshotError that lists what is there.
    """
    everything = all_in(store)
    matching = everything[:1] if wanted == "latest" else [one for one in everything if one.id.startswith(wanted)]
    exact = [one for one in matching if one.id == wanted]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    known = ", ".join(one.id for one in everything[:10]) or "none"
    if (store / wanted / manifests.NAME).is_file():
        manifests.read(store / wanted / manifests.NAME)  # raises what is wrong with it
    what = f"{len(matching)} snapshots begin with {wanted}" if matching else f"there is no snapshot {wanted} in {store}"
    raise SnapshotError(what, f"Snapshots: {known}.", ("safemigrate snapshot list", "safemigrate snapshot create"))


@contextmanager
def being_written(store: Path, name: str) -> Iterator[Path]:
    """Give the folder to write a snapshot into; it gets its final name when the block ends well, else it is removed."""
    prepare(store)
    sweep(store)
    part = store / f"{name}{PART}"
    part.mkdir(mode=0o700)
    try:
        with proc.owned(part):
            yield part
            sync_folder(part)
            part.rename(store / name)
            sync_folder(store)
        proc.disown(store / name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def remove(snapshot: Snapshot) -> None:
    """Delete a snapshot; one that is stopped half way goes with the next sweep. Raises SnapshotError."""
    part = snapshot.path.with_name(f"{snapshot.path.name}{PART}")
    try:
        snapshot.path.rename(part)
        shutil.rmtree(part)
    except OSError as error:
        raise SnapshotError(
            f"snapshot {snapshot.id} could not be deleted: {error.strerror}", fix=(f"ls -ld {snapshot.path}",)
        ) from error


def prepare(store: Path) -> None:
    """Make the store, private to its owner and ignored by git. Raises SnapshotError."""
    home = store.parent if store.parent.name == ".safemigrate" else store
    try:
        for folder in dict.fromkeys((home, store)):
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise SnapshotError(
            f"cannot make the folder {store}: {error.strerror}", fix=(f"ls -ld {store.parent}",)
        ) from error


def sweep(store: Path) -> list[Path]:
    """Remove what killed runs left half written; return the folders."""
    swept = []
    for part in store.glob(f"*{PART}"):
        if proc.abandoned(part):
            shutil.rmtree(part, ignore_errors=True)
            swept.append(part)
    return swept


@contextmanager
def create_private(path: Path) -> Iterator[int]:
    """Create a file that only its owner can read and give its descriptor."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk: a rename is only durable after that (fsync(2), notes)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

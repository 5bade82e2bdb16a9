"""The folder of snapshots: `<store>/<id>/{manifest.json, database.dump or database.db, verified.json}`.

A snapshot is written in `<id>.part` and renamed when every byte of it is on the disk: what has a final name is whole.
Folders are 0700 and files 0600, for they hold the database's rows.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safemigrate import proc
from safemigrate.disk import existing, make_private, sync_folder
from safemigrate.errors import SnapshotError, word
from safemigrate.snapshot import manifest as manifests
from safemigrate.snapshot.manifest import Manifest

PART = ".part"
_VERIFIED = "verified.json"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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
        """The dump, in pg_dump's custom format, or the copy of the file."""
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

    def require_intact(self) -> None:
        """Raise SnapshotError where the archive is not, byte for byte, the one that was written."""
        manifest, path = self.manifest, self.archive
        again = ("safemigrate snapshot create", "safemigrate snapshot list")
        if not path.is_file():
            raise SnapshotError(f"snapshot {self.id} has lost its archive {path}", fix=again)
        size = path.stat().st_size
        if size != manifest.bytes:
            raise SnapshotError(
                f"snapshot {self.id} is damaged: {size:,} bytes instead of {manifest.bytes:,}", "", again
            )
        if sha256(path) != manifest.sha256:
            raise SnapshotError(f"snapshot {self.id} is damaged: its sha256 is not the one written", "", again)


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
    with _part(store, name) as part:
        yield part
        sync_folder(part)
        part.rename(store / name)
        sync_folder(store)
    proc.disown(store / name)


@contextmanager
def scratch(store: Path) -> Iterator[Path]:
    """Give a private folder in the store for copies that hold rows; it is gone when the block ends.

    They lie where there is room for them, and nobody else looks. What a kill leaves goes with the next `sweep`.
    """
    with _part(store, f"copies-{secrets.token_hex(4)}") as part:
        yield part


@contextmanager
def _part(store: Path, name: str) -> Iterator[Path]:
    """Make a folder that is swept once nobody owns it, and is gone when the block ends, unless it has another name."""
    prepare(store)
    sweep(store)
    part = store / f"{name}{PART}"
    try:
        part.mkdir(mode=0o700)
    except OSError as error:
        raise not_written(part / manifests.NAME, error) from error
    try:
        with proc.owned(part):
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def remove(snapshot: Snapshot) -> None:
    """Delete a snapshot; one that is stopped half way goes with the next sweep. Raises SnapshotError."""
    part = snapshot.path.with_name(f"{snapshot.path.name}{PART}")
    try:
        snapshot.path.rename(part)
        shutil.rmtree(part)
    except OSError as error:
        raise SnapshotError(
            f"snapshot {snapshot.id} could not be deleted: {error.strerror}", fix=(f"ls -ld {word(snapshot.path)}",)
        ) from error


def prepare(store: Path) -> None:
    """Make the store, private to its owner and ignored by git. Raises SnapshotError."""
    home = store.parent if store.parent.name == ".safemigrate" else store
    try:
        make_private(store, home)
    except OSError as error:
        raise SnapshotError(
            f"cannot make the folder {store}: {error.strerror}", fix=(f"ls -ld {word(store.parent)}",)
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


def require_space(store: Path, needed: int) -> None:
    """Refuse before anything is written what would hardly fit; what does not after all is noticed while writing."""
    place = existing(store)
    free = shutil.disk_usage(place).free
    if free < needed:
        raise SnapshotError(
            f"the snapshot needs about {_megabytes(needed)}, and {store} has {_megabytes(free)} free",
            "Nothing was changed.",
            (
                "safemigrate snapshot list",
                f"df -h {word(place)}",
                "set `store` in safemigrate.toml to a folder with space",
            ),
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest on the disk, last of all. Raises SnapshotError."""
    path = folder / manifests.NAME
    try:
        with create_private(path) as file:
            write_all(file, manifest.write().encode())
            os.fsync(file)
    except OSError as error:
        raise not_written(path, error) from error


def write_all(file: int, data: bytes) -> None:
    """Write every byte; a nearly full disk takes a part of them first."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def not_written(path: Path, error: OSError) -> SnapshotError:
    """Say what stopped a write of the snapshot; nothing was changed in the database."""
    store = path.parent.parent
    if error.errno in _FULL:
        free = shutil.disk_usage(path.parent).free // 1_000_000
        return SnapshotError(
            f"the disk is full: the snapshot does not fit into {store}",
            f"{error.strerror}; {free:,} MB are free. The half snapshot is removed, the database is unchanged.",
            (
                f"df -h {word(store)}",
                "safemigrate snapshot list",
                "set `store` in safemigrate.toml to a folder with space",
            ),
        )
    return SnapshotError(f"the snapshot cannot be written to {store}: {error.strerror}", fix=(f"ls -ld {word(store)}",))


def sha256(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"

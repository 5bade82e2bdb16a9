"""Where copies of a file lie that have its rows, and whether there is room for what is to be written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from safemigrate.db.sqlite.copy import require_undamaged
from safemigrate.disk import existing
from safemigrate.errors import ShadowError, word
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.snapshot import store as stores

_ELSEWHERE = "set `store` in safemigrate.toml to a folder with space; copies lie beside the snapshots"


@contextmanager
def copies_in(store: Path) -> Iterator[Copies]:
    """Make a folder for copies beside the snapshots: on a disk, of this user alone, swept by the next command."""
    with stores.scratch(store) as made:
        yield Copies(made, _ELSEWHERE)


@contextmanager
def read_through(copy: Path, of: Path) -> Iterator[None]:
    """Read a copy of a file through while the block runs; raises ConnectionFailed where it is damaged, before all else.

    A change looks only at the tables it reached: the others, and the list of free pages, are in order if they were.
    """
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(require_undamaged, copy, of)
        try:
            yield
        finally:
            found.result()


def require_free(needed: Mapping[Path, int], what: str) -> None:
    """Raise ShadowError where a disk has not the bytes that these folders need, which need not be there yet."""
    disks: dict[int, list[Path]] = {}
    for folder in needed:
        disks.setdefault(existing(folder).stat().st_dev, []).append(folder)
    for folders in disks.values():
        there, wanted = existing(folders[0]), sum(needed[one] for one in folders)
        free = shutil.disk_usage(there).free
        if free < wanted:
            raise ShadowError(
                f"{wanted:,} bytes are needed in {there} {what}, and {free:,} are free",
                "Nothing was changed.",
                (f"df -h {word(there)}", "safemigrate snapshot prune --dry-run", _ELSEWHERE),
            )

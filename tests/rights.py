"""Being somebody without root's rights: they count for nothing where the tests run as root."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def let_anybody_enter(folder: Path) -> None:
    """Open a test's folder and those that pytest, or its workers, made above it."""
    above = [one for one in folder.parents if one.is_relative_to(tempfile.gettempdir())]
    for one in (folder, *above[:-1]):
        one.chmod(0o755)


@contextmanager
def ordinary_user(home: Path | None = None) -> Iterator[None]:
    """Be somebody else for a while, to whom all in the folder `home` belongs."""
    root = os.geteuid() == 0
    if root:
        for path in (home, *home.rglob("*")) if home else ():
            os.chown(path, 65534, 65534)
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)

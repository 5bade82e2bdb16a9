"""Work in a child of this process, which has all modules already: a few milliseconds each, to be killed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable


def forked(work: Callable[[], object]) -> int:
    """Run in another process, and return its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads, as a worker of xdist has
        child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def was_killed(child: int) -> bool:
    """Wait for its end."""
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)

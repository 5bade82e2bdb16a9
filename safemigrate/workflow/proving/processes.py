"""Parts of a history at once: each proven in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from multiprocessing.connection import Connection, wait
from typing import Any

from safemigrate.errors import SafemigrateError
from safemigrate.model import MigrationOutcome

# Migrations in a row that one process takes: a longer history costs more the later it is, so they take turns.
_TURN = 8

Proven = tuple[int, MigrationOutcome]


def parts(wanted: Sequence[int], jobs: int) -> list[list[int]]:
    """Share the numbers of a history between so many; none is left without."""
    shared = ([number for at, number in enumerate(wanted) if at // _TURN % jobs == part] for part in range(jobs))
    return [part for part in shared if part]


def cores() -> int:
    """How many processes this one's share of the machine is good for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def at_once(through: Callable[..., Generator[Proven]], calls: Sequence[tuple[Any, ...]]) -> Generator[Proven]:
    """Call a generator of a module with each of these arguments, and return what they prove as soon as it is."""
    context = multiprocessing.get_context("spawn")  # a fork would copy our threads' locks
    processes: list[Any] = []
    open_: list[Connection] = []
    try:
        for arguments in calls:
            receive, send = context.Pipe(duplex=False)
            processes.append(context.Process(target=_work, args=(send, through, arguments), daemon=True))
            processes[-1].start()
            send.close()
            open_.append(receive)
        while open_:
            for ready in wait(open_):
                assert isinstance(ready, Connection)
                try:
                    found = ready.recv()
                except EOFError:
                    raise RuntimeError("a process of prove ended before its work did") from None
                if found is None:
                    open_.remove(ready)
                elif isinstance(found, SafemigrateError):
                    raise found
                elif isinstance(found, str):
                    raise RuntimeError(f"in a process of prove:\n{found}")
                else:
                    yield found
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _work(send: Connection, through: Callable[..., Generator[Proven]], arguments: tuple[Any, ...]) -> None:
    """Send what is proven and None behind it, or the error that ended it: ours as it is, any other in words."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; who started us ends us
    try:
        with closing(through(*arguments)) as proven:
            for found in proven:
                send.send(found)
        send.send(None)
    except BrokenPipeError:
        pass
    except SafemigrateError as error:
        send.send(error)
    except Exception:
        send.send(traceback.format_exc())

"""What becomes of the processes in which parts of a history are proven."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

from safemigrate.model import MigrationOutcome
from safemigrate.workflow.proving import PROVEN
from safemigrate.workflow.proving.processes import Proven, at_once, parts


def through(part: list[int], killed: bool) -> Generator[Proven]:
    for number in part:
        yield number, MigrationOutcome(str(number), "", PROVEN)
    if killed:
        os.kill(os.getpid(), signal.SIGKILL)


def test_all_of_a_history_is_shared_and_no_process_is_without_work() -> None:
    assert parts(range(20), 2) == [[*range(8), *range(16, 20)], [*range(8, 16)]]
    assert parts(range(3), 4) == [[0, 1, 2]]
    assert parts([], 2) == []


def test_what_is_proven_comes_from_each_and_one_that_dies_is_not_taken_for_done() -> None:
    proven = at_once(through, [([1, 2], False), ([3], True)])
    found = []
    with pytest.raises(RuntimeError, match="ended before its work did"):  # noqa: PT012 what came before counts too
        for number, _ in proven:
            found.append(number)
    assert 3 in found

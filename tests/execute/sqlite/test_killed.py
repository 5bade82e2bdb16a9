"""kill -9 before every statement of an apply and a rollback, and at random: the file is as before or as after."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safemigrate.db.sqlite.connection import Connection, connect, rows, value
from safemigrate.execute.runs import RunState
from safemigrate.execute.sqlite import journal, kept, side
from tests.children import forked, was_killed
from tests.execute.sqlite.scene import Scene, dump, make, rehearsed

# A night has 2,000 (.github/workflows/nightly.yml).
RANDOM = int(os.environ.get("SAFEMIGRATE_TEST_KILLS", "15"))

Work = Callable[[Scene], None]


def apply(scene: Scene) -> None:
    with connect(scene.database) as connection:
        side.attach(connection, scene.side)
        scene.apply(connection)


def take_back(scene: Scene) -> None:
    with connect(scene.database) as connection:
        side.attach(connection, scene.side)
        scene.take_back(connection)


@dataclass
class Stage:
    """Projects as they are before a change, one for each kill, and what the file may be afterwards."""

    folder: Path
    work: Work
    before: list[str]
    after: list[str]
    number: int = 0

    def scene(self) -> Scene:
        self.number += 1
        home = self.folder / str(self.number)
        shutil.copytree(self.folder / "ready", home)
        return Scene(home / "project" / "prisma" / "dev.db", home / "scratch")

    def outcome(self, scene: Scene) -> bool:
        """Whether the change happened, which the file and the journal must agree about; then it is done again."""
        with connect(scene.database) as connection:
            side.attach(connection, scene.side)
            assert value(connection, "PRAGMA integrity_check") == "ok"
            runs, holds = journal.runs(connection), journal.holds(connection)
            happened = dump(scene.database) == self.after
        assert happened or dump(scene.database) == self.before
        was = RunState.ROLLED_BACK if self.work is take_back else RunState.APPLIED
        assert [one.state for one in runs if one.state is was] == [was] * happened
        assert bool(holds) == (self.work is take_back and happened)
        if not happened:
            self.work(scene)
            assert dump(scene.database) == self.after
        self._remembers(scene)
        return happened

    def _remembers(self, scene: Scene) -> None:
        """Nothing of a change that never happened is left, and what is kept is whole."""
        with connect(scene.database) as connection:
            side.attach(connection, scene.side)
            assert len(journal.runs(connection)) == value(connection, "SELECT count(*) FROM safemigrate.run") == 1
            assert len(journal.rollbacks(connection)) == value(connection, "SELECT count(*) FROM safemigrate.rollback")
            assert [one.kept.place for one in kept.objects(connection)] == ['"safemigrate"."0a1b_User"']
            assert value(connection, 'SELECT count(*) FROM safemigrate."0a1b_User"') == 20
            assert rows(connection, "SELECT name FROM safemigrate.sqlite_master WHERE name LIKE '0a1b_User%'") == [
                ("0a1b_User",),
                ("0a1b_User_bio",),
            ]
        if self.work is apply:
            take_back(scene)
            assert dump(scene.database) == self.before


@pytest.fixture(params=["delete", "wal"])
def ready(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a project whose change is rehearsed."""
    home = tmp_path / "ready"
    make(home / "project" / "prisma" / "dev.db", wal=request.param == "wal")
    rehearsed(home / "scratch" / "rehearsed.db")
    return tmp_path


@pytest.fixture(params=[apply, take_back])
def stage(request: pytest.FixtureRequest, ready: Path) -> Stage:
    scene = Scene(ready / "ready" / "project" / "prisma" / "dev.db", ready / "ready" / "scratch")
    before = dump(scene.database)
    shutil.copytree(ready / "ready", ready / "tried")
    apply(tried := Scene(ready / "tried" / "project" / "prisma" / "dev.db", ready / "tried" / "scratch"))
    after = dump(tried.database)
    if request.param is apply:
        return Stage(ready, apply, before, after)
    apply(scene)
    return Stage(ready, take_back, after, before)


@contextmanager
def deadly(number: int) -> Iterator[None]:
    """Kill this process before its statement of that number, on whatever connection; those that only read are none."""
    execute, counted = Connection.execute, iter(range(1_000_000))

    def counting(connection: Connection, sql: str | bytes, parameters: Any = ()) -> sqlite3.Cursor:
        text = str(sql)
        reads = text.startswith("SELECT") or (text.startswith("PRAGMA") and "=" not in text)
        if not reads and next(counted) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(connection, sql, parameters)

    Connection.execute = counting  # type: ignore[method-assign, assignment]
    yield


def test_before_every_statement(stage: Stage) -> None:
    happened = 0
    for number in range(1000):
        scene = stage.scene()

        def work(scene: Scene = scene, number: int = number) -> None:
            with deadly(number):
                stage.work(scene)

        assert was_killed(forked(work))
        if stage.outcome(scene):
            happened += 1
        else:
            assert not happened  # once it has happened it stays so
        if happened == 5:  # what follows puts settings back
            break
    assert number > 40


def test_at_random(stage: Stage) -> None:
    began = time.perf_counter()
    stage.work(stage.scene())
    lasts = time.perf_counter() - began
    chance = random.Random(stage.number)
    for _ in range(RANDOM):
        scene = stage.scene()
        child = forked(lambda scene=scene: stage.work(scene))  # type: ignore[misc]
        time.sleep(chance.uniform(0, lasts))
        os.kill(child, signal.SIGKILL)
        was_killed(child)
        stage.outcome(scene)

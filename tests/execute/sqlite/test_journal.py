from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from safemigrate.db.sqlite.connection import Connection, connect, rows, value
from safemigrate.execute.runs import RunState
from safemigrate.execute.sqlite import journal, kept, run, side
from safemigrate.model import Kept, KeptKind, Verdict
from safemigrate.prisma import sqlite_history as history
from tests.execute.sqlite.scene import KEPT, NAME, PLAN, Scene, dump, plan

LEFT = Kept(KeptKind.LEFT, '"User"', '"safemigrate"."left_User"')


def rolled_back(scene: Scene, connection: Connection, **how: object) -> None:
    def record() -> None:
        history.mark_rolled_back(connection, NAME)

    side.attach(connection, scene.side)
    chosen = journal.runs(connection)[-1:]
    run.take_back(scene.target(connection), chosen, run.Hooks(record=record), **{"rehearsed": None, **how})  # type: ignore[arg-type]


def test_a_rollback_keeps_what_it_leaves_and_how_it_is_undone(scene: Scene, opened: Connection, tmp_path: Path) -> None:
    scene.apply(opened)
    own = sqlite3.connect(tmp_path / "own.db")
    own.execute("CREATE TABLE left_User (id, nick)")
    own.execute("INSERT INTO left_User VALUES (1, x'00'), ('1', 1.5)")
    own.commit()
    own.close()
    rolled_back(scene, opened, rehearsed=tmp_path / "own.db", left=[LEFT], undo=plan(("SELECT 1",)))
    [rollback] = journal.rollbacks(opened)
    assert (rollback.undo, rollback.undone) == (plan(("SELECT 1",)), False)
    assert rows(opened, "SELECT * FROM safemigrate.left_User") == [(1, b"\0"), ("1", 1.5)]
    assert [(one.kept, one.returned) for one in kept.objects(opened)] == [(KEPT, True), (LEFT, False)]
    scene.apply(opened)
    assert journal.rollbacks(opened)[0].undone
    assert [one.returned for one in kept.objects(opened) if one.kept == LEFT] == [True]


def test_what_an_inverse_asks_for(scene: Scene, opened: Connection) -> None:
    given = "UPDATE User SET bio = coalesce(bio, (SELECT value FROM safemigrate.setting WHERE name = 'bio'))"
    first = PLAN.steps[0]
    asks = replace(first, inverse=(*first.inverse, given))
    scene.apply(opened, replace(PLAN, groups=(replace(PLAN.groups[0], steps=(asks, *PLAN.steps[1:])),)))
    opened.execute("INSERT INTO User VALUES (100, 'new')")
    rolled_back(scene, opened, fill={"bio": "none yet"})
    assert value(opened, "SELECT bio FROM User WHERE id = 100") == "none yet"


def test_release(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    scene.take_back(opened)
    side.detach(opened)
    with side.writing(scene.database, scene.side) as keeper:
        assert not journal.release(keeper, "another")
        assert journal.release(keeper, NAME)
        assert not journal.release(keeper, NAME)
    side.attach(opened, scene.side)
    assert journal.holds(opened) == []


def test_a_hold_by_itself(scene: Scene, opened: Connection) -> None:
    with side.writing(scene.database, scene.side) as keeper:
        journal.hold(keeper, "20260202000000_other", "sum", "why")
    side.attach(opened, scene.side)
    [hold] = journal.holds(opened)
    assert (hold.migration, hold.checksum, hold.reason) == ("20260202000000_other", "sum", "why")


def test_pruning(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    side.detach(opened)
    size = scene.side.stat().st_size
    with side.writing(scene.database, scene.side) as keeper:
        journal.weaken(keeper, NAME, ["20 bios, pruned"])
        kept.empty(keeper, [KEPT.place])
    side.attach(opened, scene.side)
    [one] = kept.objects(opened)
    assert one.pruned
    assert value(opened, f"SELECT count(*) FROM {KEPT.place}") == 0
    assert (journal.runs(opened)[0].plan.proof.verdict) is Verdict.LOSSY
    scene.take_back(opened)
    assert value(opened, "SELECT count(bio) FROM User") == 0
    side.detach(opened)
    with side.writing(scene.database, scene.side) as keeper:
        kept.drop(keeper, [KEPT.place])
    side.shrink(scene.database, scene.side)
    assert scene.side.stat().st_size < size
    side.attach(opened, scene.side)
    assert kept.objects(opened) == []


def test_a_file_that_prisma_reset_remembers_nothing(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    opened.execute("DELETE FROM _prisma_migrations")
    assert journal.runs(opened) == []
    assert (kept.objects(opened), kept.orphans(opened)) == ([], [KEPT])
    opened.execute("DROP TABLE _prisma_migrations")
    for found in (journal.runs(opened), journal.holds(opened), journal.rollbacks(opened)):
        assert not found
    assert (kept.objects(opened), kept.orphans(opened)) == ([], [KEPT])


def test_a_run_that_is_not_settled_is_told_as_applied_by_who_only_reads(scene: Scene) -> None:
    with connect(scene.database) as opened:
        scene.apply(opened)
        opened.execute("UPDATE safemigrate.run SET settled = 0")
    content = scene.side.read_bytes()
    with connect(scene.database, write=False) as opened:
        side.attach(opened, scene.side)
        assert [one.state for one in journal.runs(opened)] == [RunState.APPLIED]
    assert scene.side.read_bytes() == content
    with connect(scene.database) as opened:
        scene.take_back(opened)
        assert dump(scene.database)
        assert value(opened, "SELECT settled FROM safemigrate.run") == 1

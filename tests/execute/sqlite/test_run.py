from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, connect, rows, value
from safemigrate.errors import ConnectionFailed, MigrationFailed
from safemigrate.execute.runs import RunState
from safemigrate.execute.sqlite import journal, kept, run, side
from safemigrate.model import Progress
from safemigrate.prisma import sqlite_history as history
from tests.execute.sqlite.scene import INVERSE, KEPT, NAME, PLAN, REBUILD, Scene, dump, make, plan


def test_a_rebuild_there_and_back(scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)
    scene.apply(opened)
    assert value(opened, "SELECT count(*) FROM Post") == 20
    assert [row[1] for row in rows(opened, "PRAGMA table_info(User)")] == ["id", "name"]
    [applied] = journal.runs(opened)
    assert (applied.migration, applied.state, applied.plan) == (NAME, RunState.APPLIED, PLAN)
    assert [(one.kept.subject, one.returned, one.bytes > 0) for one in kept.objects(opened)] == [
        ('"User"."bio"', False, True)
    ]
    scene.take_back(opened)
    assert dump(scene.database) == before
    assert [one.state for one in journal.runs(opened)] == [RunState.ROLLED_BACK]
    assert [one.migration for one in journal.holds(opened)] == [NAME]
    assert [one.returned for one in kept.objects(opened)] == [True]
    assert [one.runs for one in journal.rollbacks(opened)] == [tuple(journal.runs(opened))]


def test_again_after_a_rollback(scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)
    for _ in range(2):
        scene.apply(opened)
        after = dump(scene.database)
        assert journal.holds(opened) == []
        scene.take_back(opened)
        assert dump(scene.database) == before
    scene.apply(opened)
    assert dump(scene.database) == after
    assert [one.state for one in journal.runs(opened)] == [RunState.ROLLED_BACK] * 2 + [RunState.APPLIED]
    assert journal.rollbacks(opened)[0].undone


@pytest.mark.parametrize("settings", [(1, 0), (0, 1)])
def test_settings_are_put_back(settings: tuple[int, int], scene: Scene, opened: Connection) -> None:
    names = ("foreign_keys", "legacy_alter_table")
    for name, setting in zip(names, settings, strict=True):
        opened.execute(f"PRAGMA {name} = {setting}")
    scene.apply(opened, plan(("PRAGMA recursive_triggers = ON", "PRAGMA legacy_alter_table = ON", *REBUILD)))
    assert tuple(value(opened, f"PRAGMA {name}") for name in names) == settings
    assert value(opened, "PRAGMA recursive_triggers") == 0


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("INSERT INTO User VALUES (1, 'x')", "UNIQUE constraint failed: User.id (SQLITE_CONSTRAINT_PRIMARYKEY)"),
        ("INSERT INTO Post VALUES (1, 99)", '1 row of "Post" points to no row of "User"'),
        ("SELECT nobody", "no such column: nobody (SQLITE_ERROR)"),
        ("-- why\nVACUUM", "VACUUM has no place there"),
        ("PRAGMA journal_mode = WAL", "PRAGMA journal_mode has no place there"),
        ("attach 'x.db' as x", "ATTACH has no place there"),
        ("COMMIT", "COMMIT has no place there"),
    ],
)
def test_what_fails_leaves_nothing(sql: str, said: str, scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)
    with pytest.raises(MigrationFailed) as failed:
        scene.apply(opened, plan((*REBUILD, sql)))
    assert said in failed.value.why
    assert not opened.in_transaction
    assert value(opened, "PRAGMA foreign_keys") == 1
    assert dump(scene.database) == before
    assert side.attached(opened)
    assert rows(opened, "SELECT * FROM safemigrate.run") == []
    assert rows(opened, "SELECT name FROM safemigrate.sqlite_master WHERE name LIKE '0a1b%'") == []
    scene.apply(opened)


def test_a_script_sees_no_file_but_its_own(scene: Scene, opened: Connection, tmp_path: Path) -> None:
    with connect(tmp_path / "other.db", create=True) as other:
        other.execute("CREATE TABLE Old (a)")
    opened.attach(tmp_path / "other.db", "reached")
    seen: list[object] = []

    def look() -> None:
        seen.append(value(opened, "SELECT count(*) FROM reached.Old"))

    scene.apply(opened, plan(("DROP TABLE IF EXISTS Old", "CREATE TEMP TABLE Aside (a)")), before_commit=look)
    assert seen == [0]
    assert set(opened.beside) == {"reached", "safemigrate"}
    assert rows(opened, "SELECT name FROM temp.sqlite_master") == []


def test_a_script_does_not_find_the_tables_of_the_journal(scene: Scene, opened: Connection) -> None:
    side.attach(opened, scene.side)
    scene.apply(opened)
    statements = ('DROP TABLE IF EXISTS "Setting"', "DROP TABLE IF EXISTS run", "DROP TABLE IF EXISTS hold")
    scene.apply(opened, plan(statements, INVERSE))
    assert len(journal.runs(opened)) == 2
    assert rows(opened, "SELECT * FROM safemigrate.setting") == []


def test_violations_that_were_there_before_stay(scene: Scene, opened: Connection) -> None:
    opened.execute("PRAGMA foreign_keys = OFF")
    opened.execute("INSERT INTO Post VALUES (1, 99)")
    scene.apply(opened)
    assert value(opened, "SELECT count(*) FROM Post") == 21


@pytest.mark.parametrize("touched", [None, ["user"], ["POST", "gone"]])
def test_tables_that_a_plan_may_change_are_looked_through(
    touched: list[str] | None, scene: Scene, opened: Connection
) -> None:
    with pytest.raises(MigrationFailed) as failed:
        scene.apply(opened, plan(("DELETE FROM User WHERE id = 7",)), touched=touched)
    assert failed.value.why == '1 row of "Post" points to no row of "User"'
    scene.apply(opened, plan(("DELETE FROM User WHERE id = 7",)), touched=["Large"])


@pytest.mark.parametrize("touched", [None, ["user"], ["POST", "gone"]])
def test_tables_that_a_way_back_may_change_are_looked_through(
    touched: list[str] | None, scene: Scene, opened: Connection
) -> None:
    scene.apply(opened, plan(inverse=("DELETE FROM User WHERE id = 7",)))
    before = dump(scene.database)
    with pytest.raises(MigrationFailed) as failed:
        scene.take_back(opened, touched=touched)
    assert failed.value.why == '1 row of "Post" points to no row of "User"'
    assert dump(scene.database) == before


def test_a_trigger_that_rolls_back(scene: Scene, opened: Connection) -> None:
    opened.execute("CREATE TRIGGER never BEFORE DELETE ON Post BEGIN SELECT RAISE(ROLLBACK, 'never'); END")
    before = dump(scene.database)
    with pytest.raises(MigrationFailed, match="line 6"):
        scene.apply(opened, plan((*REBUILD, "DELETE FROM Post")))
    assert dump(scene.database) == before


@pytest.mark.parametrize("wal", [False, True])
def test_a_writer_is_waited_for(*, wal: bool, tmp_path: Path) -> None:
    scene = Scene(make(tmp_path / "project" / "dev.db", wal=wal), tmp_path / "scratch")
    other = sqlite3.connect(scene.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said: list[Progress] = []
    with connect(scene.database) as connection:
        aim = replace(scene.target(connection), retries=1, on_progress=said.append, pause=lambda _: None)
        with pytest.raises(MigrationFailed) as failed, run.locked(aim):
            pytest.fail("it is locked")
        assert failed.value.summary == "dev.db is in use by another process, after 2 tries"
        assert "trying again" in said[0].detail
        other.execute("ROLLBACK")
        with run.locked(aim):
            assert connection.in_transaction
    other.close()


def test_a_reader_is_waited_for_at_commit(scene: Scene, opened: Connection) -> None:
    other = sqlite3.connect(scene.database, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM User").fetchall()
    before = dump(scene.database)
    with pytest.raises(MigrationFailed, match="in use"):
        scene.apply(opened)
    assert dump(scene.database) == before
    assert journal.runs(opened) == []
    with connect(scene.database) as patient:
        aim = replace(scene.target(patient), retries=1, pause=lambda _: other.close())
        with run.locked(aim):
            patient.execute("DELETE FROM Post")
    assert value(opened, "SELECT count(*) FROM Post") == 0


def test_no_room_beside_it_and_nothing_is_applied(
    scene: Scene, opened: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(scene.database)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(kept, "copy", full)
    with pytest.raises(ConnectionFailed, match=r"cannot write to .*kept") as failed:
        scene.apply(opened)
    assert "disk is full" in failed.value.why
    assert dump(scene.database) == before
    assert journal.runs(opened) == []


@pytest.mark.parametrize("statement", ["UPDATE User SET bio = hex(zeroblob(100000))", *REBUILD[:1]])
def test_a_full_disk(statement: str, scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)
    opened.execute("PRAGMA max_page_count = 1").fetchall()  # as many as there are
    with pytest.raises(MigrationFailed, match="the disk is full: ") as failed:
        scene.apply(opened, plan((statement, *REBUILD)))
    assert "The transaction was undone." in failed.value.why
    assert dump(scene.database) == before
    assert journal.runs(opened) == []
    assert rows(opened, "SELECT * FROM safemigrate.run") == []


def test_a_file_that_may_only_be_read(scene: Scene) -> None:
    with connect(scene.database, write=False) as opened:
        with pytest.raises(MigrationFailed, match="cannot be written to"):
            scene.apply(opened)
        assert not scene.side.exists()


def test_stopped_from_outside(scene: Scene, opened: Connection) -> None:
    before = dump(scene.database)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene.apply(opened, before_commit=stop)
    assert dump(scene.database) == before
    assert rows(opened, "SELECT * FROM safemigrate.run") == []


def test_what_is_kept_and_gone_refuses_the_way_back(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    side.detach(opened)
    with side.writing(scene.database, scene.side) as keeper:
        kept.drop(keeper, ['"safemigrate"."0a1b_User"'])
    after = dump(scene.database)
    with pytest.raises(MigrationFailed, match="needs for its way back"):
        scene.take_back(opened)
    assert dump(scene.database) == after
    assert [one.state for one in journal.runs(opened)] == [RunState.APPLIED]


def put(scene: Scene, copy: Path) -> None:
    scene.database.write_bytes(copy.read_bytes())


def test_a_copied_or_restored_file_is_read_as_what_it_is(scene: Scene, tmp_path: Path) -> None:
    early, late = tmp_path / "early.db", tmp_path / "late.db"
    with connect(scene.database) as opened:
        opened.execute("VACUUM INTO ?", [str(early)])
        scene.apply(opened)
        opened.execute("VACUUM INTO ?", [str(late)])
        scene.take_back(opened)
    for copy, state in ((early, []), (late, [RunState.APPLIED])):
        put(scene, copy)
        with connect(scene.database) as again:
            side.attach(again, scene.side)
            assert [one.state for one in journal.runs(again)] == state
            assert journal.holds(again) == []
            assert len(kept.objects(again)) == len(state)
            assert kept.orphans(again) == [KEPT] * (not state)
    with connect(scene.database) as again:
        scene.take_back(again)
    assert dump(scene.database) == dump(early)


def test_another_timeline_does_not_take_what_is_kept(scene: Scene, tmp_path: Path) -> None:
    """The file is restored, migrated again, and then the newer one is put back."""
    early, late = tmp_path / "early.db", tmp_path / "late.db"
    with connect(scene.database) as opened:
        opened.execute("VACUUM INTO ?", [str(early)])
        scene.apply(opened)
        opened.execute("VACUUM INTO ?", [str(late)])
    put(scene, early)
    with connect(scene.database) as again:
        scene.apply(again)
        assert [one.kept for one in kept.objects(again)] == [KEPT]
        assert [one.place for one in kept.orphans(again)] == ['"safemigrate"."0a1b_User_1"']
    put(scene, late)
    with connect(scene.database) as again, pytest.raises(MigrationFailed, match="needs for its way back"):
        scene.take_back(again)


def test_prismas_row_is_committed_with_the_change(scene: Scene, opened: Connection) -> None:
    scene.apply(opened)
    [row] = history.read(opened) or []
    assert rows(opened, "SELECT row, settled FROM safemigrate.run") == [(row.id, 1)]

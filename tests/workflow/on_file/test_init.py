"""`init` on files as `db push` leaves them: whole or not at all, and never a row or a table touched."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from safemigrate.errors import ConnectionFailed, ConsentRequired, HistoryError
from safemigrate.model import Outcome, Result
from safemigrate.prisma import command
from safemigrate.workflow import init as workflow
from safemigrate.workflow.adopt import changes
from safemigrate.workflow.adopt.adoption import NAME
from safemigrate.workflow.init import InitOptions
from safemigrate.workflow.on_file.adopter import FileAdopter
from tests.prisma_cli import PrismaCli, installed_prisma, only, prisma
from tests.workflow.on_file.conftest import SCHEMA, Project

__all__ = ["installed_prisma", "prisma"]

USER = """\
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL
)"""
PUSHED = (USER, 'CREATE UNIQUE INDEX "User_email_key" ON "User"("email")')
ROWS = ("INSERT INTO \"User\" (email) VALUES ('a@x'), ('b@x')", "DELETE FROM \"User\" WHERE email = 'b@x'")
BEYOND = (
    "CREATE TABLE log (id INTEGER PRIMARY KEY, n int CHECK (n > 0), m int AS (n * 2) STORED, "
    "note TEXT COLLATE NOCASE, CHECK (n < 9)) STRICT",
    "CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE INDEX partial ON log (note) WHERE n IS NOT NULL",
    "CREATE INDEX expression ON log (lower(note))",
    "PRAGMA writable_schema = ON",
    "CREATE INDEX sqlite_autoindex_log_7 ON log (n)",
    "PRAGMA writable_schema = OFF",
    "CREATE VIEW named AS SELECT id, note FROM log -- what was said",
    "CREATE VIEW above AS SELECT * FROM named",
    "CREATE TRIGGER said AFTER INSERT ON log BEGIN UPDATE log SET note = 'a;b' WHERE id = new.id; END",
    "CREATE TRIGGER instead INSTEAD OF INSERT ON named BEGIN INSERT INTO log (note) VALUES (new.note); END",
    "CREATE VIRTUAL TABLE found USING fts5(note, content='log')",
    "INSERT INTO log (id, n) VALUES (1, 2)",
)


@dataclass
class Taken:
    """A project that is taken in. `shown` is what the user saw, `asked` the questions, `answers` what was said."""

    project: Project
    drift: str = ""
    shown: str = ""
    asked: list[str] = field(default_factory=list)
    answers: bool = True

    def init(self, *, url: str | None = None, **options: Any) -> Outcome:
        def proceed(question: str) -> bool:
            self.asked.append(question)
            return self.answers

        def show(text: str) -> None:
            self.shown += text

        request = replace(self.project.request(), proceed=proceed, show=show, url=url)
        return workflow.init(request, InitOptions(**options))

    def applied(self) -> list[str]:
        rows = self.project.rows(
            "SELECT migration_name, checksum, logs, applied_steps_count, finished_at = started_at FROM _prisma_migrations"
        )
        for name, checksum, *more in rows:  # as `migrate resolve --applied` writes it
            assert more == ["", 0, True]
            file = self.project.folder / "prisma/migrations" / str(name) / "migration.sql"
            assert checksum == hashlib.sha256(file.read_bytes()).hexdigest()
        return [str(row[0]) for row in rows]

    @property
    def baseline(self) -> str:
        return (self.project.folder / "prisma/migrations" / NAME / "migration.sql").read_text()

    def files(self) -> dict[str, bytes]:
        folder = self.project.folder
        found = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".db"]
        return {str(path.relative_to(folder)): path.read_bytes() for path in found if ".safemigrate" not in f"{path}"}

    def is_managed(self) -> bool:
        return bool(self.project.rows("SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'"))


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """A project with a file that was pushed, and no migrations; Prisma says what `drift` says."""
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(SCHEMA)
    (tmp_path / "package.json").write_text('{"scripts": {"db:push": "prisma db push --skip-generate"}}')
    made = Taken(Project(tmp_path))
    made.project.run(*PUSHED, *ROWS)
    monkeypatch.setattr(command, "diff", lambda _project, _url: made.drift)
    return made


def test_a_schema_with_everything_that_prisma_cannot_say(taken: Taken) -> None:
    taken.project.run(*BEYOND)
    before = taken.project.keep("before.db")
    done = taken.init()
    assert done.result is Result.ADOPTED
    assert taken.project.unlike(before) == []
    assert taken.applied() == [NAME]
    beyond = "2 views, 2 triggers, 1 virtual table, 2 check constraints, 2 partial or expression indexes, 1 generated"
    assert f"Beyond schema.prisma: {beyond}" in taken.baseline.replace("\n-- ", " ")
    assert f"-- CreateTable\n{USER};" in taken.baseline
    assert "_prisma_migrations" not in taken.baseline
    assert "PostgreSQL" not in taken.shown + str(done)
    assert taken.project.rows("SELECT seq FROM sqlite_sequence") == [(2,)]

    again = taken.init()
    assert (again.result, len(taken.asked)) == (Result.NOTHING, 1)


def test_apply_goes_on_from_the_baseline_and_undo_then_refuses(taken: Taken) -> None:
    taken.init()
    taken.project.write("20240601000000_next", 'ALTER TABLE "User" ADD COLUMN bio text')
    assert taken.project.apply().result is Result.APPLIED
    with pytest.raises(HistoryError, match="migrations were applied since: 20240601000000_next"):
        taken.init(undo=True)
    assert taken.project.rollback().result is Result.ROLLED_BACK
    assert taken.init(undo=True).result is Result.UNDONE


def test_files_are_undone_to_the_byte(taken: Taken) -> None:
    before, file = taken.files(), taken.project.keep("before.db")
    dry = taken.init(dry_run=True)
    assert (dry.result, taken.files(), taken.asked, taken.is_managed()) == (Result.REHEARSED, before, [], False)
    taken.init()
    assert set(taken.files()) - set(before) == {
        "prisma/migrations/0_init/migration.sql",
        "prisma/migrations/migration_lock.toml",
    }
    assert b'"safemigrate apply"' in taken.files()["package.json"]
    undone = taken.init(undo=True, url=f"file:{taken.project.file}")  # the same file by another name
    assert (undone.result, taken.files(), taken.is_managed()) == (Result.UNDONE, before, False)
    assert taken.project.unlike(file) == []
    with pytest.raises(HistoryError, match="nothing to take back"):
        taken.init(undo=True)


def test_nobody_agrees(taken: Taken) -> None:
    before, taken.answers = taken.files(), False
    with pytest.raises(ConsentRequired, match="nobody agreed"):
        taken.init()
    assert (taken.files(), taken.is_managed()) == (before, False)


def test_drift_is_shown_and_is_a_question_of_its_own(taken: Taken) -> None:
    taken.drift = 'ALTER TABLE "User" ADD COLUMN "bio" TEXT;'
    done = taken.init()
    assert taken.drift in taken.shown
    assert taken.asked == ["Take the database as it is for the baseline?", "Write and record this?"]
    assert done.next[0].startswith("safemigrate apply ")


def test_a_file_that_changes_meanwhile_leaves_nothing_written(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = taken.files(), changes.write

    def interfere(given: tuple[changes.Change, ...]) -> None:
        write(given)
        taken.project.run('ALTER TABLE "User" ADD COLUMN sneaky text')

    monkeypatch.setattr(changes, "write", interfere)
    with pytest.raises(HistoryError, match="not as it was when the baseline was proven"):
        taken.init()
    assert (taken.files(), taken.is_managed()) == (before, False)


class Killed(BaseException):
    """What kill -9 is to the code that runs: nothing behind it happens."""


def test_killed_between_any_two_writes_it_goes_on_or_is_undone(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before each write in turn: the record, three files, the rows, the record's end."""
    before = taken.files()
    for at in range(6):
        for goes_on in (True, False):
            with monkeypatch.context() as patch:
                left = iter([*[False] * at, True, *[False] * 100])

                def killing(
                    original: Callable[..., object], *given: object, left: Iterator[bool] = left, **more: object
                ) -> object:
                    if next(left):
                        raise Killed
                    return original(*given, **more)

                patch.setattr(changes, "_put", functools.partial(killing, changes._put))
                record = functools.partial(killing, FileAdopter.record)
                patch.setattr(FileAdopter, "record", lambda *given, record=record: record(*given))
                patch.setattr(changes, "take_back", lambda _given: [])
                patch.setattr(changes, "remove", lambda _home: None)
                with pytest.raises(Killed):
                    taken.init()
            if goes_on:
                assert taken.init().result is Result.ADOPTED
                assert taken.applied() == [NAME]
            if goes_on or at:
                taken.init(undo=True)
            assert (at, taken.files(), taken.is_managed()) == (at, before, False)


def test_interrupted_behind_the_last_step_the_next_run_finishes(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(*given: Any, original: Callable[..., None] = FileAdopter.record) -> None:
        original(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FileAdopter, "record", record)
        with pytest.raises(KeyboardInterrupt):
            taken.init()
    assert (taken.applied(), taken.init().result) == ([NAME], Result.ADOPTED)
    assert taken.init().result is Result.NOTHING


def test_a_history_that_the_file_has_already(taken: Taken) -> None:
    """Half adopted: folders are there, Prisma's table is not; columns stand in another order; the last is pending."""
    taken.project.run('ALTER TABLE "User" ADD COLUMN b TEXT', 'ALTER TABLE "User" ADD COLUMN a TEXT')
    taken.project.write("20240101000000_init", ";".join(PUSHED))
    both = 'ALTER TABLE "User" ADD COLUMN a TEXT; ALTER TABLE "User" ADD COLUMN b TEXT'
    taken.project.write("20240102000000_both", both)
    taken.project.write("20240103000000_rows", "UPDATE \"User\" SET a = 'x'")
    taken.project.write("20240104000000_bio", 'ALTER TABLE "User" ADD COLUMN bio text')
    done = taken.init()
    assert done.result is Result.ADOPTED
    assert taken.applied() == ["20240101000000_init", "20240102000000_both", "20240103000000_rows"]
    assert any("20240103000000_rows leaves the schema as it is" in note for note in done.notes)
    assert any("User: the columns stand in another order" in note for note in done.notes)
    assert taken.project.apply().result is Result.APPLIED


def test_a_history_that_is_none_of_this_file(taken: Taken) -> None:
    taken.project.write("20240101000000_init", 'CREATE TABLE "Other" (id int)')
    with pytest.raises(HistoryError, match=r"dev\.db is at no point of the history") as caught:
        taken.init()
    assert 'table "User" is missing' in caught.value.why


def test_an_empty_file_needs_no_baseline(taken: Taken) -> None:
    taken.project.run('DROP TABLE "User"')
    assert taken.init().result is Result.ADOPTED  # package.json alone
    assert not (taken.project.folder / "prisma/migrations").exists()


def test_without_a_file_the_baseline_is_the_schema_and_recorded_later(taken: Taken) -> None:
    kept = taken.project.keep("kept.db")
    taken.project.file.unlink()
    with pytest.raises(ConnectionFailed) as caught:
        taken.init()
    assert any("--no-database" in line for line in caught.value.fix)
    taken.drift = ";\n".join(PUSHED) + ";\n"
    assert taken.init(database=False).result is Result.ADOPTED
    kept.rename(taken.project.file)
    taken.drift = ""
    assert taken.init().result is Result.ADOPTED
    assert taken.applied() == [NAME]


@pytest.mark.prisma
@only("5.22.0")
def test_the_real_prisma_agrees(tmp_path: Path, prisma: PrismaCli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in prisma.environment.items():
        monkeypatch.setenv(name, value)
    models = "model User {\n  id Int @id @default(autoincrement())\n  email String @unique\n  at DateTime?\n}\n"
    prisma.project(tmp_path, models, "sqlite")
    url = f"file:{tmp_path / 'dev.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    pushed = prisma.run(tmp_path, "db", "push", "--skip-generate", url=url)
    assert pushed.returncode == 0, pushed.stderr
    taken = Taken(Project(tmp_path))
    done = taken.init(url=url)
    assert (done.result, taken.drift, len(taken.asked)) == (Result.ADOPTED, "", 1)
    status = prisma.run(tmp_path, "migrate", "status", url=url)
    assert "up to date" in status.stdout
    ends = ("--from-url", url, "--to-schema-datamodel", "prisma/schema.prisma")
    diff = prisma.run(tmp_path, "migrate", "diff", "--exit-code", *ends, url=url)
    assert diff.returncode == 0, diff.stdout + diff.stderr

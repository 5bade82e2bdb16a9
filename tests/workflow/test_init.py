"""`init` on databases as `db push` leaves them: whole or not at all, and never a row or a table touched."""

from __future__ import annotations

import functools
import hashlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from safemigrate.db.fingerprint import compare
from safemigrate.errors import ConnectionFailed, ConsentRequired, HistoryError
from safemigrate.model import Outcome, Result
from safemigrate.prisma import command
from safemigrate.workflow import init as workflow
from safemigrate.workflow.adopt import changes, mark
from safemigrate.workflow.adopt.adoption import NAME
from safemigrate.workflow.init import InitOptions
from tests.workflow.conftest import Project

# Everything that no schema.prisma can say, in two schemas, with rows.
PUSHED = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL, role "Role" NOT NULL DEFAULT 'USER');
CREATE UNIQUE INDEX "User_email_key" ON "User" (email);
INSERT INTO "User" (email) SELECT i || '@example.org' FROM generate_series(1, 20) i;
"""
BEYOND = """
CREATE SCHEMA audit;
CREATE DOMAIN audit.address AS text CONSTRAINT at_sign CHECK (VALUE ~ '@') CONSTRAINT short CHECK (length(VALUE) < 99);
CREATE SEQUENCE audit.invoice START 1000 INCREMENT 10;
CREATE FUNCTION audit.twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE TABLE audit.log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, small smallserial, "user" int REFERENCES "User",
  at timestamptz NOT NULL DEFAULT now(), "who" audit.address, n int CHECK (n > 0) DEFAULT audit.twice(2),
  number bigint DEFAULT nextval('audit.invoice'), twice int GENERATED ALWAYS AS (n * 2) STORED, span tstzrange,
  CONSTRAINT even CHECK (audit.twice(n) % 2 = 0), EXCLUDE USING gist (span WITH &&));
CREATE TABLE audit.part (id int NOT NULL, d date NOT NULL DEFAULT '2024-02-01', PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE audit.part_2024 PARTITION OF audit.part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON audit.part (d);
CREATE TABLE audit.child (extra text) INHERITS (audit.log);
SET check_function_bodies = off;
CREATE FUNCTION audit.count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM audit.v';
CREATE VIEW audit.v AS SELECT id, "who" FROM audit.log WHERE n > 3;
CREATE MATERIALIZED VIEW audit.m AS SELECT n, count(*) FROM audit.log GROUP BY 1;
CREATE FUNCTION audit.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at := now(); RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON audit.log FOR EACH ROW EXECUTE FUNCTION audit.touch();
CREATE INDEX partial ON audit.log (at) WHERE n IS NULL;
CREATE INDEX expression ON audit.log (lower("who"::text));
ALTER TABLE audit.log ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.log USING (n > 0);
CREATE POLICY readers ON audit.log FOR SELECT TO pg_monitor USING (true);
GRANT SELECT ON audit.log TO pg_monitor;
REVOKE EXECUTE ON FUNCTION audit.count() FROM PUBLIC;
COMMENT ON TABLE audit.log IS 'what $roles$ happened; ''quoted''';
INSERT INTO audit.log ("who", n) SELECT 'x@y', i FROM generate_series(1, 30) i;
INSERT INTO audit.part SELECT i FROM generate_series(1, 5) i;
"""


@dataclass
class Taken:
    """A project that is taken in. `shown` is what the user saw, `asked` the questions, `answers` what was said."""

    project: Project
    drift: str = ""
    shown: str = ""
    asked: list[str] = field(default_factory=list)
    answers: bool = True

    def init(self, **options: bool) -> Outcome:
        def proceed(question: str) -> bool:
            self.asked.append(question)
            return self.answers

        def show(text: str) -> None:
            self.shown += text

        request = replace(self.project.request(), proceed=proceed, show=show)
        return workflow.init(request, InitOptions(shadow=self.project.shadow, **options))

    def applied(self) -> list[str]:
        rows = self.project.rows(
            "SELECT migration_name, checksum, logs, applied_steps_count, finished_at = started_at FROM _prisma_migrations"
        )
        for name, checksum, *more in rows:  # as `migrate resolve --applied` writes it
            assert more == ["", 0, True]
            file = self.project.folder / "prisma/migrations" / str(name) / "migration.sql"
            assert checksum == hashlib.sha256(file.read_bytes()).hexdigest()
        return [str(row[0]) for row in rows]

    def files(self) -> dict[str, bytes]:
        folder = self.project.folder
        found = [path for path in folder.rglob("*") if path.is_file() and ".git/" not in f"{path}"]
        return {str(path.relative_to(folder)): path.read_bytes() for path in found if ".safemigrate" not in f"{path}"}


PACKAGE = '{\r\n\t"scripts": {"db:push": "npx prisma db push --skip-generate", "b": "é"},\r\n\t"devDependencies": {"prisma": "6.19.0"}}'


@pytest.fixture
def taken(project: Project, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """A git repository with a database that was pushed, and no migrations; Prisma says what `drift` says."""
    (project.folder / "prisma" / "migrations").rmdir()
    (project.folder / "package.json").write_bytes(PACKAGE.encode())
    subprocess.run("git init -q . && git remote add origin https://github.com/a/b.git", shell=True, cwd=project.folder)
    project.run(PUSHED)
    made = Taken(project)
    monkeypatch.setattr(command, "diff", lambda _project, _url: made.drift)
    return made


def test_a_schema_with_everything_that_prisma_cannot_say(taken: Taken) -> None:
    taken.project.run(BEYOND)
    before, rows = taken.project.state()
    done = taken.init()
    assert done.result is Result.ADOPTED
    after, same = taken.project.state()
    assert rows == same
    assert {line.split()[1] for line in compare(before, after)} == {'"public"."_prisma_migrations"'} | {
        f'"public"."_prisma_migrations"."{name}"'
        for name in ("id", "checksum", "finished_at", "migration_name", "logs", "rolled_back_at", "started_at",
                     "applied_steps_count", "_prisma_migrations_pkey")
    }  # fmt: skip
    assert taken.applied() == [NAME]
    written = (taken.project.folder / "prisma/migrations" / NAME / "migration.sql").read_text()
    assert "1 materialized view, 3 functions, 1 trigger, 2 policies, 1 table with row security" in written
    assert '"id" SERIAL NOT NULL,' in written
    assert '"id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,' in written
    assert "_prisma_migrations" not in written
    assert [question[:5] for question in taken.asked] == ["Write"]

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


def test_files_are_changed_as_little_as_can_be_and_undone_to_the_byte(taken: Taken) -> None:
    before = taken.files()
    dry = taken.init(dry_run=True)
    assert (dry.result, taken.files(), taken.asked) == (Result.REHEARSED, before, [])
    taken.init()
    files = taken.files()
    assert set(files) - set(before) == {
        "prisma/migrations/0_init/migration.sql",
        "prisma/migrations/migration_lock.toml",
        "safemigrate.toml",
        ".gitignore",
        ".github/workflows/safemigrate.yml",
    }
    assert files["package.json"].decode() == PACKAGE.replace("npx prisma db push --skip-generate", "safemigrate apply")
    assert files[".gitignore"] == b".safemigrate/\n"
    undone = taken.init(undo=True)
    assert (undone.result, taken.files()) == (Result.UNDONE, before)
    assert not (taken.project.folder / ".github").exists()
    assert taken.project.rows("SELECT to_regclass('_prisma_migrations')") == [(None,)]
    with pytest.raises(HistoryError, match="nothing to take back"):
        taken.init(undo=True)


def test_undo_leaves_what_was_edited_since(taken: Taken) -> None:
    taken.init()
    edited = taken.project.folder / "safemigrate.toml"
    edited.write_text("guard = true\n")
    undone = taken.init(undo=True)
    assert f"{edited} was edited since and stays" in undone.notes
    assert edited.read_text() == "guard = true\n"
    assert not (taken.project.folder / "prisma/migrations").exists()


def test_nobody_agrees(taken: Taken) -> None:
    before, taken.answers = taken.files(), False
    with pytest.raises(ConsentRequired, match="nobody agreed"):
        taken.init()
    assert taken.files() == before
    assert "+.safemigrate/" in taken.shown
    assert '-\t"scripts": {"db:push": "npx prisma db push' in taken.shown


def test_drift_is_shown_and_is_a_question_of_its_own(taken: Taken) -> None:
    taken.drift = 'ALTER TABLE "User" DROP COLUMN "email";'
    done = taken.init()
    assert taken.drift in taken.shown
    assert taken.asked == ["Take the database as it is for the baseline?", "Write and record this?"]
    assert done.next[0].startswith("safemigrate apply ")


def test_a_database_that_changes_meanwhile_leaves_nothing_written(
    taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write = taken.files(), changes.write

    def interfere(given: tuple[changes.Change, ...]) -> None:
        write(given)
        taken.project.run('ALTER TABLE "User" ADD COLUMN sneaky text')

    monkeypatch.setattr(changes, "write", interfere)
    with pytest.raises(HistoryError, match="not as it was when the baseline was proven"):
        taken.init()
    assert taken.files() == before
    assert taken.project.rows("SELECT to_regclass('_prisma_migrations')") == [(None,)]


class Killed(BaseException):
    """What kill -9 is to the code that runs: nothing behind it happens."""


def test_killed_between_any_two_writes_it_goes_on_or_is_undone(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before each write in turn: the record, six files, the rows, the record's end."""
    before = taken.files()
    found_out = workflow._found_out
    found: list[Any] = []

    def once(*given: Any) -> object:
        found[:] = found or [found_out(*given)]
        return found[0]

    monkeypatch.setattr(workflow, "_found_out", once)
    for at in range(9):
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
                patch.setattr(mark, "record", functools.partial(killing, mark.record))
                patch.setattr(changes, "take_back", lambda _given: [])
                patch.setattr(changes, "remove", lambda _home: None)
                with pytest.raises(Killed):
                    taken.init()
            if at == 1:  # a kill in the middle of a file
                (taken.project.folder / "safemigrate.toml").with_name(".safemigrate.toml.safemigrate").touch()
            if goes_on:
                assert taken.init().result is Result.ADOPTED
                assert taken.applied() == [NAME]
            if goes_on or at:
                taken.init(undo=True)
            assert (at, taken.files()) == (at, before)
            assert taken.project.rows("SELECT to_regclass('_prisma_migrations')") == [(None,)]


def test_interrupted_behind_the_last_step_the_next_run_finishes(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(*given: Any, original: Callable[..., None] = mark.record, **more: Any) -> None:
        original(*given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mark, "record", record)
        with pytest.raises(KeyboardInterrupt):
            taken.init()
    assert (taken.applied(), taken.init().result) == ([NAME], Result.ADOPTED)
    assert taken.init().result is Result.NOTHING


def test_two_databases_of_one_checkout(taken: Taken) -> None:
    before, first = taken.files(), taken.project
    second = first.copy(2)
    taken.init()
    taken.project = second
    assert taken.init().result is Result.ADOPTED
    assert taken.applied() == [NAME]
    taken.project = first
    assert any(note.startswith(f"the files stay: {second.url}") for note in taken.init(undo=True).notes)
    with pytest.raises(HistoryError, match="init recorded nothing in"):
        taken.init(undo=True)
    taken.project = second
    assert (taken.init(undo=True).result, taken.files()) == (Result.UNDONE, before)


def test_a_history_that_the_database_has_already(taken: Taken) -> None:
    """Half adopted: folders are there, Prisma's table is not; the last two were never pushed."""
    taken.project.write("20240101000000_init", PUSHED.partition("INSERT")[0])
    taken.project.write("20240102000000_rows", "UPDATE \"User\" SET role = 'ADMIN' WHERE id = 1")
    taken.project.write("20240103000000_bio", 'ALTER TABLE "User" ADD COLUMN bio text')
    done = taken.init()
    assert done.result is Result.ADOPTED
    assert taken.applied() == ["20240101000000_init", "20240102000000_rows"]
    assert any("20240102000000_rows leaves the schema as it is" in note for note in done.notes)
    assert taken.project.apply().result is Result.APPLIED


def test_a_history_of_which_the_table_knows_a_part(taken: Taken) -> None:
    taken.project.write("20240101000000_init", PUSHED.partition("INSERT")[0])
    taken.init()
    taken.project.write("20240102000000_bio", 'ALTER TABLE "User" ADD COLUMN bio text')
    taken.project.run('ALTER TABLE "User" ADD COLUMN bio text')
    done = taken.init()
    assert taken.applied() == ["20240101000000_init", "20240102000000_bio"]
    assert [line.detail for line in done.diagnoses if line.subject == "recorded"] == [
        "20240102000000_bio as applied; no table was touched"
    ]
    taken.init(undo=True)
    assert taken.project.rows("SELECT to_regclass('_prisma_migrations')") == [(None,)]


def test_a_history_that_is_none_of_this_database(taken: Taken) -> None:
    taken.project.write("20240101000000_init", 'CREATE TABLE "Other" (id int)')
    with pytest.raises(HistoryError, match="at no point of the history") as caught:
        taken.init()
    assert 'table "public"."User" is missing' in caught.value.why


def test_another_project_in_the_same_database_is_left_alone(taken: Taken) -> None:
    taken.project.run(
        "CREATE SCHEMA blog; CREATE TABLE blog.post (id int); CREATE TABLE blog._prisma_migrations (id int)"
    )
    done = taken.init()
    assert "left out of the baseline: schema blog, which has a Prisma history of its own" in done.notes
    assert "blog" not in (taken.project.folder / "prisma/migrations" / NAME / "migration.sql").read_text()


def test_an_empty_database_needs_no_baseline(taken: Taken) -> None:
    taken.project.run('DROP TABLE "User"; DROP TYPE "Role"')
    assert taken.init().result is Result.ADOPTED
    assert not (taken.project.folder / "prisma/migrations").exists()


def test_without_a_database_the_baseline_is_the_schema_and_recorded_later(taken: Taken) -> None:
    project = taken.project
    taken.drift = PUSHED.partition("INSERT")[0]
    with pytest.raises(ConnectionFailed) as caught:
        workflow.init(replace(project.request(), url="postgresql://u@127.0.0.1:1/x"), InitOptions())
    assert any("--no-database" in line for line in caught.value.fix)
    assert taken.init(database=False).result is Result.ADOPTED
    assert project.rows("SELECT to_regclass('_prisma_migrations')") == [(None,)]
    taken.drift = ""
    assert taken.init().result is Result.ADOPTED
    assert taken.applied() == [NAME]


def test_an_invalid_index_is_named(taken: Taken) -> None:
    taken.project.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"User_email_key\"'::regclass")
    with pytest.raises(HistoryError, match="cannot be written down") as caught:
        taken.init()
    assert "User_email_key" in caught.value.why

"""kill -9 while a SQLite file is migrated: how often it is as before, as after, or half done; a row of kills.md.

    python -m benchmarks.kills [--kills 200] [--tool safemigrate|rollback|prisma|sqlite3] [--wal]

The migration is a rebuild as Prisma writes it, in a file of some 200 kB with children that cascade, a trigger, a view
and an index of its own. Every other kill comes at a random moment of the whole run, the rest within milliseconds of the
first sign that the file is being written. After each, `safemigrate status` must say what the file is, and running the
command again must end where one without a kill ends. `prisma` is the CLI that PRISMA names.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

INIT = """\
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "bio" TEXT, "age" TEXT);
CREATE TABLE "Post" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "title" TEXT NOT NULL, "userId" INTEGER NOT NULL,
    CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
"""
REBUILD = """\
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "age" INTEGER);
INSERT INTO "new_User" ("age", "email", "id") SELECT "age", "email", "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""
BY_HAND = """\
CREATE TABLE Log (what TEXT);
CREATE INDEX handmade ON User (lower(email));
CREATE TRIGGER logged AFTER DELETE ON User BEGIN INSERT INTO Log VALUES (old.email); END;
"""
SCHEMA = """\
generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "sqlite"
  url      = env("DATABASE_URL")
}
"""
NAME = "20260201000000_no_bio"


@dataclass(frozen=True)
class Way:
    """A command that changes the file."""

    command: tuple[str, ...]
    project: Path
    environment: dict[str, str]
    reads: str = ""

    @property
    def file(self) -> Path:
        return self.project / "prisma" / "dev.db"

    def copy(self, folder: Path) -> Way:
        shutil.copytree(self.project, folder, symlinks=True)
        return Way(self.command, folder, self.environment, self.reads)

    def start(self) -> subprocess.Popen[bytes]:
        text = subprocess.PIPE if self.reads else subprocess.DEVNULL
        started = subprocess.Popen(
            self.command,
            cwd=self.project,
            env=self.environment,
            stdin=text,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if started.stdin:
            started.stdin.write(self.reads.encode())
            started.stdin.close()
        return started

    def run(self) -> float:
        began = time.perf_counter()
        code = self.start().wait()
        assert code == 0, f"{self.command} ended with {code} in {self.project}"
        return time.perf_counter() - began

    def safemigrate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "safemigrate", *arguments]
        return subprocess.run(
            command, cwd=self.project, env=self.environment, capture_output=True, text=True, check=False
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--tool", choices=("safemigrate", "rollback", "prisma", "sqlite3"), default="safemigrate")
    options.add_argument("--wal", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        way = ready(Path(folder) / "ready", given.tool, wal=given.wal)
        print(report(Path(folder), way, given.tool, given.kills))


def ready(project: Path, tool: str, *, wal: bool) -> Way:
    """Make the project, and its file as it is before the change."""
    for name, sql in (("20260101000000_init", INIT), (NAME, REBUILD)):
        (project / "prisma" / "migrations" / name).mkdir(parents=True)
        (project / "prisma" / "migrations" / name / "migration.sql").write_text(sql)
    (project / "prisma" / "schema.prisma").write_text(SCHEMA)
    (project / "prisma" / "migrations" / "migration_lock.toml").write_text('provider = "sqlite"\n')
    (project / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    environment = {**os.environ, "DATABASE_URL": "file:./dev.db", "PYTHONPATH": str(Path(__file__).parents[1])}
    apply = [sys.executable, "-m", "safemigrate", "apply", "--no-generate", "--no-interactive", "--confirm", "dev.db"]
    commands = {
        "safemigrate": apply,
        "rollback": [sys.executable, "-m", "safemigrate", "rollback", "--no-interactive", "--confirm", "dev.db"],
        "prisma": [os.environ.get("PRISMA", "prisma"), "migrate", "deploy"],
        "sqlite3": ["sqlite3", "-bail", "prisma/dev.db"],
    }
    way = Way(tuple(commands[tool]), project, environment, REBUILD if tool == "sqlite3" else "")
    (aside := project / "aside").mkdir()
    shutil.move(project / "prisma" / "migrations" / NAME, aside)
    first = commands["prisma"] if tool in ("prisma", "sqlite3") else apply
    Way(tuple(first), project, environment).run()
    shutil.move(aside / NAME, project / "prisma" / "migrations")
    with sqlite3.connect(way.file) as plain:
        plain.execute(f"PRAGMA journal_mode = {'wal' if wal else 'delete'}")
        plain.executescript(BY_HAND)
        users = ((f"{number}@example.org", "b" * 50, str(number % 90)) for number in range(1000))
        plain.executemany("INSERT INTO User (email, bio, age) VALUES (?, ?, ?)", users)
        posts = ((f"title {number}", number % 1000 + 1) for number in range(2000))
        plain.executemany("INSERT INTO Post (title, userId) VALUES (?, ?)", posts)
    plain.close()
    if tool == "rollback":
        Way(tuple(apply), project, environment).run()
    return way


def report(folder: Path, way: Way, tool: str, kills: int) -> str:
    before = content(way.file)
    whole = way.copy(folder / "whole")
    lasts = whole.run()
    after = content(whole.file)
    found: Counter[str] = Counter()
    wrong: list[str] = []
    chance = random.Random(1)
    for number in range(kills):
        one = way.copy(folder / str(number))
        started = one.start()
        if number % 2:
            wait_for_writing(one, started)
            time.sleep(chance.uniform(0, 0.05))
        else:
            time.sleep(chance.uniform(0, lasts))
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        state = {tuple(before): "before", tuple(after): "after"}.get(tuple(content(one.file)), "half done")
        found[state] += 1
        if tool in ("safemigrate", "rollback"):
            wrong += said_wrong(one, tool, state, after)
        shutil.rmtree(one.project)
    counts = " | ".join(str(found[state]) for state in ("before", "after", "half done"))
    return "\n".join([f"| {tool} | {kills} | {lasts:.2f} s | {counts} |", *wrong])


def wait_for_writing(way: Way, started: subprocess.Popen[bytes]) -> None:
    """Wait until something is written beside the file, or to it."""
    beside = [way.file.with_name("dev.db-journal"), way.project / ".safemigrate" / "kept" / "prisma" / "dev.db"]
    signs = [at_rest(one) for one in (*beside, way.file, way.file.with_name("dev.db-wal"))]
    while started.poll() is None and signs == [
        at_rest(one) for one in (*beside, way.file, way.file.with_name("dev.db-wal"))
    ]:
        time.sleep(0.0005)


def at_rest(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def content(file: Path) -> list[str]:
    """Everything but Prisma's rows."""
    plain = sqlite3.connect(file)
    try:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [line for line in plain.iterdump() if "_prisma_migrations" not in line]
    finally:
        plain.close()


def said_wrong(way: Way, tool: str, state: str, after: Sequence[str]) -> list[str]:
    """Hold against the file what `status` says of it, and where the command leads when it is run again."""
    said = way.safemigrate("status", "--json")
    migrations = {one["name"]: one.get("state", "") for one in json.loads(said.stdout)["migrations"]}
    applied = (state == "after") == (tool == "safemigrate")
    wrong = []
    if (migrations.get(NAME) == "applied") != applied or said.returncode:
        wrong.append(f"{state}, status ends with {said.returncode} and says {migrations}: {said.stderr}")
    if state == "before":
        way.run()
    if content(way.file) != list(after):
        wrong.append(f"{state}, and run again it ends elsewhere")
    return wrong


if __name__ == "__main__":
    main()

"""What safety costs on a SQLite file, beside `sqlite3 .backup` of the same file.

    python benchmarks/file.py [--megabytes 0.2 1000] [--rounds 3] [--folder DIR]

A snapshot (copied, hashed, every page read, on the disk), a compact one, one restored as a new file and one in the
place of what a file holds, `apply` of a rebuild that drops a column of a tenth of the rows, with snapshot, shadow and
proof, and its `rollback`. Each round does all of them in turn; the fastest counts. Columns: seconds, seconds of a
processor, which others on the machine do not change, and each as times the `.backup`. Commands, that of `sqlite3` too,
are whole processes; the others are called in this one.
Prints tables in Markdown; seconds are this machine's, the ratios are what may be compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from safemigrate.db.sqlite.connection import connect, run
from safemigrate.snapshot.sqlite.restore import restore
from safemigrate.snapshot.sqlite.take import take
from safemigrate.snapshot.sqlite.verify import verify
from safemigrate.snapshot.store import Snapshot

SCHEMA = 'datasource db {\n  provider = "sqlite"\n  url      = "file:dev.db"\n}\n'
TABLES = """\
CREATE TABLE "User" ("id" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "bio" TEXT, "age" INTEGER);
CREATE TABLE "Event" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "userId" TEXT NOT NULL, "payload" TEXT);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE INDEX "Event_userId_idx" ON "Event"("userId");
"""
REBUILD = """\
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "age" INTEGER);
INSERT INTO "new_User" ("age", "email", "id") SELECT "age", "email", "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO"
USERS = f"""{NUMBERS} "User" SELECT 'c' || lower(hex(randomblob(12))), 'u' || i, hex(randomblob(100)), i % 90 FROM n"""
EVENTS = f"""{NUMBERS} "Event" ("userId", "payload") SELECT 'c' || i, hex(randomblob(110)) FROM n"""
BYTES_A_ROW = 290


class Bench:
    """A project with a file of a size, and the best seconds of everything done to it."""

    def __init__(self, folder: Path, megabytes: float) -> None:
        self.root = folder / f"{megabytes:g}"
        self.file = self.root / "prisma" / "dev.db"
        self.spare = self.root / "spare.db"
        self.store = self.root / "store"
        self.best: dict[str, tuple[float, float]] = {}
        (self.root / "prisma").mkdir(parents=True)
        (self.root / ".git").mkdir()
        (self.root / "prisma" / "schema.prisma").write_text(SCHEMA)
        self._migration("1_init", TABLES)
        self.file.touch()
        self.command("apply", "--no-generate")
        rows = int(megabytes * 1e6 / BYTES_A_ROW)
        with connect(self.file) as connection, connection.transaction():
            run(connection, USERS.format(rows // 10))
            run(connection, EVENTS.format(rows))
        self._migration("2_rebuild", REBUILD)

    def _migration(self, name: str, sql: str) -> None:
        folder = self.root / "prisma" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql)

    def command(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "safemigrate", *arguments, "--no-interactive"],
            cwd=self.root,
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")

    def timed(self, what: str, do: Callable[[], object]) -> object:
        began, worked = time.perf_counter(), _worked()
        result = do()
        took, work = time.perf_counter() - began, _worked() - worked
        before = self.best.get(what, (took, work))
        self.best[what] = min(took, before[0]), min(work, before[1])
        return result

    def snapshot(self, *, compact: bool) -> Snapshot:
        with connect(self.file) as connection:
            return take(connection, store=self.store, compact=compact)

    def round(self) -> None:
        """Do everything once, and leave the file as it was."""
        backup = ["sqlite3", str(self.file), f".backup '{self.spare}'"]
        self.timed("sqlite3 .backup", lambda: subprocess.run(backup, check=True))
        self.spare.unlink()
        taken = self.timed("snapshot", lambda: self.snapshot(compact=False))
        assert isinstance(taken, Snapshot)
        self.timed("snapshot, compact", lambda: self.snapshot(compact=True))
        self.timed("verify", lambda: verify(taken))
        self.timed("verify, deep", lambda: verify(taken, deep=True))
        self.timed("restore as a new file", lambda: restore(taken, self.spare))
        self.timed("restore over another, which is kept", lambda: restore(taken, self.spare, over_live=True))
        for left in (*self.root.glob("spare*"), self.store):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self.timed("`apply`", lambda: self.command("apply", "--no-generate", "--confirm", "dev.db"))
        self.timed("`rollback`", lambda: self.command("rollback", "--confirm", "dev.db"))
        self.command("release", "2_rebuild")
        shutil.rmtree(self.root / ".safemigrate" / "snapshots")

    def table(self) -> str:
        base, least = self.best["sqlite3 .backup"]
        rows = [
            f"| {what} | {took:.3f} | {took / base:.1f} x | {work:.3f} | {work / least:.1f} x |"
            for what, (took, work) in self.best.items()
        ]
        size = self.file.stat().st_size
        shown = f"{size / 1e6:,.0f} MB" if size > 1e6 else f"{size / 1e3:,.0f} kB"
        return "\n".join(
            [
                f"## {shown}",
                "",
                "| | seconds | of .backup | processor | of .backup |",
                "|---|--:|--:|--:|--:|",
                *rows,
                "",
            ]
        )


def _worked() -> float:
    """Return the seconds of a processor of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[0.2, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    print("# What safety costs on a SQLite file\n")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for megabytes in arguments.megabytes:
            bench = Bench(Path(folder), megabytes)
            for _ in range(arguments.rounds):
                bench.round()
            print(bench.table(), flush=True)
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, SQLite {sqlite3.sqlite_version}, Python {platform.python_version()}, "
        f"{os.cpu_count()} processors{load}, the fastest of {arguments.rounds} rounds. "
        "Made by `python benchmarks/file.py`, which says what each line is."
    )


if __name__ == "__main__":
    main()

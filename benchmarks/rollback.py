"""What keeping costs while it holds its lock, and what a rollback costs beside pg_restore, on a server of its own.

    python benchmarks/rollback.py [--table-rows 10000000] [--column-rows 1000000]

1. DROP TABLE: the plain statement, `apply`, `rollback`, and pg_restore of the same database.
2. DROP COLUMN: key and value copied by hand, `apply`, `rollback` in one transaction and in batches, pg_restore.

"locked" is how long a lock that keeps readers out was held at a stretch on the table; "writer waited" is the longest
UPDATE of a single row that an application ran all the while. Both are seen from sessions of their own, every 2 ms.
Snapshots are left out (`--snapshot none`): what they cost is the dump's business, and is measured as such below.
Prints a table in Markdown; seconds are this machine's, the ratios are what may be compared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.programs import client, server_installation
from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.local import running

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'
INIT = 'CREATE TABLE "Event" (id bigint PRIMARY KEY, kind text NOT NULL, note text, hits integer NOT NULL DEFAULT 0);'
ROWS = "INSERT INTO \"Event\" SELECT n, 'kind ' || n % 7, md5(n::text) FROM generate_series(1, {}) n; ANALYZE"
LOCKED = (
    "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'Event' "
    "AND l.mode = 'AccessExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid())"
)


@dataclass
class Seen:
    """One thing done: how long it took, how long it kept readers out, and how long one writer waited."""

    seconds: float = 0.0
    locked: float = 0.0
    waited: float = 0.0


@dataclass
class Bench:
    folder: Path
    url: DatabaseUrl
    programs: dict[str, str]

    def database(self, name: str, template: str = "template0") -> DatabaseUrl:
        with connect(self.url) as connection:
            session.run(connection, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            session.run(connection, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url.with_database(name)

    def safemigrate(self, url: DatabaseUrl, *arguments: str) -> None:
        command = [sys.executable, "-m", "safemigrate", *arguments, "--no-interactive", "-q"]
        environment = {**os.environ, "DATABASE_URL": url.prisma()}
        subprocess.run(
            [*command, "--confirm", url.database],
            cwd=self.folder,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def program(self, name: str, url: DatabaseUrl, *arguments: str) -> None:
        environment = {key: value for key, value in {**os.environ, **url.environment()}.items() if value is not None}
        subprocess.run([self.programs[name], *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)

    def migration(self, name: str, sql: str) -> None:
        path = self.folder / "prisma" / "migrations" / name / "migration.sql"
        path.parent.mkdir(parents=True)
        path.write_text(sql)

    def filled(self, name: str, rows: int) -> DatabaseUrl:
        url = self.database(name)
        self.safemigrate(url, "apply", "--no-generate")
        with connect(url) as connection:
            session.run(connection, ROWS.format(rows))
        return url


def seen(url: DatabaseUrl, act: Callable[[], None], *, writer: bool = False) -> Seen:
    """Do something while others look at the lock and write."""
    found, done = Seen(), Event()

    def look() -> None:
        since = 0.0
        with connect(url, application_name="looking") as connection:
            while not done.wait(0.002):
                held, now = session.value(connection, LOCKED), time.perf_counter()
                since = (since or now) if held else 0.0
                found.locked = max(found.locked, now - since if since else 0.0)

    def write() -> None:
        with connect(url, application_name="writing") as connection:
            number = 0
            while not done.wait(0.002):
                number, began = number % 1000 + 1, time.perf_counter()
                session.run(connection, f'UPDATE "Event" SET hits = hits + 1 WHERE id = {number * 7}')
                found.waited = max(found.waited, time.perf_counter() - began)

    threads = [Thread(target=one) for one in ([look, write] if writer else [look])]
    for one in threads:
        one.start()
    time.sleep(0.2)
    began = time.perf_counter()
    try:
        act()
    finally:
        found.seconds = time.perf_counter() - began
        done.set()
        for one in threads:
            one.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table-rows", type=int, default=10_000_000)
    parser.add_argument("--column-rows", type=int, default=1_000_000)
    options = parser.parse_args()
    installation = server_installation()
    programs = {name: str(client(name, installation.major)) for name in ("pg_dump", "pg_restore")}
    with tempfile.TemporaryDirectory() as folder, running(installation, tcp=True) as server:
        results = []
        for what, rows, sql in (
            ("DROP TABLE", options.table_rows, 'DROP TABLE "Event";'),
            ("DROP COLUMN", options.column_rows, 'ALTER TABLE "Event" DROP COLUMN note;'),
        ):
            project = Path(folder) / what.replace(" ", "")
            project.mkdir()
            (project / "package.json").write_text('{"devDependencies": {"prisma": "6.19.0"}}')
            (project / "schema.prisma").write_text(SCHEMA)
            (project / "prisma").mkdir()
            (project / "schema.prisma").rename(project / "prisma" / "schema.prisma")
            bench = Bench(project, server.url, programs)
            bench.migration("20260101000000_init", INIT)
            results.append((what, rows, measured(bench, rows, sql)))
    print(f"{installation}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the end\n")
    for what, rows, found in results:
        report(f"{what}, {rows:,} rows", found)


def measured(bench: Bench, rows: int, sql: str) -> dict[str, Seen]:
    bench.filled("before", rows)
    bench.migration("20260102000000_drop", sql)
    found: dict[str, Seen] = {}
    plain = bench.database("plain", "before")
    table = "TABLE" in sql.partition('"')[0].replace("ALTER TABLE", "")

    def by_hand() -> None:
        with connect(plain) as connection, connection.transaction():
            if not table:
                session.run(connection, 'LOCK TABLE "Event" IN ACCESS EXCLUSIVE MODE')
                session.run(connection, 'CREATE TABLE copy AS SELECT id, note FROM "Event"')
            else:
                session.run(connection, sql)

    first = seen(plain, by_hand)
    first.locked = first.locked or first.seconds  # over before anybody saw it
    found["the plain statement" if table else "key and value copied by hand"] = first
    apply = ("apply", "--no-generate", "--snapshot", "none")
    kept = bench.database("kept", "before")
    found["apply"] = seen(kept, lambda: bench.safemigrate(kept, *apply), writer=not table)
    if not table:
        for name, size in (("rollback at once", 10**9), ("rollback in batches", 50_000)):
            copy = bench.database("copy", "kept")
            back = partial(bench.safemigrate, copy, "rollback", "--batch-rows", str(size))
            found[name] = seen(copy, back, writer=True)
    else:
        found["rollback"] = seen(kept, lambda: bench.safemigrate(kept, "rollback"))
    before = bench.url.with_database("before")
    dump = str(bench.folder / "dump")
    found["pg_dump"] = seen(before, lambda: bench.program("pg_dump", before, "-Fc", "-f", dump))
    restored = bench.database("restored")
    found["pg_restore"] = seen(restored, lambda: bench.program("pg_restore", restored, "-d", "restored", dump))
    return found


def report(title: str, found: dict[str, Seen]) -> None:
    first, last = next(iter(found.values())), found["pg_restore"]
    print(f"### {title}\n\n| | seconds | of pg_restore | locked | of the first | writer waited |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, one in found.items():
        locked = f"{one.locked:.2f} s | {one.locked / first.locked:.2f} x" if one.locked else " | "
        waited = f"{one.waited:.2f} s" if one.waited else ""
        print(f"| {name} | {one.seconds:.2f} | {one.seconds / last.seconds:.2f} x | {locked} | {waited} |")
    print()


if __name__ == "__main__":
    main()

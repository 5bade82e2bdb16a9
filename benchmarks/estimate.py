"""What `safemigrate apply` says a statement will take on the target, beside what it takes there.

    python benchmarks/estimate.py [--rows 3000000]

The target has one large table, its parents in another. Each migration is rehearsed with `apply --dry-run --json`, which
times its slow statement on a part of the rows, then runs on the target, timed, and is rolled back. Also: what the dry
run takes with the estimate and on a table below the size from which there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from safemigrate.db import session
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.programs import server_installation
from safemigrate.shadow.local import running

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE "Post" (
  id bigint PRIMARY KEY, author int NOT NULL, title text NOT NULL, body text NOT NULL, score int, at timestamp NOT NULL
);
CREATE TABLE "Event" (id bigint NOT NULL, at timestamp NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE "Event_old" (id bigint NOT NULL, at timestamp NOT NULL);
ALTER TABLE "Post" ADD CONSTRAINT "Post_score" CHECK (score >= 0) NOT VALID;
ALTER TABLE "Post" ADD CONSTRAINT "Post_author" FOREIGN KEY (author) REFERENCES "User" (id) NOT VALID;
"""
ROWS = """
INSERT INTO "User" SELECT n, md5(n::text) FROM generate_series(1, {rows} / 10) n;
INSERT INTO "Post" SELECT n, 1 + n * 7919 % ({rows} / 10), md5(n::text), repeat(md5((n + 1)::text), 4),
  n * 104729 % 1000003, timestamp '2020-01-01' + n * interval '1 minute' FROM generate_series(1::bigint, {rows}) n;
INSERT INTO "Event_old" SELECT n, timestamp '2020-01-01' + n * interval '1 second' FROM generate_series(1, {rows}) n;
VACUUM ANALYZE;
"""
ATTACH = """ALTER TABLE "Event" ATTACH PARTITION "Event_old" FOR VALUES FROM ('2020-01-01') TO ('2040-01-01')"""
CASES = {
    "index on an int": 'CREATE INDEX "i" ON "Post" (score)',
    "index on a text": 'CREATE INDEX "i" ON "Post" (title)',
    "index on two columns": 'CREATE INDEX "i" ON "Post" (author, at)',
    "index on an expression": 'CREATE INDEX "i" ON "Post" (lower(title))',
    "index in a DO block": "DO $$ BEGIN EXECUTE 'CREATE INDEX i ON \"Post\" (score)'; END $$",
    "VALIDATE of a check, under a lock": 'ALTER TABLE "Post" ADD a int; '
    'ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_score"',
    "VALIDATE of a foreign key, under a lock": 'ALTER TABLE "Post" ADD a int; '
    'ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_author"',
    "ATTACH PARTITION": ATTACH,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=3_000_000)
    rows = options.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, running(server_installation(), tcp=True) as server:
        for size in (rows, 40_000):
            project, url = Path(folder) / str(size), server.url.with_database(f"bench_{size}")
            with connect(server.url) as connection:
                session.run(connection, f'CREATE DATABASE "{url.database}"')
            with connect(url) as connection:
                _history(project, connection, size)
                print(f"{size:,} rows\n{'':40} {'estimated':>10} {'took':>8} {'ratio':>6}   on a part   dry run")
                for number, (name, sql) in enumerate(CASES.items()):
                    began = time.perf_counter()
                    said = _rehearsed(project, url.prisma(), number, sql)
                    spent = time.perf_counter() - began
                    print(f"{name:40} {_row(said, _took(connection, sql))} {spent:8.1f} s", flush=True)


def _history(project: Path, connection: Connection, rows: int) -> None:
    folder = project / "prisma" / "migrations" / "0_init"
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_text(SETUP)
    (project / "prisma" / "schema.prisma").write_text(
        'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
    )
    (project / "package.json").write_text('{"devDependencies": {"prisma": "6.19.0"}}')
    session.run(connection, SETUP)
    for statement in ROWS.format(rows=rows).split(";\n"):
        session.run(connection, statement)
    session.run(
        connection,
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, "
        "finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, "
        "started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)",
    )
    session.rows(
        connection,
        "INSERT INTO _prisma_migrations VALUES ('0', %s, now(), '0_init', NULL, NULL, now(), 1) RETURNING 1",
        [hashlib.sha256(SETUP.encode()).hexdigest()],
    )


def _rehearsed(project: Path, url: str, number: int, sql: str) -> dict[str, float | None]:
    folder = project / "prisma" / "migrations" / f"{number + 1}_case"
    folder.mkdir()
    file = folder / "migration.sql"
    file.write_text(f"{sql};\n")
    command = [sys.executable, "-m", "safemigrate", "apply", "--dry-run", "--no-generate", "--no-interactive", "--json"]
    run = subprocess.run(
        command, cwd=project, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False
    )
    file.unlink()
    folder.rmdir()
    outcome = json.loads(run.stdout)
    found = [one["measured"] for each in outcome["migrations"] for one in each["findings"] if one["measured"]]
    return max(found, key=lambda one: one["estimate"] or 0, default={})


def _took(connection: Connection, sql: str) -> float:
    *first, last = sql.split("; ") if not sql.startswith("DO") else [sql]
    with connection.transaction(force_rollback=True):
        for one in first:
            session.run(connection, one)
        began = time.perf_counter()
        session.run(connection, last)
        return time.perf_counter() - began


def _row(said: dict[str, float | None], took: float) -> str:
    estimate = said.get("estimate")
    if estimate is None:
        return f"{'-':>10} {took:6.2f} s {'-':>6} {'':11}"
    return f"{estimate:8.2f} s {took:6.2f} s {estimate / took:6.2f} {said['seconds']:9.3f} s"


if __name__ == "__main__":
    main()

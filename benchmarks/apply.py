"""How long `safemigrate apply` takes for one small migration, beside doing it by hand and beside no safety at all.

    python benchmarks/apply.py [--runs 5]

Each round adds a column to the demo's `User` table (about 5,000 rows in 8 tables). By hand is what a careful person
types: pg_dump, restore into a scratch database, the migration there, then the migration on the target. No safety is the
migration alone, by psql. Medians of seconds, and ratios; start-up of `--help` stands below.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.programs import client, server_installation
from safemigrate.shadow.local import running

DEMO = Path(__file__).parents[1] / "safemigrate" / "demo"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    installation = server_installation()
    with tempfile.TemporaryDirectory() as folder, running(installation, tcp=True) as server:
        project = Path(folder) / "project"
        (project / "prisma").mkdir(parents=True)
        shutil.copy(DEMO / "schema.prisma", project / "prisma")
        shutil.copytree(DEMO / "migrations", project / "prisma" / "migrations")
        (project / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
        url = server.url.with_database("bench")
        with connect(server.url) as connection:
            session.run(connection, 'CREATE DATABASE "bench"')
        environment = {**os.environ, "DATABASE_URL": url.prisma()}
        libpq = {key: value for key, value in {**os.environ, **url.environment()}.items() if value is not None}
        apply = [sys.executable, "-m", "safemigrate", "apply", "--no-generate", "--no-interactive", "-q"]
        call(apply, environment, project)
        with connect(url) as connection:
            session.run(connection, (DEMO / "seed.sql").read_text())
        psql, pg_dump, pg_restore = (
            str(client(name, installation.major)) for name in ("psql", "pg_dump", "pg_restore")
        )

        def safemigrate(number: int) -> None:
            migration = project / "prisma" / "migrations" / f"20270101{number:06}_bench" / "migration.sql"
            migration.parent.mkdir()
            migration.write_text(f'ALTER TABLE "User" ADD COLUMN "bench_{number}" TEXT;\n')
            call(apply, environment, project)

        def by_hand(number: int) -> None:
            sql = f'ALTER TABLE "User" ADD COLUMN "hand_{number}" TEXT'
            dump = str(Path(folder) / "dump")
            call([pg_dump, "-Fc", "-f", dump], libpq, project)
            call([psql, "-qc", "DROP DATABASE IF EXISTS scratch", "-c", "CREATE DATABASE scratch"], libpq, project)
            call([pg_restore, "-d", "scratch", dump], libpq, project)
            call([psql, "-q", "-d", "scratch", "-c", sql], libpq, project)
            call([psql, "-qc", sql], libpq, project)

        def unsafe(number: int) -> None:
            call([psql, "-qc", f'ALTER TABLE "User" ADD COLUMN "bare_{number}" TEXT'], libpq, project)

        peers = {"safemigrate apply": safemigrate, "by hand, rehearsed": by_hand, "psql alone": unsafe}
        found = {name: medians(peer, runs) for name, peer in peers.items()}
    for name, seconds in found.items():
        print(f"{name:20} {seconds:6.2f} s   {found['safemigrate apply'] / seconds:6.2f} x")
    help_ = medians(lambda _n: call([sys.executable, "-m", "safemigrate", "--help"], dict(os.environ), Path()), runs)
    bare = medians(lambda _n: call([sys.executable, "-c", "pass"], dict(os.environ), Path()), runs)
    print(f"{'safemigrate --help':20} {help_:6.2f} s   {help_ / bare:6.2f} x an empty Python")


def medians(one: Callable[[int], None], runs: int) -> float:
    one(0)
    taken = []
    for number in range(1, runs + 1):
        began = time.perf_counter()
        one(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def call(arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    subprocess.run(arguments, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

"""`safemigrate check` on a branch with one new migration, beside Prisma's replay of the same history.

    python -m benchmarks.gate [--project SCHEMA] [--runs N] [--report FILE]

The project (cal.com unless named) gets a repository of its own. Its main branch has all migrations but the newest
three;
those are, by turns, the one that the branch adds. Measured, each as a process from its start to its end:

- cold: nothing in the cache
- warm: the end of the base is in the cache, the new migration was never seen (a comment makes it another one)
- again: nothing changed since
- writing: warm, and the new migration overwrites every row of the table that most foreign keys lead to
- asking Prisma: warm, and Prisma is asked whether schema.prisma is what the history makes
- `prisma migrate diff --from-migrations --to-schema-datamodel`: says the same of schema.prisma, without safemigrate.
  Its shadow is on a server that runs already, with PostgreSQL's defaults as in CI's service containers; then on one
  that makes nothing durable, as our own shadows do not

Prisma's CLI and its engine come from npm, as in the tests. It refuses the `@id` of a view: those are taken out.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from statistics import median
from unittest.mock import patch

from safemigrate.db.postgres import connect
from safemigrate.db.programs import server_installation
from safemigrate.db.session import run
from safemigrate.shadow import local
from tests.prisma_cli import cli

CALCOM = ("https://github.com/calcom/cal.com.git", "packages/prisma/schema.prisma")
PRISMA = "6.19.3"
NEW = "99990101000000_new"
DEFAULTS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "5min",
}
HUB = re.compile(r'REFERENCES ("[^"]+")')
Took = tuple[float, float]  # seconds on the clock, and of the processor
Measured = dict[str, list[Took]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--project", type=Path, help="its schema.prisma; cal.com is cloned unless named")
    options.add_argument("--runs", type=int, default=6)
    options.add_argument("--report", type=Path, help="write the table there too")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        shadows = []
        for settings in (DEFAULTS, {}):
            with patch.dict(local._SETTINGS, settings):
                server = servers.enter_context(local.running(server_installation(), tcp=True))
            with connect(server.url) as connection:
                run(connection, "CREATE DATABASE shadow")
            shadows.append(server.url.with_database("shadow").prisma())
        source = (given.project or _clone(folder / "clone")).resolve()
        changes = [path.read_text() for path in sorted(source.parent.glob("migrations/*/migration.sql"))[-3:]]
        schema = _repository(source, folder / "repository")
        found = Turns(schema, changes, folder / "cache", shadows).measured(given.runs)
        text = _report(found, schema, server.installation.version)
    print(text)
    if given.report:
        given.report.write_text(text, encoding="utf-8")


class Turns:
    """What is measured, one after the other."""

    def __init__(self, schema: Path, changes: list[str], cache: Path, shadows: list[str]) -> None:
        self._schema = schema
        self._home = schema.parent / "migrations"
        self._changes = cycle(changes)
        self._cache = cache
        self._shadows = shadows
        self._prisma = cli(PRISMA)
        self._environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "CI": "1"}

    def measured(self, runs: int) -> Measured:
        turns: dict[str, Callable[[], Took]] = {
            "cold": self._cold,
            "warm": lambda: self._check(next(self._changes)),
            "again": self._again,
            "writing": lambda: self._check(self._writes()),
            "asking Prisma": lambda: self._check(next(self._changes), asks=True),
            f"prisma {PRISMA} migrate diff --from-migrations": lambda: self._replay(self._shadows[0]),
            "the same, nothing durable": lambda: self._replay(self._shadows[1]),
        }
        self._cold()  # compiles what Python imports
        found: Measured = {name: [] for name in turns}
        for number in range(runs):
            for name, turn in turns.items():
                found[name].append(turn())
                print(f"{number + 1}/{runs} {name}: {found[name][-1][0]:.2f} s", file=sys.stderr)
        return found

    def _cold(self) -> Took:
        shutil.rmtree(self._cache, ignore_errors=True)
        return self._check(next(self._changes))

    def _check(self, change: str, *, asks: bool = False) -> Took:
        self._write(f"{change}\n-- {time.time_ns()}\n")
        modules = self._schema.parent / "node_modules"
        modules.unlink(missing_ok=True)
        if asks:
            modules.symlink_to(self._prisma.folder / "node_modules")
        return self._again(self._prisma.environment if asks else {})

    def _again(self, more: Mapping[str, str] | None = None) -> Took:
        check = ["check", "--project", str(self._schema.parent), "--schema", str(self._schema)]
        command = [sys.executable, "-m", "safemigrate", *check, "--quiet", "--exit-zero"]
        return _seconds(command, {**self._environment, **(more or {})}, (0,))

    def _replay(self, shadow: str) -> Took:
        self._write(f"{next(self._changes)}\n-- {time.time_ns()}\n")
        diff = ["migrate", "diff", "--from-migrations", str(self._home), "--to-schema-datamodel", str(self._schema)]
        diff += ["--shadow-database-url", shadow, "--script", "--exit-code"]
        program = str(self._prisma.folder / "node_modules" / ".bin" / "prisma")
        return _seconds([program, *diff], {**self._environment, **self._prisma.environment}, (0, 2))

    def _write(self, sql: str) -> None:
        (self._home / NEW).mkdir(exist_ok=True)
        (self._home / NEW / "migration.sql").write_text(sql)

    def _writes(self) -> str:
        named = Counter(name for path in self._home.glob("*/migration.sql") for name in HUB.findall(path.read_text()))
        ((hub, _),) = named.most_common(1)
        return f"ALTER TABLE {hub} ADD COLUMN motto text;\nUPDATE {hub} SET motto = 'none';"


def _seconds(command: list[str], environment: Mapping[str, str], expected: tuple[int, ...]) -> Took:
    began, used = time.perf_counter(), _used()
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    took = time.perf_counter() - began, _used() - used
    if done.returncode not in expected:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _report(found: Measured, schema: Path, version: str) -> str:
    count = len(list((schema.parent / "migrations").glob("*/migration.sql"))) - 1
    *_, prisma, _ = found.values()
    middle = median(clock for clock, _ in prisma)
    lines = [
        "# The gate, measured",
        "",
        "Made again by `python -m benchmarks.gate`, which says what each line is.",
        f"{count} migrations and one new; PostgreSQL {version}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {len(prisma)} runs by turns. Seconds of the whole process on the clock, and of the",
        "processor with all that it started; the servers of Prisma's shadows were there already, and are not counted.",
        "",
        "| | least | median | most | processor, median | as fast as Prisma |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, took in found.items():
        clock = [each for each, _ in took]
        row = [f"{each:.2f}" for each in (min(clock), median(clock), max(clock), median(each for _, each in took))]
        lines.append(f"| {name} | {' | '.join(row)} | {middle / median(clock):.1f} times |")
    return "\n".join(lines) + "\n"


def _repository(schema: Path, folder: Path) -> Path:
    """A copy of the project's schema and history, the newest three aside, committed as main, and a branch."""
    home = folder / "prisma"
    home.mkdir(parents=True)
    views = re.sub(r"^view .*?^}", lambda view: view[0].replace("@id", ""), schema.read_text(), flags=re.M | re.S)
    (home / "schema.prisma").write_text(views)
    shutil.copytree(schema.parent / "migrations", home / "migrations")
    for path in sorted((home / "migrations").glob("*/migration.sql"))[-3:]:
        shutil.rmtree(path.parent)
    (folder / ".gitignore").write_text("node_modules\n")
    (home / "package.json").write_text("{}\n")
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org", "commit", "-q", "-m", "base")
    _git(folder, "checkout", "-q", "-b", "topic")
    return home / "schema.prisma"


def _clone(folder: Path) -> Path:
    repository, schema = CALCOM
    _git(folder.parent, "clone", "-q", "--depth=1", "--filter=blob:none", "--sparse", repository, str(folder))
    _git(folder, "sparse-checkout", "set", Path(schema).parent.as_posix())
    return folder / schema


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    main()

"""`safemigrate check` on a branch with one new migration, beside Prisma's replay of the same history.

    python -m benchmarks.gate [--project SCHEMA] [--runs N] [--report FILE]

The project (cal.com unless named) gets a repository of its own, whose branch adds one migration: a column dropped, one
added with an index, values written. Measured, each as a process from its start to its end, by turns:

- cold: nothing in the cache
- warm: the end of the base is in the cache, the new migration was never seen (its text is another one each time)
- again: nothing changed since
- with Prisma: warm, and Prisma is asked whether schema.prisma is what the history makes
- `prisma migrate diff --from-migrations --to-schema-datamodel`: what says the same of schema.prisma without safemigrate

Prisma's CLI and its engine come from npm, as in the tests.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from safemigrate.db.postgres import connect
from safemigrate.db.programs import server_installation
from safemigrate.db.session import run
from safemigrate.shadow.local import running
from tests.prisma_cli import PrismaCli, cli

CALCOM = ("https://github.com/calcom/cal.com.git", "packages/prisma/schema.prisma")
PRISMA = "5.22.0"  # a later one refuses this schema: its views have primary keys
NEW = "99990101000000_new"
CHANGE = """\
-- {stamp}
ALTER TABLE "users" DROP COLUMN "bio";
ALTER TABLE "users" ADD COLUMN "motto" TEXT;
UPDATE "users" SET "motto" = 'none';
CREATE INDEX "users_motto_idx" ON "users"("motto");
"""
Measured = dict[str, list[float]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--project", type=Path, help="its schema.prisma; cal.com is cloned unless named")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--report", type=Path, help="write the table there too")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, running(server_installation(), tcp=True) as server:
        folder = Path(name)
        schema = _repository((given.project or _clone(folder / "clone")).resolve(), folder / "repository")
        prisma = cli(PRISMA)
        with connect(server.url) as connection:
            run(connection, "CREATE DATABASE shadow")
        shadow = server.url.with_database("shadow").prisma()
        found = _measure(schema, folder, prisma, shadow, given.runs)
        text = _report(found, schema, server.installation.version)
    print(text)
    if given.report:
        given.report.write_text(text, encoding="utf-8")


def _measure(schema: Path, folder: Path, prisma: PrismaCli, shadow: str, runs: int) -> Measured:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "CI": "1"}
    check = [sys.executable, "-m", "safemigrate", "check", "--project", str(schema.parent), "--schema", str(schema)]
    modules = schema.parent / "node_modules"

    def gate(*, new: bool = True, asks: bool = False) -> float:
        if new:
            (schema.parent / "migrations" / NEW / "migration.sql").write_text(CHANGE.format(stamp=time.time_ns()))
        modules.unlink(missing_ok=True)
        if asks:
            modules.symlink_to(prisma.folder / "node_modules")
        return _seconds(
            [*check, "--quiet", "--exit-zero"], {**environment, **(prisma.environment if asks else {})}, (0,)
        )

    def cold() -> float:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        return gate()

    def replay() -> float:
        diff = ["migrate", "diff", "--from-migrations", str(schema.parent / "migrations")]
        diff += ["--to-schema-datamodel", str(schema), "--shadow-database-url", shadow, "--script", "--exit-code"]
        program = str(prisma.folder / "node_modules" / ".bin" / "prisma")
        return _seconds([program, *diff], {**environment, **prisma.environment}, (0, 2))

    turns: dict[str, Callable[[], float]] = {
        "cold": cold,
        "warm": gate,
        "again": lambda: gate(new=False),
        "with Prisma": lambda: gate(asks=True),
        f"prisma migrate diff --from-migrations ({PRISMA})": replay,
    }
    gate()  # compiles what Python imports
    found: Measured = {name: [] for name in turns}
    for number in range(runs):
        for name, turn in turns.items():
            found[name].append(turn())
            print(f"{number + 1}/{runs} {name}: {found[name][-1]:.2f} s", file=sys.stderr)
    return found


def _seconds(command: list[str], environment: Mapping[str, str], expected: tuple[int, ...]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in expected:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


def _report(found: Measured, schema: Path, version: str) -> str:
    count = len(list((schema.parent / "migrations").glob("*/migration.sql"))) - 1
    *_, prisma = found.values()
    lines = [
        "# The gate, measured",
        "",
        "Made again by `python -m benchmarks.gate`, which says what each line is.",
        f"{count} migrations and one new; PostgreSQL {version}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {len(prisma)} runs by turns. Seconds of the whole process.",
        "",
        "| | least | median | most | of Prisma's, by the median |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, seconds in found.items():
        part = f"1 / {median(prisma) / median(seconds):.1f}"
        lines.append(f"| {name} | {min(seconds):.2f} | {median(seconds):.2f} | {max(seconds):.2f} | {part} |")
    return "\n".join(lines) + "\n"


def _repository(schema: Path, folder: Path) -> Path:
    """A copy of the project's schema and history, committed as main, and a branch for what is new."""
    home = folder / "prisma"
    home.mkdir(parents=True)
    shutil.copy(schema, home / "schema.prisma")
    shutil.copytree(schema.parent / "migrations", home / "migrations")
    (folder / ".gitignore").write_text("node_modules\n")
    (home / "package.json").write_text("{}\n")
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org", "commit", "-q", "-m", "base")
    _git(folder, "checkout", "-q", "-b", "topic")
    (home / "migrations" / NEW).mkdir()
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

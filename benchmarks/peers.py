"""The other tools that can write SQL from one PostgreSQL schema back to another, each in a scratch place of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl

SECONDS = 300

# migradiff does not say which driver and SQLAlchemy it needs; these are the ones it works with.
MIGRADIFF = ("migradiff", "psycopg2-binary", "sqlalchemy<2.1")
RESULTS = ("results",)
PRISMA = "5.22.0"
DATASOURCE = 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n'


class PeerFailed(Exception):
    """A tool gave no SQL; says what it said."""


class Peer(Protocol):
    """Writes SQL that should bring a database, `after`, back to the schema of another, `before`."""

    name: str

    def down(self, after: str, before: str) -> str:
        """Return the SQL; raises PeerFailed."""


# What their own command lines do. Each diff has a process of its own, for both keep connections; what is imported
# before is not counted as their time.
_MIGRADIFF = """
from migra.command import parse_args, run
def diff(after, before, out):
    said = io.StringIO()
    status = run(parse_args(["--force-destructive", after, before]), out, said)
    if status not in (0, 2):
        raise RuntimeError(said.getvalue())
"""
_RESULTS = """
import results
from results.dbdiff import Migration
def diff(after, before, out):
    migration = Migration(results.db(after), results.db(before))
    migration.set_safety(False)
    migration.add_all_changes_ordered()
    out.write(migration.sql)
"""
_LOOP = """
import io, json, os, sys, traceback
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    if os.fork():
        os.wait()
        continue
    out, error = io.StringIO(), ""
    try:
        diff(*json.loads(line), out)
    except BaseException:
        error = traceback.format_exc(-1)
    print(json.dumps([out.getvalue(), error]), file=answers, flush=True)
    os._exit(0)
"""


class Differ:
    """A differ of two live databases from PyPI, in a Python of its own that stays up."""

    def __init__(self, name: str, programs: Path, diff: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [str(programs / "python"), "-c", diff + _LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def down(self, after: str, before: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([after, before]) + "\n")
        self._process.stdin.flush()
        sql, error = json.loads(self._process.stdout.readline())
        if error:
            raise PeerFailed(error)
        return str(sql)


class Prisma:
    """`prisma migrate diff`, swapped: between its own readings (`db pull`) of the databases after and before.

    That is what a team has who keep schema.prisma in git. Two live databases would be the same to Prisma's binary; its
    WASM build takes one at a time.
    """

    def __init__(self, program: str, folder: Path) -> None:
        package = Path(program).resolve().parents[1] / "package.json"  # it is prisma/build/index.js
        self.name = f"prisma migrate diff, swapped ({json.loads(package.read_text())['version']})"
        self._program = program
        self._folder = folder
        self._read: dict[int, str] = {}

    def down(self, after: str, before: str) -> str:
        models = []
        for name, url in (("after", after), ("before", before)):
            models.append(self._folder / f"{name}-{os.getpid()}.prisma")
            models[-1].write_text(self._pull(url), encoding="utf-8")
        sides = ["--from-schema-datamodel", str(models[0]), "--to-schema-datamodel", str(models[1])]
        return call([self._program, "migrate", "diff", *sides, "--script"], environment={"DATABASE_URL": after})

    def _pull(self, url: str) -> str:
        with connect(DatabaseUrl.parse(url)) as connection:
            oid = session.value(connection, "SELECT oid FROM pg_database WHERE datname = current_database()")
        if oid not in self._read:  # what was after is before the next migration, by another name
            bare = self._folder / f"bare-{os.getpid()}.prisma"
            bare.write_text(DATASOURCE, encoding="utf-8")
            command = [self._program, "db", "pull", "--print", "--schema", str(bare)]
            try:
                self._read[oid] = call(command, environment={"DATABASE_URL": url})
            except PeerFailed as error:
                if "P4001" not in str(error):
                    raise
                self._read[oid] = DATASOURCE  # the database is empty
        return self._read[oid]


def install(folder: Path, names: list[str]) -> list[Peer]:
    """Install the peers that are asked for into a scratch folder, once."""
    found: list[Peer] = []
    if "migradiff" in names:
        programs = _environment(folder / "migradiff", MIGRADIFF)
        found.append(Differ(f"migradiff {_version(programs, 'migradiff')}", programs, _MIGRADIFF))
    if "results" in names:
        programs = _environment(folder / "results", RESULTS)
        found.append(Differ(f"results dbdiff {_version(programs, 'results')}", programs, _RESULTS))
    if "prisma" in names:
        found.append(Prisma(os.environ.get("PRISMA_CLI") or _npm(folder / "prisma"), folder))
    return found


def call(command: list[str], *, environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "NO_COLOR": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"no answer in {SECONDS} s") from None
    if done.returncode:
        raise PeerFailed((done.stderr or done.stdout).strip()[-2000:])
    return done.stdout


def _environment(folder: Path, packages: tuple[str, ...]) -> Path:
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True)
        python = str(programs / "python")
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        (folder / "installed").touch()
    return programs


def _version(programs: Path, package: str) -> str:
    asked = f"import importlib.metadata as m; print(m.version('{package}'))"
    return call([str(programs / "python"), "-c", asked]).strip()


def _npm(folder: Path) -> str:
    program = folder / "node_modules" / ".bin" / "prisma"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", f"prisma@{PRISMA}"]
        subprocess.run(command, cwd=folder, check=True)
    return str(program)

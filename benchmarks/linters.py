"""The other linters of PostgreSQL migrations, each run as its own users run it, in a scratch folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SQUAWK = "squawk-cli"
NPM = ("@flvmnt/pgfence", "@soartec-lab/prisma-strong-migrations", "prisma-strong-migrations")
# Not in the npm registry that this was written with; a checkout that was built (`npm install; npm run build`) does.
MIGRATIONPILOT = "MIGRATIONPILOT"


@dataclass(frozen=True)
class Said:
    """One finding: the file, the 1-based line, the rule's name."""

    file: Path
    line: int
    rule: str


class Linter(Protocol):
    """A program that reads migrations.

    `noise` matches the rules that are left out for all alike: time limits that every statement should set, what makes
    a file fit to run twice, and taste (types, names, key sizes).
    """

    name: str
    noise: re.Pattern[str]

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        """Everything it says about the files, noise too."""


class Squawk:
    """squawk, told that files run in a transaction, as Prisma's do; what it then says of a BEGIN is not counted."""

    noise = re.compile(r"prefer-|require-.*timeout|require-enum-value-ordering|ban-char-field|transaction-nesting")

    def __init__(self, programs: Path) -> None:
        self.program = programs / "squawk"
        self.name = _run([self.program, "--version"]).strip()

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        command: list[str | Path] = [
            self.program,
            "--reporter",
            "json",
            "--assume-in-transaction",
            "--pg-version",
            "15.0",
            *files,
        ]
        for one in json.loads(_run(command)):
            yield Said(Path(one["file"]), one["line"] + 1, one["rule_name"])


class SafemigrateLint:
    """safemigrate-lint, which is no relation; its style rules are off by default."""

    noise = re.compile(r"prefer-|timeout")

    def __init__(self, programs: Path) -> None:
        self.program = programs / "safemigrate-lint"
        self.name = f"safemigrate-lint {_pip_version(programs, 'safemigrate-lint')}"

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        for one in json.loads(_run([self.program, "--format", "json", *files])):
            yield Said(Path(one["file"]), one["line"], one["rule_id"])


class Pgfence:
    """pgfence; what it rates low is its word for harmless."""

    noise = re.compile(r"(low|safe) |prefer-")

    def __init__(self, modules: Path) -> None:
        self.program = modules / ".bin" / "pgfence"
        self.name = f"pgfence {_npm_version(modules, NPM[0])}"

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        options = ["--output", "json", "--format", "sql", "--min-pg-version", "15"]
        for one in _each(lambda file: [self.program, "analyze", *options, file], files):
            for result in one[1].get("results", []):
                text = one[0].read_text(encoding="utf-8")
                for check in result["checks"]:
                    offset = max(text.find(check["statement"]), 0) + len(check["statement"])
                    yield Said(one[0], text.count("\n", 0, offset) + 1, f"{check['risk'].lower()} {check['ruleId']}")


class MigrationPilot:
    """MigrationPilot, without a database; left out is what it advises for every statement of a kind, safe ones too."""

    noise = re.compile(
        r"MP0(04|16|20|23|37|38|39|40|41|42|45|48|50|51|56|58|59|61|69|70|74|76|78|86|88)|.*(prefer|timeout)"
    )

    def __init__(self, checkout: Path) -> None:
        self.program = checkout / "dist" / "cli.cjs"
        self.name = f"MigrationPilot {json.loads((checkout / 'package.json').read_text())['version']}"

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        options = ["--format", "json", "--offline", "--pg-version", "15", "--no-config"]
        for file, report in _each(lambda file: ["node", self.program, "analyze", file, *options], files):
            for one in report.get("violations", []):
                yield Said(file, one.get("line") or 1, f"{one['ruleId']} {one['ruleName']}")
            if "violations" not in report:  # it could not parse the file, and says so
                yield Said(file, 1, "parse-error")


class Psm:
    """prisma-strong-migrations of soartec-lab."""

    noise = re.compile(r"^$")

    def __init__(self, modules: Path) -> None:
        self.program = modules / NPM[1] / "bin" / "cli.js"
        self.name = f"psm (soartec-lab) {_npm_version(modules, NPM[1])}"

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        for file, report in _each(lambda file: ["node", self.program, "check", "-f", "json", file], files):
            for one in (*report.get("errors", ()), *report.get("warnings", ())):
                yield Said(file, one["line"], one["ruleName"])


class Unscoped:
    """The package of that name without a scope, by another author."""

    noise = re.compile(r"^$")

    def __init__(self, modules: Path) -> None:
        self.program = modules / NPM[2] / "dist" / "cli.js"
        self.name = f"prisma-strong-migrations {_npm_version(modules, NPM[2])}"

    def read(self, files: Sequence[Path]) -> Iterator[Said]:
        folder = files[0].parents[1]
        report = json.loads(_run(["node", self.program, "lint", "-r", "json", "-d", folder], folder.parents[1]))
        for one in report["diagnostics"]:
            yield Said(folder / one["migration"] / "migration.sql", one["line"], one["rule"])


def install(folder: Path) -> list[Linter]:
    """Install what can be installed into a scratch folder, once; say what cannot."""
    programs = folder / "python" / "bin"
    if not (programs / "squawk").exists():
        venv.create(folder / "python", with_pip=True)
        subprocess.run([programs / "pip", "install", "-q", SQUAWK, "safemigrate-lint"], check=True)
    modules = folder / "node_modules"
    if not modules.exists():
        (folder / "package.json").write_text("{}")
        command = ["npm", "install", "--ignore-scripts", "--no-fund", "--no-audit", *NPM]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found: list[Linter] = [
        Squawk(programs),
        Pgfence(modules),
        Psm(modules),
        Unscoped(modules),
        SafemigrateLint(programs),
    ]
    if MIGRATIONPILOT in os.environ:
        found.insert(2, MigrationPilot(Path(os.environ[MIGRATIONPILOT])))
    else:
        print(f"without MigrationPilot: {MIGRATIONPILOT} names no checkout of it", file=sys.stderr)
    return found


def _each(command: Any, files: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The JSON that a program prints for each file, {} where it prints none."""

    def one(file: Path) -> dict[str, Any]:
        said = _run(command(file), file.parents[3])
        start = said.find("{")
        try:
            report, _end = json.JSONDecoder().raw_decode(said[start:]) if start >= 0 else ({}, 0)
        except ValueError:
            return {}
        return dict(report)

    with ThreadPoolExecutor(2) as pool:
        yield from zip(files, pool.map(one, files), strict=True)


def _run(command: Sequence[str | Path], folder: Path | None = None) -> str:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:  # node cuts off what does not fit into a pipe
        subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.DEVNULL,
            timeout=300,
            check=False,  # findings are no failure
        )
        said.seek(0)
        return said.read()


def _npm_version(modules: Path, package: str) -> str:
    return str(json.loads((modules / package / "package.json").read_text())["version"])


def _pip_version(programs: Path, package: str) -> str:
    listed = json.loads(_run([programs / "pip", "list", "--format", "json"]))
    return next(str(one["version"]) for one in listed if one["name"] == package)

"""Whole Prisma histories of public projects, taken back migration by migration: safemigrate beside other tools.

    python benchmarks/histories.py [--project SCHEMA ...] [--work DIR] [--only PART ...] [--report FILE]

For each migration that changes the schema every tool says how to take it back; that is run, and pg_dump is asked
whether the schema is what it was (the order of columns aside). safemigrate's own claim, schema and generated rows, is
what `safemigrate prove` says. Parts: safemigrate, migradiff, results, prisma, prove. Where Prisma's engine cannot be
downloaded, PRISMA_CLI and Prisma's own environment variables say which CLI and engine to use. What was measured is in
`--work`, so that an interrupted run goes on, and parts can be run one by one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from judge import Schema, difference, schema_of
from peers import Peer, PeerFailed, install
from table import OURS, PROVE, Project, Results, report

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.programs import client, server_installation
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import MigrationFailed
from safemigrate.execute import journal
from safemigrate.model import Migration, Plan
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.project import find
from safemigrate.rollback.down import render
from safemigrate.shadow.local import LocalServer, running
from safemigrate.shadow.rehearse import rehearse
from safemigrate.sql import executable, split
from safemigrate.workflow.rehearsal.plan import as_written, forward, plan_of
from safemigrate.workflow.script import Script

# Repository and its schema. The last four were first tried by this script.
PROJECTS = {
    "umami-software/umami": "prisma/schema.prisma",
    "spliit-app/spliit": "prisma/schema.prisma",
    "linkwarden/linkwarden": "packages/prisma/schema.prisma",
    "mfts/papermark": "prisma/schema",
    "amplication/amplication": "packages/amplication-prisma-db/prisma/schema.prisma",
    "hoppscotch/hoppscotch": "packages/hoppscotch-backend/prisma/schema.prisma",
    "baptisteArno/typebot.io": "packages/prisma/postgresql/schema.prisma",
    "ghostfolio/ghostfolio": "prisma/schema.prisma",
    "elie222/inbox-zero": "apps/web/prisma/schema.prisma",
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--project", type=Path, action="append", help="a schema.prisma, or a folder of them; repeatable"
    )
    options.add_argument("--work", type=Path, default=Path("histories"), help="clones, tools and what was measured")
    options.add_argument("--only", action="append", choices=["safemigrate", "migradiff", "results", "prisma", "prove"])
    options.add_argument("--report", type=Path, help="write the table there too")
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    results = Results(given.work / "results.jsonl")
    parts = given.only or ["safemigrate", "migradiff", "results", "prisma", "prove"]
    projects = [local(schema) for schema in given.project or ()] or list(cloned(given.work))
    peers = install(given.work.resolve(), parts)
    with running(server_installation(), tcp=True) as server:
        for project in projects:
            history = migrations(find(project.schema.parent, project.schema))
            if set(parts) - {"prove"}:
                Replay(server, project, history, peers, results, ours="safemigrate" in parts).run()
            if "prove" in parts and not results.of(project.name, PROVE):
                prove(project, history, results)
            text = report(projects, results, server.installation.version, os.cpu_count())
            if given.report:
                given.report.write_text(text, encoding="utf-8")
    print(text)


class Replay:
    """One history on one server: `before` and `after` are databases on either side of a migration."""

    def __init__(
        self,
        server: LocalServer,
        project: Project,
        history: list[Migration],
        peers: list[Peer],
        results: Results,
        *,
        ours: bool,
    ) -> None:
        self.server = server
        self.project = project
        self.history = history
        self.peers = peers
        self.results = results
        self.ours = ours
        self.done = {(one["tool"], one.get("migration")) for one in results.of(project.name)}
        self.psql = client("psql", server.major)
        self.pg_dump = client("pg_dump", server.major)

    def run(self) -> None:
        self._sql("DROP DATABASE IF EXISTS before WITH (FORCE)", "CREATE DATABASE before")
        tools = [*([OURS] if self.ours else []), *(peer.name for peer in self.peers)]
        schema: Schema | None = None
        for number, migration in enumerate(self.history):
            print(f"{self.project.name} {number + 1}/{len(self.history)} {migration.name}", file=sys.stderr)
            self._clone("before", "after")
            began = time.perf_counter()
            try:
                plan = self._apply(migration)
            except MigrationFailed as error:
                if ("", migration.name) not in self.done:
                    self._add("", migration, 0, f"{error.summary}: {error.why}")
                return
            seconds = time.perf_counter() - began
            if any((tool, migration.name) not in self.done for tool in tools):
                then = schema_of(self._url("before"), self.pg_dump) if schema is None else schema
                schema = schema_of(self._url("after"), self.pg_dump)
                if then != schema:
                    self._compare(migration, plan, then, seconds)
            else:
                schema = None
            self._sql("DROP DATABASE before WITH (FORCE)", "ALTER DATABASE after RENAME TO before")

    def _compare(self, migration: Migration, plan: Plan, then: Schema, seconds: float) -> None:
        if self.ours:
            self._judge(OURS, migration, then, partial(render, plan), seconds, plan)
        for peer in self.peers:
            down = partial(peer.down, self._url("after").prisma(), self._url("before").prisma())
            self._judge(peer.name, migration, then, down)

    def _apply(self, migration: Migration) -> Plan:
        with connect(self._url("after")) as connection:
            statements = tuple(executable(migration, split(migration.sql, migration.name)))
            rehearsed = rehearse(connection, migration, statements, as_written(connection))
            return plan_of(Script(migration, statements), rehearsed, {})[0]

    def _judge(
        self,
        tool: str,
        migration: Migration,
        expected: Schema,
        down: Callable[[], str],
        seconds: float = 0.0,
        plan: Plan | None = None,
    ) -> None:
        if (tool, migration.name) in self.done:
            return
        began = time.perf_counter()
        try:
            script = down()
        except PeerFailed as error:
            self._add(tool, migration, time.perf_counter() - began, f"no SQL: {error}")
            return
        seconds += time.perf_counter() - began
        self._clone("before" if plan else "after", "attempt")
        refused = self._keep(plan) if plan else ""  # what its down.sql gives back is kept on the way up
        refused = refused or self._psql(script, alone=plan is None)
        why = f"it fails: {refused}" if refused else difference(expected, schema_of(self._url("attempt"), self.pg_dump))
        self._add(tool, migration, seconds, why)

    def _keep(self, plan: Plan) -> str:
        with connect(self._url("attempt")) as connection:
            journal.prepare(connection)
            try:
                forward(connection, plan)
            except MigrationFailed as error:
                return f"with what must be kept, {error.summary}: {error.why}"
        return ""

    def _psql(self, script: str, *, alone: bool) -> str:
        """Run a script; statement by statement, which asks least of it, or as one transaction."""
        command = [str(self.psql), "-Xq", "-v", "ON_ERROR_STOP=1", *([] if alone else ["--single-transaction"])]
        url = self._url("attempt").conninfo()
        done = subprocess.run([*command, "-d", url], input=script, capture_output=True, encoding="utf-8", check=False)
        return done.stderr.strip()[:500] if done.returncode else ""

    def _clone(self, source: str, name: str) -> None:
        self._sql(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source}'",  # a peer's
            f"CREATE DATABASE {name} TEMPLATE {source}",
        )

    def _sql(self, *statements: str) -> None:
        with connect(self.server.url) as connection:
            for sql in statements:
                session.run(connection, sql)

    def _url(self, name: str) -> DatabaseUrl:
        return self.server.url.with_database(name)

    def _add(self, tool: str, migration: Migration, seconds: float, why: str) -> None:
        fact = {"restored": not why, "seconds": round(seconds, 3), "why": why}
        self.results.add(project=self.project.name, tool=tool, migration=migration.name, **fact)


def prove(project: Project, history: list[Migration], results: Results) -> None:
    """Ask safemigrate itself; a file without statements is no migration that changes something."""
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "safemigrate",
        "prove",
        "--require",
        "any",
        "--json",
        "--no-interactive",
        "--no-cache",
    ]
    done = subprocess.run(
        [*command, "--project", str(project.schema.parent), "--schema", str(project.schema)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    seconds = time.perf_counter() - began
    empty = {migration.name for migration in history if not split(migration.sql, migration.name)}
    for one in json.loads(done.stdout)["migrations"]:
        if one["name"] in empty or one["state"] == "changes nothing":
            continue
        rollback = one["rollback"] or {"verdict": one["state"], "reasons": [one["detail"]]}
        exact = rollback["verdict"] == "exact"
        why = "" if exact else f"{rollback['verdict']}: {'; '.join(rollback['reasons'])}"
        results.add(
            project=project.name,
            tool=PROVE,
            migration=one["name"],
            restored=exact,
            seconds=seconds,
            why=why,
            rows=one["detail"],
        )


def local(schema: Path) -> Project:
    schema = schema.resolve()
    return Project(Path(_git(schema.parent, "--show-toplevel")).name, schema, _git(schema.parent, "HEAD"))


def _git(folder: Path, what: str) -> str:
    command = ["git", "-C", str(folder), "rev-parse", what]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout.strip()


def cloned(work: Path) -> Iterator[Project]:
    for repository, schema in PROJECTS.items():
        clone = work / repository.partition("/")[2]
        if not clone.exists():
            source = f"https://github.com/{repository}.git"
            command = ["git", "clone", "-q", "--depth=1", "--filter=blob:none", "--sparse", source, str(clone)]
            subprocess.run(command, check=True)
            command = ["git", "-C", str(clone), "sparse-checkout", "set", Path(schema).parent.as_posix()]
            subprocess.run(command, check=True)
        yield local(clone / schema)


if __name__ == "__main__":
    main()

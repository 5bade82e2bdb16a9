"""What `prisma db push` loses of a SQLite file, and what is lost after `safemigrate apply` and `rollback`.

python -m benchmarks.db_push [CASE...]

Each case is a file that a first push of its models made, with rows, and with things made by hand that Prisma does not
know; then the models change. Prisma is asked without `--accept-data-loss` first, then, where it wants that, with it.
safemigrate adopts a copy of the file, applies the same change and takes it back. Counted is what is not as it was.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from safemigrate.db.sqlite import definition
from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Table, read
from safemigrate.db.sqlite.connection import Connection, SqlError, connect, quote, rows, run, value
from safemigrate.db.sqlite.rows import key_of, same
from safemigrate.model import Migration, counted
from safemigrate.prisma import sqlite_history
from safemigrate.sql import split
from tests.prisma_cli import PrismaCli, cli

PRISMA_VERSION = "5.22.0"

BIO = "  bio String?\n"
POST = (
    "model Post {\n  id Int @id @default(autoincrement())\n  title String\n  authorId Int\n"
    "  author User @relation(fields: [authorId], references: [id], onDelete: Cascade)\n}\n"
)
TAG = "model Tag {\n  id Int @id @default(autoincrement())\n  name String\n}\n"
USERS = """
INSERT INTO "User" ("email", "bio")
VALUES ('a@example.org', 'first'), ('b@example.org', 'second'), ('c@example.org', NULL);
"""
MANY = """
INSERT INTO "User" ("email", "bio") WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500000)
SELECT i || '@example.org', hex(randomblob(40)) FROM n;
"""
CHECKED = """
DROP TABLE "User";
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL CHECK ("email" LIKE '%@%'), "bio" TEXT);
"""


def user(fields: str, email: str = "email String") -> str:
    return f"model User {{\n  id Int @id @default(autoincrement())\n  {email}\n{fields}}}\n"


WIDE, NARROW = user(BIO), user("")


@dataclass(frozen=True)
class Case:
    """`before` and `after` are models; `made` is run behind the first push. `killed`: kill -9 while it rebuilds."""

    name: str
    before: str
    after: str
    made: str
    killed: bool = False


CASES = [
    Case("a column is dropped", WIDE, NARROW, USERS),
    Case("a model is dropped", WIDE + TAG, WIDE, USERS + """INSERT INTO "Tag" VALUES (1, 'red'), (2, 'blue');"""),
    Case("a field is renamed", WIDE, user("  about String?\n"), USERS),
    Case("a model is renamed", WIDE, WIDE.replace("User", "Person"), USERS),
    Case("a required field over rows", WIDE, user(BIO + "  age Int\n"), USERS),
    Case("an optional field made required", WIDE, user("  bio String\n"), USERS),
    Case("String to Int", WIDE, user("  bio Int?\n"), USERS + """UPDATE "User" SET "bio" = '007' WHERE "id" = 1;"""),
    Case(
        "Int to String",
        user("  bio Int?\n"),
        WIDE,
        """INSERT INTO "User" ("email", "bio") VALUES ('a', 7), ('b', 8);""",
    ),
    Case("an index made by hand", WIDE, NARROW, USERS + 'CREATE INDEX "by_hand" ON "User" (lower("email"));'),
    Case(
        "a partial index made by hand",
        WIDE,
        NARROW,
        USERS + """CREATE UNIQUE INDEX "partial" ON "User" ("email") WHERE "email" <> '';""",
    ),
    Case(
        "a trigger",
        WIDE + TAG,
        NARROW + TAG,
        USERS
        + """CREATE TRIGGER "watch" AFTER DELETE ON "User" BEGIN INSERT INTO "Tag" ("name") VALUES ('gone'); END;""",
    ),
    Case("a view", WIDE, NARROW, USERS + 'CREATE VIEW "mails" AS SELECT "email" FROM "User";'),
    Case("an AUTOINCREMENT counter", WIDE, NARROW, USERS + 'DELETE FROM "User" WHERE "id" = 3;'),
    Case("a CHECK made by hand", WIDE, NARROW, CHECKED + USERS),
    Case(
        "children that cascade",
        user(BIO + "  posts Post[]\n") + POST,
        user("  posts Post[]\n") + POST,
        USERS + """INSERT INTO "Post" ("title", "authorId") VALUES ('one', 1), ('two', 1), ('three', 2);""",
    ),
    Case(
        "a failure half way",
        WIDE,
        user("", "email String @unique"),
        USERS + """UPDATE "User" SET "email" = 'a@example.org';""",
    ),
    Case("kill -9 half way, 500,000 rows", WIDE, NARROW, MANY, killed=True),
]


@dataclass(frozen=True)
class Loss:
    """What is not in a file any more, and what is in it that should not be."""

    rows: int
    values: int
    things: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def words(self) -> str:
        told = [
            counted(f"{{count}} {{{kind}|{kind}s}}", count)
            for kind, count in (("row", self.rows), ("value", self.values))
            if count
        ]
        return ", ".join([*told, *self.things]) or "nothing"


def loss(before: Path, after: Path) -> Loss:
    """Count what a file had and another has not."""
    with connect(after, write=False) as connection:
        connection.attach(before, "before")
        was, now = read(connection, "before"), read(connection)
        gone = values = 0
        for table in was.tables.values():
            if table.name != PRISMA:
                missing, changed = _of_table(connection, table, was, now)
                gone, values = gone + missing, values + changed
        left = tuple(quote(name) for name in now.tables if name.startswith("new_") and name not in was.tables)
        return Loss(gone, values, tuple(_things(connection, was, now)), left)


def _of_table(connection: Connection, table: Table, was: Catalog, now: Catalog) -> tuple[int, int]:
    old, new = quote("before", table.name), quote("main", table.name)
    if table.name not in now.tables:
        return int(value(connection, f"SELECT count(*) FROM {old}")), 0
    key = key_of(table, was.indexes_of(table.name))
    on = " AND ".join(f"l.{quote(name)} = r.{quote(name)}" for name in key)
    joined = f"FROM {old} l LEFT JOIN {new} r ON {on}"
    found = f"r.{quote(key[0])} IS NOT NULL"
    missing = int(value(connection, f"SELECT count(*) {joined} WHERE NOT {found}"))
    changed = 0
    for column in table.columns:
        there = f"l.{quote(column.name)}"
        if now.tables[table.name].column(column.name):
            here = f"r.{quote(column.name)}"  # what is only written otherwise, 7 as '7', is there
            other = f"NOT {same(there, here)} AND NOT {same(f'CAST({there} AS TEXT)', f'CAST({here} AS TEXT)')}"
        else:
            other = f"{there} IS NOT NULL"
        changed += int(value(connection, f"SELECT count(*) {joined} WHERE {found} AND {other}"))
    return missing, changed


def _things(connection: Connection, was: Catalog, now: Catalog) -> Iterator[str]:
    """What Prisma does not know: indexes, triggers, views, CHECKs, counters."""
    for name, index in was.indexes.items():
        if index.origin == "c" and name not in now.indexes:
            yield f"index `{name}`"
    for kind, old, new in (("trigger", was.triggers, now.triggers), ("view", was.views, now.views)):
        yield from (f"{kind} `{name}`" for name in old if name not in new)
    for name in now.views:
        try:
            rows(connection, f"SELECT * FROM {quote(name)} LIMIT 1")
        except SqlError:
            yield f"view `{name}` does not run"
    for name, table in was.tables.items():
        present = now.tables.get(name)
        if present and len(_checks(present)) < len(_checks(table)):
            yield f"a CHECK of `{name}`"
        if present and (present.counter or 0) < (table.counter or 0):
            yield f"the counter of `{name}`: {table.counter} to {present.counter}"


def _checks(table: Table) -> list[str]:
    made = definition.definition(table.sql)
    parts = (*made.columns.values(), *made.constraints)
    return [one for part in parts for one in definition.checks(table.sql, part)]


def main() -> None:
    """Run every case, or those whose names hold one of the arguments, and write the table beside this file."""
    prisma = cli(PRISMA_VERSION)
    wanted = [case for case in CASES if not sys.argv[1:] or any(part in case.name for part in sys.argv[1:])]
    lines = []
    for case in wanted:
        with tempfile.TemporaryDirectory() as folder:
            lines.append(_line(prisma, case, Path(folder)))
        print(lines[-1], flush=True)
    if wanted == CASES:
        table = "\n".join(lines)
        Path(__file__).with_suffix(".md").write_text(_PAGE.format(**_machine(), table=table), encoding="utf-8")


_PAGE = """\
# `prisma db push` on a SQLite file, and what is lost

Made again by `python -m benchmarks.db_push`, which says what each line is.
Prisma {prisma}, its engine as in tests/prisma_engine; SQLite {sqlite}, Python {python}, {cores} cores.

Lost: rows and values that the file had before and has not after, and what Prisma does not know. There is no way back
from a push; the last column is the same file after `safemigrate apply` and `safemigrate rollback`.

| case | Prisma asks | lost by `db push` | left behind | lost after `safemigrate` |
|---|---|---|---|---|
{table}
"""


def _machine() -> dict[str, object]:
    return {
        "prisma": PRISMA_VERSION,
        "sqlite": sqlite3.sqlite_version,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def _line(prisma: PrismaCli, case: Case, folder: Path) -> str:
    project = prisma.project(folder / "project", case.before, "sqlite")
    (project / ".env").write_text('DATABASE_URL="file:./dev.db"\n')
    database = project / "prisma" / "dev.db"
    _must(prisma.run(project, "db", "push", "--skip-generate", url="file:./dev.db"))
    with connect(database) as connection:
        run(connection, "PRAGMA foreign_keys = OFF")
        for statement in split(case.made, dialect="sqlite"):
            run(connection, statement.sql)
    before = shutil.copyfile(database, folder / "before.db")
    other = folder / "other"
    shutil.copytree(project, other, symlinks=True)
    asked, ended = _pushed(prisma, project, case)
    pushed = loss(before, database)
    ours = _ours(prisma, other, case)
    kept = loss(before, other / "prisma" / "dev.db")
    left = ", ".join(f"`{name}`" for name in pushed.left) or ("half of the change" if ended == "failed: " else "")
    return f"| {case.name} | {asked} | {ended}{pushed.words} | {left} | {ours}{kept.words} |"


def _pushed(prisma: PrismaCli, project: Path, case: Case) -> tuple[str, str]:
    """Push the change; return whether Prisma asked, and how it ended where that was not well."""
    prisma.project(project, case.after, "sqlite")
    command = [project / "node_modules" / ".bin" / "prisma", "db", "push", "--skip-generate", "--accept-data-loss"]
    environment = {**os.environ, **prisma.environment, "DATABASE_URL": "file:./dev.db"}
    if case.killed:
        _killed(command, project, environment, lambda: _is_there(project / "prisma" / "dev.db", "new_User"))
        return "", "killed: "
    done = prisma.run(project, "db", "push", "--skip-generate", url="file:./dev.db")
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return "no", ""
    if "--force-reset" in said:
        return "offers `--force-reset` alone", "refused: "
    asked = "yes" if "--accept-data-loss" in said else "no"
    if asked == "yes":
        done = prisma.run(project, "db", "push", "--skip-generate", "--accept-data-loss", url="file:./dev.db")
    return asked, "" if done.returncode == 0 else "failed: "


def _ours(prisma: PrismaCli, project: Path, case: Case) -> str:
    """Adopt, apply and roll back; say where it stopped before the end."""
    environment = {**os.environ, **prisma.environment, "PYTHONPATH": str(Path(__file__).parents[1])}
    ours = [sys.executable, "-m", "safemigrate"]

    def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*ours, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    _adopt(prisma, project)
    prisma.project(project, case.after, "sqlite")
    apply = ("apply", "--name", "change", "--confirm", "dev.db", "--no-interactive", "--generate")
    if case.killed:
        journal = project / "prisma" / "dev.db-journal"
        _killed([*ours, *apply], project, environment, journal.exists)
        return "killed: "
    done = tool(*apply)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return "refused: "
    _must(tool("rollback", "--confirm", "dev.db", "--no-interactive"))
    return ""


def _adopt(prisma: PrismaCli, project: Path) -> None:
    """Give a project that lives on `db push` a first migration, recorded as applied, as Prisma's documentation does."""
    folder = project / "prisma" / "migrations"
    (folder / "0_init").mkdir(parents=True)
    (folder / "migration_lock.toml").write_text('provider = "sqlite"\n')
    schema = str(project / "prisma" / "schema.prisma")
    made = prisma.run(
        project, "migrate", "diff", "--from-empty", "--to-schema-datamodel", schema, "--script", url="file:./dev.db"
    )
    _must(made)
    path = folder / "0_init" / "migration.sql"
    path.write_text(made.stdout)
    baseline = Migration("0_init", path, made.stdout, sha256(path.read_bytes()).hexdigest())
    with connect(project / "prisma" / "dev.db") as connection:
        sqlite_history.create_table(connection)
        sqlite_history.record_baseline(connection, baseline)


def _killed(command: list[object], project: Path, environment: dict[str, str], reached: Callable[[], bool]) -> None:
    """Start a command, and kill it and what it started once something is there to be seen."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not reached():
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_there(database: Path, table: str) -> bool:
    try:
        with connect(database, timeout=0.1) as connection:
            return bool(value(connection, "SELECT count(*) FROM sqlite_master WHERE name = ?", [table]))
    except Exception:
        return False


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise SystemExit(f"{done.args}\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    main()

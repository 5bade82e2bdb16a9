"""Up, back, and compared: by fingerprint and by what pg_dump prints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safemigrate import proc
from safemigrate.db import programs
from safemigrate.db.catalog import Catalog, Object, difference, read
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import Connection, connect, quote
from safemigrate.db.url import DatabaseUrl
from safemigrate.rollback.inverse import Inverse, invert
from safemigrate.shadow.local import LocalServer

TakesBack = Callable[[str, str], Inverse]

# What a team's database looks like before the change: rows everywhere, so that every ALTER has something to convert.
BASE = """
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,
    "name" VARCHAR(40),
    "role" "Role" NOT NULL DEFAULT 'USER',
    "score" INTEGER DEFAULT 7,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE TABLE "Post" (
    "id" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "authorId" INTEGER NOT NULL,
    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey"
    FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
INSERT INTO "User" ("email", "name") SELECT 'u' || i || '@example.org', 'name ' || i FROM generate_series(1, 5) i;
INSERT INTO "Post" ("title", "authorId") SELECT 'post ' || i, i FROM generate_series(1, 5) i;
"""


@pytest.fixture
def takes_back(database: DatabaseUrl, server: LocalServer) -> TakesBack:
    """Run `setup` and `change`, take the change back, and demand schema and rows of before."""

    def run(setup: str, change: str) -> Inverse:
        with connect(database) as connection:
            execute(connection, BASE + setup)
            dumped = dump(database, server.major)
            before = read(connection)
            keep(connection, before)
            execute(connection, change)
            after = read(connection)
            inverse = invert(difference(before, after), before, after)
            refills = refill(inverse, before, after)
            with connection.transaction():
                for sql in (*inverse.prepare, *inverse.restore, *refills, *inverse.finish):
                    try:
                        execute(connection, sql)
                    except Exception as error:
                        raise AssertionError(f"{sql}\nfailed: {error}\nin\n{shown(inverse)}") from error
            assert compare(before, read(connection)) == [], shown(inverse)
            assert dump(database, server.major) == dumped, shown(inverse)
            assert lost_rows(connection, before) == [], shown(inverse)
        return inverse

    return run


def shown(inverse: Inverse) -> str:
    return ";\n".join((*inverse.prepare, "-- restore", *inverse.restore, "-- finish", *inverse.finish))


def execute(connection: Connection, sql: str) -> None:
    connection.execute(sql.encode())


# Rows, kept the simple way: the work of `rollback.keep`, of which these tests know nothing.


def tables(catalog: Catalog) -> list[tuple[str, Object, list[Object]]]:
    """Every table with an id, the place its rows are kept, and its columns that can be written."""
    found = []
    for one in catalog:
        columns = [member for member in catalog.members.get(one.identity, ()) if member.kind == "column"]
        if one.kind == "table" and not one.attributes["partition_key"] and any(c.name == "id" for c in columns):
            columns = [column for column in columns if not column.attributes["generated"]]
            found.append((f"safemigrate.kept_{one.identity[1]}", one, columns))
    return found


def keep(connection: Connection, catalog: Catalog) -> None:
    execute(connection, "CREATE SCHEMA IF NOT EXISTS safemigrate")
    for place, one, _ in tables(catalog):
        name = quote(one.schema, one.name)
        execute(connection, f"CREATE TABLE {place} AS SELECT id::text AS id, to_jsonb(t) AS row FROM {name} t")


def refill(inverse: Inverse, before: Catalog, after: Catalog) -> list[str]:
    said = ["SET session_replication_role = replica"]
    retyped = {(one.table, one.number) for one in inverse.retyped}
    for place, one, columns in tables(before):
        name = quote(one.schema, one.name)
        rows = f"FROM {place} k, jsonb_populate_record(NULL::{name}, k.row) r"
        if one.identity not in after:
            names = ", ".join(quote(column.name) for column in columns)
            values = ", ".join(f"r.{quote(column.name)}" for column in columns)
            said.append(f"INSERT INTO {name} ({names}) SELECT {values} {rows}")
            continue
        lost = [c for c in columns if c.identity not in after or (one.identity, c.identity[2]) in retyped]
        if lost:
            values = ", ".join(f"{quote(column.name)} = r.{quote(column.name)}" for column in lost)
            said.append(f"UPDATE {name} t SET {values} {rows} WHERE k.id = t.id::text")
    return [*said, "SET session_replication_role = origin"]


def lost_rows(connection: Connection, before: Catalog) -> list[str]:
    said = []
    for place, one, _ in tables(before):
        name = quote(one.schema, one.name)
        query = f"""SELECT k.row, to_jsonb(t) FROM {place} k FULL JOIN {name} t ON k.id = t.id::text
                    WHERE k.row IS DISTINCT FROM to_jsonb(t)"""
        said += [f"{name}: {row}" for row in connection.execute(query.encode())]
    return said


def dump(database: DatabaseUrl, major: int) -> list[str]:
    """What pg_dump says of the schema, without the random key it prints, every table's columns in one order."""
    program = programs.client("pg_dump", major)
    done = proc.run(
        [program, "--schema-only", "--exclude-schema=safemigrate*"], environment=programs.environment(database)
    )
    assert done.status == 0, done.stderr
    lines = [line.rstrip(",") for line in done.stdout.splitlines() if "restrict " not in line]
    return sorted(line for line in lines if line and not line.startswith("--"))

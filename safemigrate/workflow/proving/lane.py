"""One way through a history: a database where the migrations run, and a copy of it to prove the next one in."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.catalog import Catalog
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import MigrationFailed, NotSql
from safemigrate.execute import run
from safemigrate.model import Migration
from safemigrate.shadow.provider import Shadow, create_roles
from safemigrate.shadow.rehearse import rehearse
from safemigrate.shadow.replay import runs_whole
from safemigrate.sql import executable, statements_of
from safemigrate.sql.actions import CreateIndex, CreateObject
from safemigrate.workflow.on_server.verify import invalid_indexes
from safemigrate.workflow.rehearsal.plan import as_written
from safemigrate.workflow.rehearsal.scope import at_risk
from safemigrate.workflow.rehearsal.shadows import Database
from safemigrate.workflow.script import Script

# What may outlast its transaction; more than that costs only time.
_SETS = re.compile(r"^\s*(SET|RESET|DISCARD)\b|set_config|\bTEMP", re.IGNORECASE | re.MULTILINE)

_NO_ROLE = re.compile(r'role "(.+)" does not exist')
_ROLE_THERE = re.compile(r'role ".+" already exists')
_ROLES = {"role", "user", "group"}


class Lane:
    """A database in which migrations run one after another as they are written, without rows of our making.

    One that does not run is passed over, as psql would go on after it.
    """

    def __init__(self, shadow: Shadow, name: str, migrations: Sequence[Migration], at: int = 0) -> None:
        """Take the database `name`, which holds what the first `at` migrations made."""
        self._shadow = shadow
        self._url = shadow.url(name)
        self._migrations = migrations
        self._at = at
        self._base = Database(shadow, name)
        self._copy: Database | None = None
        self.catalog: Catalog | None = None  # of the copy, as it was when somebody read it
        self.current = False  # whether it is so still
        self.failed: list[str] = []  # the migrations that did not run

    @property
    def schema(self) -> str:
        """The schema that unqualified names mean."""
        return self._url.schema

    def advance(self, to: int) -> None:
        """Run every migration before number `to`."""
        if self._at < to:
            self.discard()
        while self._at < to:
            migration = self._migrations[self._at]
            try:
                self.step(Script(migration, tuple(statements_of(migration))))
            except (MigrationFailed, NotSql):
                self.failed.append(migration.name)
                self._at += 1

    def copy(self) -> Database:
        """Return a database as this one stands; the last one again, where it was not discarded."""
        if self._copy is None:
            self._copy = self._base.copy(f"{self._base.name}_copy")
            self.current = False
        return self._copy

    def discard(self) -> None:
        """Drop the copy: it no longer is what the migrations alone made."""
        if self._copy is not None:
            self._copy.drop()
        self._copy = None

    def tidy(self, made: Collection[int], catalog: Catalog) -> None:
        """Take from the copy, in which the migration has run too, the rows made for these tables and what was kept.

        Where that is not allowed the copy is discarded.
        """
        assert self._copy is not None
        connection = self._copy.connection
        self._copy.reset()
        for (drop,) in session.rows(connection, _KEPT):
            session.run(connection, drop)
        try:
            with connection.transaction():
                # Without triggers and foreign keys: no row goes but those of these tables.
                session.run(connection, "SET LOCAL session_replication_role = replica")
                for (name,) in session.rows(connection, _NAMES, [list(made)]):
                    session.run(connection, f"DELETE FROM {name}")
                session.run(connection, _REWIND.format(", ".join(map(str, made)) or "0"))
        except session.SqlError as error:
            if session.Refusal.of(error).sqlstate != session.INSUFFICIENT_PRIVILEGE:
                raise
            self.discard()
        else:
            self.catalog, self.current = catalog, True

    def close(self) -> None:
        """Leave the database to others."""
        self._base.close()

    def step(self, script: Script) -> set[str]:
        """Run the next migration as written, and name the tables from before it that it locked or read.

        Roles that it names are made where the server is ours: a provider's are nowhere else. One that it makes may be
        there from another lane. Raises MigrationFailed where it does not run; the database is then as it was, and the
        next is the same still.
        """
        made: set[str] = set()
        while True:
            try:
                return self._step(script)
            except MigrationFailed as error:
                if error.sqlstate == session.DUPLICATE_OBJECT and _ROLE_THERE.match(error.why):
                    script, before = self.without_roles(script), script
                    if script != before:
                        continue
                missing = _NO_ROLE.match(error.why) if self._shadow.own else None
                if error.sqlstate != session.UNDEFINED_OBJECT or not missing or missing[1] in made:
                    raise
                made.add(missing[1])
                create_roles(self._shadow, [missing[1]])

    def without_roles(self, script: Script) -> Script:
        """Leave out what makes a role, on a server of ours: the first to run it made it for every database there."""
        sql, statements = script.migration.sql, list(script.statements)
        for number, one in enumerate(statements):
            if self._shadow.own and all(isinstance(it, CreateObject) and it.kind in _ROLES for it in one.actions):
                nothing = "SELECT".ljust(one.span.end - one.span.start)
                sql = sql[: one.span.start] + nothing + sql[one.span.end :]
                statements[number] = replace(one, sql=nothing)
        return replace(script, migration=replace(script.migration, sql=sql), statements=tuple(statements))

    def _step(self, script: Script) -> set[str]:
        touched = _whole(self._base.connection, script) if runs_whole(script.statements) else None
        if touched is None and len(script.statements) == 1:
            touched = _alone(self._base.connection, script)
        if touched is None:
            touched = self._in_parts(script)
        if _SETS.search(script.migration.sql):
            self._base.reset()
        self._at += 1
        return touched

    def _in_parts(self, script: Script) -> set[str]:
        """Run a migration that is no single transaction; it may fail half way, so a copy stands ready."""
        spare = self._base.copy(f"{self._base.name}_spare")
        try:
            connection = self._base.connection
            statements = executable(script.migration, script.statements)
            seen = rehearse(connection, script.migration, statements, as_written(connection))
        except MigrationFailed:
            self._base.drop()
            spare.copy(self._base.name)
            raise
        finally:
            spare.drop()
        return at_risk(seen.observations) | {table for one in seen.observations for table in one.trace.locks}


def _whole(connection: Connection, script: Script) -> set[str] | None:
    """Run a file as one message, as Prisma does; None where the server does not take it so."""
    names = dict(session.rows(connection, _TABLES))
    try:
        with connection.transaction():
            run.execute(connection, script.migration.sql)
            locked = session.rows(connection, _LOCKED)
    except MigrationFailed:
        return None
    return {names[oid] for (oid,) in locked if oid in names}


def _alone(connection: Connection, script: Script) -> set[str]:
    """Run a file's only statement in no transaction block; a concurrent build that fails leaves nothing behind."""
    names = [name for _, name in session.rows(connection, _TABLES)]
    before = invalid_indexes(connection)
    try:
        run.execute(connection, script.migration.sql)
    except MigrationFailed:
        for index in invalid_indexes(connection) - before:
            session.run(connection, f"DROP INDEX {index}")
        raise
    said = {action.table.name for action in script.statements[0].actions if isinstance(action, CreateIndex)}
    return {name for name in names if any(name.endswith(f".{quote(one)}") for one in said)}


_TABLES = """
SELECT c.oid, format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$|safemigrate(_|$))'
"""

_LOCKED = """
SELECT DISTINCT relation FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_NAMES = "SELECT oid::regclass::text FROM pg_class WHERE oid = ANY (%s::oid[])"

_REWIND = """
SELECT setval(s.seqrelid::regclass, s.seqstart, false) FROM pg_sequence s
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
WHERE d.refobjid IN ({})
"""

# Names as execute.journal and rollback.scene make them; the journal itself stays.
_KEPT = """
SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname ~ '^safemigrate_'
UNION ALL
SELECT format('DROP TABLE safemigrate.%I CASCADE', relname) FROM pg_class
WHERE relnamespace = to_regnamespace('safemigrate') AND relkind = 'r' AND relname ~ '^(kept|left)_'
"""

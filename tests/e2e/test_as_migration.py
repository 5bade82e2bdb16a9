"""A way back written as a migration: applied here with its data, and deployed elsewhere by the real Prisma."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.digest import differences
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Result
from safemigrate.prisma import command
from safemigrate.prisma.project import find
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.rollback import rollback
from tests.e2e.test_story import FIRST, ROWS, SECOND, generate, request, rows
from tests.prisma_cli import PrismaCli, only

pytestmark = pytest.mark.prisma


@only("5.22.0", "7.10.0")  # one sends a file whole, the other a statement at a time
def test_every_environment_converges(
    prisma: PrismaCli, database: DatabaseUrl, shadow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.prisma())
    project = tmp_path / "project"
    generate(prisma, project, database, FIRST, "init", shadow)
    with connect(database) as connection:
        session.run(connection, ROWS)
        before, data = read(connection), rows(database)
    assert generate(prisma, project, database, SECOND, "tidy up", shadow).result is Result.APPLIED

    prisma.project(project, FIRST)  # the schema goes back as well
    back = RollbackOptions(as_migration=True, shadow=shadow)
    assert rollback(request(project, database), back).result is Result.OK
    done = apply(request(project, database), ApplyOptions(generate=False, shadow=shadow))
    assert done.result is Result.APPLIED
    with connect(database) as connection:
        assert compare(before, read(connection)) == []
    assert differences(data, rows(database)) == []
    assert prisma.run(project, "migrate", "status", url=database.prisma()).returncode == 0
    assert command.diff(find(project), database) == ""

    # Nothing was kept in a database that plain Prisma makes from the whole history.
    other = database.with_database(f"{database.database}_other")
    with connect(database) as connection:
        session.run(connection, f'CREATE DATABASE "{other.database}"')
    try:
        deployed = prisma.run(project, "migrate", "deploy", url=other.prisma())
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        monkeypatch.setenv("DATABASE_URL", other.prisma())
        assert command.diff(find(project), other) == ""
    finally:
        with connect(database) as connection:
            session.run(connection, f'DROP DATABASE "{other.database}" WITH (FORCE)')

"""What the real `prisma migrate deploy` does after a rollback, with a guard and once it is released."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Result, silent
from safemigrate.prisma import history
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.release import release
from safemigrate.workflow.request import Request
from safemigrate.workflow.rollback import rollback
from safemigrate.workflow.status import status
from tests.prisma_cli import PrismaCli, only

pytestmark = pytest.mark.prisma

FIRST, SECOND = "20260101000000_init", "20260102000000_slim"
INIT = 'CREATE TABLE "User" ("id" SERIAL NOT NULL, "bio" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\n'
MODELS = "model User {\n  id Int @id @default(autoincrement())\n}\n"


def columns(url: DatabaseUrl) -> list[str]:
    with connect(url) as connection:
        query = "SELECT attname FROM pg_attribute WHERE attrelid = '\"User\"'::regclass AND attnum > 0"
        return [str(row[0]) for row in session.rows(connection, f"{query} AND NOT attisdropped ORDER BY 1")]


@only("5.22.0", "7.10.0")
def test_deploy_stops_at_the_guard_and_goes_on_after_release(
    prisma: PrismaCli, database: DatabaseUrl, shadow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.prisma())
    project = prisma.project(tmp_path / "project", MODELS)
    for name, sql in ((FIRST, INIT), (SECOND, 'ALTER TABLE "User" DROP COLUMN "bio";\n')):
        folder = project / "prisma" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql)
    (project / "prisma" / "migrations" / "migration_lock.toml").write_text('provider = "postgresql"\n')
    request = Request(
        project, None, database.prisma(), Settings(), silent, False, None, None, lambda *_: True, lambda _question: True
    )
    assert apply(request, ApplyOptions(generate=False, shadow=shadow)).result is Result.APPLIED

    def deploy() -> tuple[int, str]:
        done = prisma.run(project, "migrate", "deploy", url=database.prisma())
        return done.returncode, done.stdout + done.stderr

    assert rollback(request, RollbackOptions(guard=True)).result is Result.ROLLED_BACK
    code, said = deploy()
    assert code != 0
    assert "P3009" in said
    assert history.GUARD in said
    assert columns(database) == ["bio", "id"]
    assert status(request).result is Result.OK

    # By hand, as Prisma's own message suggests: from then on only safemigrate holds.
    done = prisma.run(project, "migrate", "resolve", "--rolled-back", history.GUARD, url=database.prisma())
    assert done.returncode == 0, done.stdout + done.stderr
    standing = status(request)
    assert standing.result is Result.OK
    assert {one.name: one.state for one in standing.migrations} == {FIRST: "applied", SECOND: "held"}

    with connect(database) as connection:
        history.raise_guard(connection, "public", "again")
    assert deploy()[0] != 0
    release(request, SECOND)
    code, said = deploy()
    assert code == 0, said
    assert columns(database) == ["id"]
    done = prisma.run(project, "migrate", "status", url=database.prisma())
    assert done.returncode == 0, done.stdout + done.stderr
    assert status(request).result is Result.OK

"""The whole way with the real Prisma CLIs: generate, apply, write on, roll back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.digest import Digest, differences, digest
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import HistoryError
from safemigrate.execute import journal
from safemigrate.model import Outcome, Result, Verdict, silent
from safemigrate.prisma import command
from safemigrate.prisma.project import find
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.rollback import rollback
from tests.prisma_cli import PrismaCli, only

pytestmark = pytest.mark.prisma

FIRST = """
enum Role {
  ADMIN
  AUTHOR
  READER
}

model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
  bio   String?
  role  Role    @default(READER)
  score Decimal @db.Decimal(12, 6)
  posts Post[]
  notes Note[]
}

model Post {
  id       Int    @id @default(autoincrement())
  title    String
  author   User   @relation(fields: [authorId], references: [id])
  authorId Int
}

model Note {
  id     Int    @id @default(autoincrement())
  text   String
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)
  userId Int
}
"""

SECOND = """
enum Role {
  ADMIN
  READER
}

model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
  role  Role    @default(READER)
  score Decimal @db.Decimal(12, 2)
  posts Post[]
}

model Post {
  id        Int      @id @default(autoincrement())
  title     String
  published Boolean  @default(false)
  author    User     @relation(fields: [authorId], references: [id])
  authorId  Int

  @@index([authorId])
}
"""

ROWS = """
INSERT INTO "User" (email, name, bio, role, score)
SELECT 'user' || n || '@example.org', 'User ' || n, CASE WHEN n % 3 = 0 THEN 'It''s 100 % me' END,
       (ARRAY['ADMIN', 'READER'])[1 + n % 2]::"Role", n + 0.123456 FROM generate_series(1, 40) AS n;
INSERT INTO "Post" (title, "authorId") SELECT 'Post ' || n, 1 + n % 40 FROM generate_series(1, 90) AS n;
INSERT INTO "Note" (text, "userId") SELECT 'Note ' || n, 1 + n % 40 FROM generate_series(1, 60) AS n;
"""

SINCE = """
INSERT INTO "User" (email, score) VALUES ('since@example.org', 7);
UPDATE "User" SET name = 'Renamed' WHERE id = 5;
DELETE FROM "Post" WHERE id = 9;
"""


def request(project: Path, url: DatabaseUrl) -> Request:
    def consent(database: str, losses: Sequence[str]) -> bool:
        assert losses
        return database == url.database

    return Request(project, None, url.prisma(), Settings(), silent, False, None, None, consent, lambda _question: True)


def generate(prisma: PrismaCli, project: Path, url: DatabaseUrl, models: str, name: str, shadow: str) -> Outcome:
    prisma.project(project, models)
    outcome = apply(request(project, url), ApplyOptions(name=name, generate=True, shadow=shadow))
    assert prisma.run(project, "migrate", "status", url=url.prisma()).returncode == 0
    assert command.diff(find(project), url) == ""
    return outcome


def rows(url: DatabaseUrl) -> dict[str, Digest]:
    with connect(url) as connection:
        return digest(connection)


@only("5.22.0")  # tests/prisma/test_command.py has each command of each, test_first_day and test_as_migration 7 in full
def test_apply_and_rollback_with_prisma(
    prisma: PrismaCli, database: DatabaseUrl, shadow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.prisma())
    project = tmp_path / "project"
    first = generate(prisma, project, database, FIRST, "init", shadow)
    assert first.result is Result.APPLIED
    with connect(database) as connection:
        session.run(connection, ROWS)
        before = read(connection)

    second = generate(prisma, project, database, SECOND, "tidy up", shadow)
    (migration,) = second.migrations
    assert migration.proof is not None
    assert migration.proof.verdict is Verdict.EXACT, migration.proof.reasons
    assert {finding.rule for finding in migration.findings} >= {"drop-table", "drop-column", "type-change"}
    with connect(database) as connection:
        session.run(connection, SINCE)

    back = rollback(request(project, database), RollbackOptions())
    assert back.result is Result.ROLLED_BACK
    with connect(database) as connection:
        assert compare(before, read(connection)) == []
        wanted = database.with_database(database.database + "_never")
        session.run(connection, f'CREATE DATABASE "{wanted.database}"')
    try:
        with connect(wanted) as connection:
            sql = next((project / "prisma" / "migrations").glob("*_init/migration.sql")).read_text()
            for script in (sql, ROWS, SINCE):
                session.run(connection, script)
        assert differences(rows(wanted), rows(database)) == []
    finally:
        with connect(database) as connection:
            session.run(connection, f'DROP DATABASE "{wanted.database}" WITH (FORCE)')

    # It stays back until somebody releases it, also for `migrate deploy`'s sake.
    with pytest.raises(HistoryError, match="on hold"):
        apply(request(project, database), ApplyOptions(generate=False))
    with connect(database) as connection:
        assert journal.release(connection, migration.name)
    again = apply(request(project, database), ApplyOptions(generate=False))
    assert again.result is Result.APPLIED
    assert prisma.run(project, "migrate", "status", url=database.prisma()).returncode == 0
    assert command.diff(find(project), database) == ""

"""A project on SQLite, in a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db.sqlite.catalog import read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import connect, rows
from safemigrate.db.sqlite.copy import backup
from safemigrate.db.sqlite.rows import differences
from safemigrate.model import Outcome, silent
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.rollback import rollback

SCHEMA = 'datasource db {\n  provider = "sqlite"\n  url      = "file:./dev.db"\n}\n'
INIT, CHANGE = "20240101000000_init", "20240202000000_change"


@dataclass
class Project:
    """A project and its file. `asked` are the losses that consent was asked for; `agrees` answers."""

    folder: Path
    agrees: bool = True
    asked: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "prisma" / "dev.db"

    def write(self, name: str, sql: str) -> None:
        """Add a migration."""
        folder = self.folder / "prisma" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql, encoding="utf-8")

    def run(self, *statements: str) -> None:
        """Run SQL on the file, as an application would."""
        with connect(self.file, create=True) as connection:
            for sql in statements:
                connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the file."""
        with connect(self.file) as connection:
            return rows(connection, sql)

    def keep(self, name: str) -> Path:
        """Copy the file as it is."""
        copy = self.folder / name
        backup(self.file, copy)
        return copy

    def unlike(self, copy: Path) -> list[str]:
        """Say how the file is not what it was, schema and rows."""
        with connect(self.file) as connection:
            connection.attach(copy, "copy")
            return [*compare(read(connection, "copy"), read(connection)), *differences(connection, "copy", "main")]

    def request(self) -> Request:
        """Ask for nothing, answer every question."""

        def consent(_database: str, losses: Sequence[str]) -> bool:
            self.asked += losses
            return self.agrees

        return Request(
            project=self.folder,
            schema=None,
            url=None,
            settings=self.settings,
            on_progress=silent,
            interactive=False,
            confirm=None,
            ask_name=None,
            consent=consent,
            proceed=lambda _question: True,
        )

    def apply(self, *, dry_run: bool = False, snapshot: str = "scoped") -> Outcome:
        """Run `safemigrate apply`."""
        return apply(self.request(), ApplyOptions(dry_run=dry_run, snapshot=snapshot))

    def rollback(self, options: RollbackOptions | None = None) -> Outcome:
        """Run `safemigrate rollback`."""
        return rollback(self.request(), options or RollbackOptions())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with users and posts, their rows, and what Prisma knows nothing of."""
    (tmp_path / "prisma" / "migrations").mkdir(parents=True)
    (tmp_path / "prisma" / "schema.prisma").write_text(SCHEMA)
    (tmp_path / "prisma" / "migrations" / "migration_lock.toml").write_text('provider = "sqlite"\n')
    (tmp_path / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    made = Project(tmp_path)
    made.write(
        INIT,
        """
        CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "bio" TEXT,
          "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE "Post" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "title" TEXT NOT NULL,
          "authorId" INTEGER NOT NULL,
          CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" ("id") ON DELETE CASCADE);
        CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
        """,
    )
    made.apply()
    made.run(
        "INSERT INTO User (email, bio) VALUES ('a@x', 'hello'), ('b@x', NULL), ('c@x', 'yes'), ('gone@x', NULL)",
        "INSERT INTO Post (title, authorId) VALUES ('one', 1), ('three', 3)",
        "DELETE FROM User WHERE email = 'gone@x'",  # the counter stays where it is
    )
    return made

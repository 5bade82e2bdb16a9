"""The example project, developed on SQLite and deployed on PostgreSQL: ten changes on both, and all of them back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safemigrate.cli.app import main
from safemigrate.config import load
from safemigrate.db import session
from safemigrate.db.catalog import read as read_server
from safemigrate.db.digest import differences as rows_differ
from safemigrate.db.digest import digest
from safemigrate.db.fingerprint import compare as compare_server
from safemigrate.db.postgres import connect
from safemigrate.db.sqlite import catalog as files
from safemigrate.db.sqlite import compare as file_compare
from safemigrate.db.sqlite import connection as file_connection
from safemigrate.db.url import DatabaseUrl
from safemigrate.prisma import command
from safemigrate.prisma.in_step.compare import differences
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.pair import Pair, pair
from safemigrate.prisma.schema.reader import read
from safemigrate.shadow.local import LocalServer
from tests.prisma_cli import PrismaCli, only
from tests.repositories import commit, git

pytestmark = pytest.mark.prisma

EXAMPLE = Path(__file__).parents[2] / "examples" / "research-platform"
SERVER, FILE = Path("prisma/schema.prisma"), Path("prisma/schema.sqlite.prisma")

ROWS = """
INSERT INTO "User" ("id", "name", "email", "institution", "createdAt", "updatedAt")
  VALUES ('u1', 'Ada', 'ada@example.org', 'KIT', 1700000000000, 1700000000001), ('u2', NULL, NULL, NULL, 1, 2);
INSERT INTO "UserSettings" ("id", "userId", "theme") VALUES ('s1', 'u1', 'dark');
INSERT INTO "UserProfile" ("id", "userId", "website") VALUES ('f1', 'u1', 'https://example.org'), ('f2', 'u2', NULL);
INSERT INTO "ElectrodeMaterial" ("name", "kind", "conductivity")
  VALUES ('graphite', 'CARBON', 12.5), ('MnO2', 'OXIDE', NULL);
INSERT INTO "Experiment" ("id", "ownerId", "title", "anodeId", "updatedAt")
  VALUES ('e1', 'u1', 'First', 1, 1700000000000);
INSERT INTO "Measurement" ("experimentId", "takenAt", "voltage", "current")
  VALUES ('e1', 1700000000000, 1.25, 0.000001), ('e1', 1700000001000, 1.5, -0.2);
INSERT INTO "Paper" ("id", "slug", "title", "year", "addedById", "citationCount")
  VALUES ('p1', 'one', 'One', 2020, 'u1', 1), ('p2', 'two', 'Two', 2021, NULL, 0);
INSERT INTO "Citation" ("citingId", "citedId") VALUES ('p2', 'p1');
INSERT INTO "Author" ("name", "affiliation") VALUES ('Ada', 'KIT'), ('Bea', NULL);
INSERT INTO "PaperAuthor" VALUES ('p1', 1, 1), ('p2', 2, 1);
"""


@dataclass(frozen=True)
class Change:
    """An edit of one schema; `follows` is what must then be in the other."""

    name: str
    schema: Path
    edits: tuple[tuple[str, str], ...]
    follows: str


CHANGES = (
    Change("phone", FILE, (("  institution   String?\n", "  institution   String?\n  phone String?\n"),), "phone "),
    Change(
        "paper_state",
        SERVER,
        (
            (
                "  citationCount Int      @default(0)\n",
                "  citationCount Int @default(0)\n  state PaperState @default(DRAFT)\n",
            ),
            ("enum UnitSystem {", "enum PaperState {\n  DRAFT\n  PUBLISHED\n}\n\nenum UnitSystem {"),
        ),
        '@default("DRAFT")',
    ),
    Change(
        "datasets",
        SERVER,
        (
            ("  predictions  Prediction[]\n", "  predictions  Prediction[]\n  datasets Dataset[]\n"),
            (
                "model Prediction {",
                "model Dataset {\n  id BigInt @id @default(autoincrement())\n  experimentId String\n  tags String[]\n"
                '  about Json @default("{}")\n  size Decimal @db.Decimal(12, 2)\n\n  experiment Experiment'
                " @relation(fields: [experimentId], references: [id], onDelete: Cascade)\n\n  @@index([experimentId])\n"
                "  @@index([about], type: Gin)\n}\n\nmodel Prediction {",
            ),
        ),
        "model Dataset {",
    ),
    Change("no_website", FILE, (("  website   String?\n", ""),), ""),
    Change(
        "title_optional",
        FILE,
        (("  journal       String?\n  year          Int\n", "  journal       String?\n  year          Int?\n"),),
        "Int?",
    ),
    Change("count_grows", SERVER, (("  citationCount Int ", "  citationCount BigInt "),), "BigInt"),
    Change(
        "material_once",
        FILE,
        (
            (
                '  properties   String   @default("{}")\n',
                '  properties   String   @default("{}")\n\n  @@unique([name, kind])\n',
            ),
        ),
        "@@unique([name, kind])",
    ),
    Change(
        "papers_by_journal", FILE, (("  @@index([year])", "  @@index([year, journal])"),), "@@index([year, journal])"
    ),
    Change(
        "papers_go_with_user",
        SERVER,
        (
            (
                "  addedBy User?         @relation(fields: [addedById], references: [id])",
                "  addedBy User? @relation(fields: [addedById], references: [id], onDelete: Cascade)",
            ),
        ),
        "references: [id], onDelete: Cascade)",
    ),
    Change(
        "no_settings",
        FILE,
        (
            ("  settings       UserSettings?\n", ""),
            (
                "model UserSettings {\n  id                 String  @id @default(cuid())\n"
                "  userId             String  @unique\n"
                '  theme              String  @default("system")\n  language           String  @default("en")\n'
                '  timezone           String  @default("UTC")\n  emailNotifications Boolean @default(true)\n\n'
                "  user User @relation(fields: [userId], references: [id], onDelete: Cascade)\n}\n\n",
                "",
            ),
        ),
        "",
    ),
)


@dataclass(frozen=True)
class Both:
    """A project with both databases."""

    sides: Pair
    url: DatabaseUrl

    @property
    def file(self) -> Path:
        return Path("prisma/dev.db").resolve()

    def run(self, *arguments: str) -> None:
        """Run a command on one side after the other."""
        for schema, name in ((FILE, "dev.db"), (SERVER, self.url.database)):
            code = main([*arguments, "--schema", str(schema), "--no-interactive", "--confirm", name])
            assert code == 0, (arguments, schema)

    def state(self) -> tuple[Any, ...]:
        """Schema and rows of both databases."""
        with connect(self.url) as server, file_connection.connect(self.file, write=False) as file:
            catalog = files.read(file)
            rows = {
                name: sorted(map(repr, file_connection.rows(file, f"SELECT * FROM {file_connection.quote(name)}")))
                for name in catalog.tables
                if name != files.PRISMA
            }
            return read_server(server), digest(server), catalog, rows


def in_step(sides: Pair) -> bool:
    return differences(read(sides.production.files), read(sides.development.files), (5, 22)) == []


@pytest.fixture
def both(
    prisma: PrismaCli, database: DatabaseUrl, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Both:
    """The example as its team has it: deployed on a server by Prisma, on a file by safemigrate, with rows on both."""
    project = tmp_path / "research-platform"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("node_modules", ".env", "*.db"))
    (project / "node_modules").symlink_to(prisma.folder / "node_modules")
    monkeypatch.chdir(project)
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", database.prisma())
    monkeypatch.setenv("SQLITE_URL", "file:./dev.db")
    host = server.url
    monkeypatch.setenv("SAFEMIGRATE_SHADOW_URL", f"postgresql://{host.user}@{host.host}:{host.port}/postgres")
    git(project, "init", "-q", "-b", "main")
    commit(project)
    deployed = prisma.run(project, "migrate", "deploy", url=database.prisma())
    assert deployed.returncode == 0, deployed.stderr
    with connect(database) as connection:
        session.run(connection, Path("prisma/seed.sql").read_text())
    assert main(["apply", "--schema", str(FILE), "--no-generate", "--no-interactive"]) == 0
    sides = pair(project, load(project))
    assert sides is not None
    made = Both(sides, database)
    with file_connection.connect(made.file) as file:
        for statement in ROWS.split(";\n"):
            if statement.strip():
                file_connection.run(file, statement)
    return made


@only("5.22.0")
def test_ten_changes_go_to_both_and_come_back(both: Both, capsys: pytest.CaptureFixture[str]) -> None:
    sides = both.sides
    before, histories = both.state(), [migrations(one) for one in (sides.production, sides.development)]
    for change in CHANGES:
        other = FILE if change.schema is SERVER else SERVER
        text, was = change.schema.read_text(), other.read_text()
        for old, new in change.edits:
            assert text.count(old) == 1, (change.name, old)
            text = text.replace(old, new)
        change.schema.write_text(text)
        assert not in_step(sides), change.name
        assert main(["check", "--fix", str(other), "--no-interactive"]) == 0
        assert in_step(sides), change.name
        assert change.follows in other.read_text()
        assert other.read_text() != was
        both.run("apply", "--generate", "--name", change.name)
        commit(Path.cwd(), change.name)
    after = both.state()
    # Prisma agrees: both databases are what the schemas ask for, and both histories what the databases have
    assert command.diff(sides.production, both.url) == ""
    assert command.diff(sides.development, DatabaseUrl.parse(f"file:{both.file}")) == ""
    for one, known in zip((sides.production, sides.development), histories, strict=True):
        assert [each.name.partition("_")[2] for each in migrations(one)[len(known) :]] == [one.name for one in CHANGES]
    assert "AUTOINCREMENT" in after[2].tables["Dataset"].sql
    both.run("rollback", "--last", str(len(CHANGES)))
    same(both.state(), before)
    both.run("rollback", "--undo")
    same(both.state(), after)
    capsys.readouterr()


def same(now: tuple[Any, ...], then: tuple[Any, ...]) -> None:
    assert compare_server(then[0], now[0]) == []
    assert rows_differ(then[1], now[1]) == []
    assert file_compare.compare(then[2], now[2]) == []
    assert now[3] == then[3]

"""What is held against the end of a history: schema.prisma by Prisma's CLI, a live database by its catalog."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Outcome, Result, silent
from safemigrate.shadow.local import LocalServer
from safemigrate.workflow.check_branch import BranchOptions, check_branch
from safemigrate.workflow.gate.effort import Effort
from safemigrate.workflow.request import Request
from tests.prisma_cli import PrismaCli, installed_prisma, only, prisma
from tests.repositories import BASE, NEW, SCHEMA, TAG, commit, git, migration, project

__all__ = ["installed_prisma", "prisma"]

INIT, BIO = BASE
PRISMA = """\
#!/bin/sh
echo asked >> "$(dirname "$0")/asked"
for word in "$@"; do [ "$last" = --to-schema-datamodel ] && schema=$word; last=$word; done
said=0
if grep -q broken "$schema"; then echo "Error code: P1012" >&2; exit 1; fi
if grep -q "model Tag" "$schema"; then echo 'CREATE TABLE "Tag" ();'; said=2; fi
if grep -q never_there "$schema"; then echo 'ALTER TABLE "User" ADD COLUMN never_there text;'; said=2; fi
exit $said
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("original") / "repository")


@pytest.fixture
def root(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(original, tmp_path / "repository", symlinks=True)


def install(root: Path) -> Path:
    """Put a Prisma in its place that answers without an engine."""
    (root / ".gitignore").write_text("node_modules\n")
    folder = root / "node_modules" / ".bin"
    folder.mkdir(parents=True)
    (folder / "prisma").write_text(PRISMA)
    (folder / "prisma").chmod(0o755)
    package = root / "node_modules" / "prisma" / "package.json"
    package.parent.mkdir()
    package.write_text(json.dumps({"name": "prisma", "version": "6.19.3"}))
    return folder / "asked"


def check(root: Path, server: LocalServer, url: DatabaseUrl | None = None, **effort: object) -> Outcome:
    request = Request(
        project=root,
        schema=None,
        url=f"postgresql://{url.user}@{url.host}:{url.port}/{url.database}" if url else None,
        settings=Settings(),
        on_progress=silent,
        interactive=False,
        confirm=None,
        ask_name=None,
        consent=lambda *_: False,
        proceed=lambda _: False,
    )
    return check_branch(request, BranchOptions(effort=Effort(shadow=str(server.url), **effort)))  # type: ignore[arg-type]


def whole(outcome: Outcome) -> dict[str, str]:
    return {one.rule: one.severity.value for one in outcome.findings}


def write_schema(root: Path, more: str) -> None:
    (root / "prisma" / "schema.prisma").write_text(SCHEMA + more)


def test_a_schema_that_no_migration_follows(root: Path, server: LocalServer) -> None:
    asked = install(root)
    write_schema(root, "model Tag {\n  id Int @id\n}\n")
    for _ in range(2):  # then from memory
        outcome = check(root, server)
        assert (outcome.result, whole(outcome)) == (Result.BLOCKED, {"schema-drift": "error"})
        assert 'CREATE TABLE "Tag" ()' in outcome.findings[0].message
        assert outcome.findings[0].help == "npx prisma migrate dev --create-only"
        assert asked.read_text().count("asked") == 2  # about the branch, and about the base
    check(root, server, cache=False)
    assert asked.read_text().count("asked") == 4
    assert whole(check(root, server, drift=False)) == {}


def test_a_difference_that_the_base_has_too_is_none_of_the_branch(root: Path, server: LocalServer) -> None:
    git(root, "checkout", "-q", "main")
    write_schema(root, "// never_there\n")
    commit(root)
    git(root, "checkout", "-q", "-B", "topic")
    install(root)
    migration(root, NEW, TAG)
    outcome = check(root, server)
    assert (outcome.result, whole(outcome)) == (Result.OK, {"schema-drift": "warning"})
    assert ", on the base too" in outcome.findings[0].message
    write_schema(root, "// never_there\nmodel Tag {\n  id Int @id\n}\n")
    outcome = check(root, server)
    assert (outcome.result, whole(outcome)) == (Result.BLOCKED, {"schema-drift": "error"})
    assert "never_there" not in outcome.findings[0].message


def test_nobody_is_asked_about_a_branch_that_touches_neither(root: Path, server: LocalServer) -> None:
    asked = install(root)
    commit(root)
    (root / "README.md").write_text("new")
    assert check(root, server).result is Result.NOTHING
    assert not asked.exists()


def test_without_prisma_it_is_said(root: Path, server: LocalServer) -> None:
    write_schema(root, "model Tag {\n  id Int @id\n}\n")
    outcome = check(root, server)
    assert (outcome.result, whole(outcome)) == (Result.OK, {"schema-without-migration": "warning"})
    migration(root, NEW, TAG)
    outcome = check(root, server)
    assert (outcome.result, whole(outcome)) == (Result.OK, {})
    assert "Prisma's CLI is not installed" in outcome.notes[0]


def test_a_prisma_that_fails_leaves_the_rest_told(root: Path, server: LocalServer) -> None:
    install(root)
    write_schema(root, "// broken\nmodel Tag {\n  id Int @id\n}\n")
    migration(root, NEW, TAG)
    outcome = check(root, server)
    assert outcome.result is Result.INCOMPLETE
    assert "schema.prisma is not valid" in outcome.notes[0]
    assert [one.state for one in outcome.migrations] == ["proven"]


@pytest.mark.prisma
@only("6.19.3")
def test_the_real_prisma(root: Path, server: LocalServer, prisma: PrismaCli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in prisma.environment.items():
        monkeypatch.setenv(name, value)
    (root / ".gitignore").write_text("node_modules\n")
    prisma.project(root, "model User {\n  id Int @id\n  name String?\n  bio String?\n  age Int?\n}\n")
    outcome = check(root, server)
    assert whole(outcome) == {"schema-drift": "error"}
    assert 'ADD COLUMN "age" INTEGER' in outcome.findings[0].message
    migration(root, NEW, 'ALTER TABLE "User" ADD COLUMN "age" INTEGER;')
    assert whole(check(root, server)) == {}


def deployed(database: DatabaseUrl, history: dict[str, str]) -> None:
    """Apply a history, as Prisma records it."""
    with connect(database) as connection:
        session.run(
            connection,
            "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, "
            "finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, "
            "started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)",
        )
        for name, sql in history.items():
            session.run(connection, sql)
            connection.execute(
                "INSERT INTO _prisma_migrations VALUES (gen_random_uuid(), %s, now(), %s, null, null, now(), 1)",
                [hashlib.sha256(sql.encode()).hexdigest(), name],
            )


@pytest.mark.parametrize(
    ("there", "by_hand", "expected"),
    [
        (BASE, "", {}),
        ({INIT: BASE[INIT]}, "", {}),
        ({**BASE, NEW: TAG}, "", {}),
        (BASE, 'CREATE INDEX by_hand ON "User" (name)', {"database-drift": "warning"}),
        ({**BASE, "20250401000000_lost": "SELECT 1;"}, "", {"missing-migration": "warning", "out-of-order": "warning"}),
        ({**BASE, BIO: BASE[BIO] + "-- edited"}, "", {"edited-after-apply": "error"}),
        (
            BASE,
            "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name ~ 'bio'",
            {"failed-migration": "error"},
        ),
    ],
    ids=["as-the-base", "behind", "ahead", "drift", "missing", "edited", "failed"],
)
def test_a_live_database(
    root: Path,
    server: LocalServer,
    database: DatabaseUrl,
    there: dict[str, str],
    by_hand: str,
    expected: dict[str, str],
) -> None:
    deployed(database, there)
    if by_hand:
        with connect(database) as connection:
            session.run(connection, by_hand)
    name = "20250302000000_early" if "out-of-order" in expected else NEW
    migration(root, name, TAG)
    before = _schema(database)
    outcome = check(root, server, database)
    assert whole(outcome) == expected
    assert outcome.database == str(database)
    assert _schema(database) == before


def test_a_database_without_a_history_is_named(root: Path, server: LocalServer, database: DatabaseUrl) -> None:
    outcome = check(root, server, database)
    assert "has no migration history" in outcome.notes[0]


def _schema(database: DatabaseUrl) -> list[tuple[object, ...]]:
    with connect(database) as connection:
        return session.rows(connection, "SELECT relname, relfilenode FROM pg_class WHERE oid >= 16384 ORDER BY 1")

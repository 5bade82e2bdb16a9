"""`check` on a branch of a SQLite project: no server, no shadow but copies of a file."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.golden.conftest import golden
from tests.repositories import BASE, NEW, TAG, commit, git, migration, project

__all__ = ["golden"]

INIT, BIO = BASE
REBUILD = """\
-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT);
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""
NOWHERE = 'ALTER TABLE "Nowhere" ADD COLUMN x int;\n'


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("original") / "repository", "sqlite")


@pytest.fixture
def root(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any) -> Path:
    root = shutil.copytree(original, tmp_path / "repository", symlinks=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    return root


def rules(document: dict[str, Any]) -> dict[str, list[str]]:
    return {one["name"]: [finding["rule"] for finding in one["findings"]] for one in document["migrations"]}


@pytest.mark.parametrize(
    ("does", "code", "expected"),
    [
        (lambda root: None, 0, {}),
        (lambda root: migration(root, NEW, TAG), 0, {NEW: []}),
        (lambda root: migration(root, NEW, REBUILD), 1, {NEW: ["drop-column"]}),
        (lambda root: migration(root, NEW, 'ALTER TABLE "User" DROP COLUMN "bio";'), 1, {NEW: ["drop-column"]}),
        (lambda root: migration(root, NEW, NOWHERE), 1, {NEW: ["does-not-run"]}),
        (lambda root: migration(root, "20250201000000_late", TAG), 0, {"20250201000000_late": ["out-of-order"]}),
        (lambda root: migration(root, BIO, "SELECT 1;"), 1, {BIO: ["edited-after-apply"]}),
    ],
    ids=["nothing", "safe", "rebuild", "loss", "fails", "late", "edited"],
)
def test_what_a_branch_may_do(
    root: Path,
    invoke: Any,
    golden: Callable[[str, str], None],
    does: Callable[[Path], object],
    code: int,
    expected: dict[str, list[str]],
    request: pytest.FixtureRequest,
) -> None:
    does(root)
    commit(root)
    ran = invoke("check", "--json")
    assert (ran.code, rules(json.loads(ran.stdout))) == (code, expected)
    text = re.sub(r"SQLite [\d.]+", "SQLite VERSION", invoke("check").stdout)
    golden(f"gate/sqlite-{request.node.callspec.id}.txt", text)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github", "gitlab", "sarif", "junit", "html"])
def test_no_report_speaks_of_a_server(root: Path, invoke: Any, form: str) -> None:
    migration(root, NEW, REBUILD)
    said = invoke("check", "--format", form).stdout.replace("server_version", "")
    if form == "sarif":  # which has the texts of the rules too
        said = json.dumps(json.loads(said)["runs"][0]["results"])
    assert "drop-column" in said
    assert not re.search("postgres|locks? held|server", said, re.IGNORECASE)


def test_what_is_new_is_proven_with_rows_and_drawn(root: Path, invoke: Any) -> None:
    migration(root, NEW, 'ALTER TABLE "User" RENAME COLUMN "bio" TO "about"; UPDATE "User" SET "about" = 1;')
    document = json.loads(invoke("check", "--json").stdout)
    (one,) = document["migrations"]
    assert (one["state"], one["rollback"]["verdict"], one["rollback"]["proof"]["rows"]) == ("proven", "exact", 5)
    assert one["statements"][1]["rows"] == {'"User"': {"inserted": 0, "updated": 5, "deleted": 0}}
    (table,) = document["change"]["tables"]
    assert [(one["before"]["name"], one["after"]["name"]) for one in table["columns"]] == [
        ("id", "id"),
        ("name", "name"),
        ("bio", "about"),
    ]


def test_what_a_cascade_takes_is_an_error_too(root: Path, invoke: Any) -> None:
    post = 'CREATE TABLE "Post" (id int PRIMARY KEY, by int REFERENCES "User" (id) ON DELETE CASCADE);'
    migration(root, "20250401000000_post", post)
    commit(root)
    git(root, "branch", "-qf", "main")
    migration(root, NEW, 'DELETE FROM "User" WHERE id > 0;')
    document = json.loads(invoke("check", "--json").stdout)
    (one,) = document["migrations"]
    seen = {finding["subject"]: finding for finding in one["findings"] if finding["rule"] == "seen-loss"}
    assert (seen['"Post"']["severity"], seen['"Post"']["count"]) == ("error", None)
    assert seen['"Post"']["message"].startswith('"Post": rows are deleted')


def test_an_unchanged_branch_is_known_again(root: Path, invoke: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    migration(root, NEW, REBUILD)
    first = invoke("check", "--format", "markdown").stdout
    monkeypatch.setattr("safemigrate.workflow.gate.on_file.ground", None)
    assert invoke("check", "--format", "markdown").stdout == first


def test_a_base_that_does_not_run_is_blamed_on_nobody(root: Path, invoke: Any) -> None:
    migration(root, "20250401000000_broken", NOWHERE)
    commit(root)
    git(root, "branch", "-qf", "main")
    migration(root, NEW, TAG)
    ran = invoke("check", "--json")
    document = json.loads(ran.stdout)
    assert (ran.code, rules(document)) == (0, {NEW: []})
    assert "20250401000000_broken" in document["notes"][0]


def test_a_file_of_another_kind_is_refused(root: Path, invoke: Any) -> None:
    ran = invoke("check", "--json", "--url", "postgresql://app@db.example:5432/shop")
    assert ran.code == 2
    assert json.loads(ran.stdout)["error"]["summary"] == (
        "--url is a postgresql URL, and the schema's provider is sqlite"
    )

"""`check` on a branch, as a developer and a CI job use it: a real repository, a real shadow."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safemigrate.shadow.local import LocalServer
from tests.repositories import BASE, NEW, TAG, commit, migration, project

INIT, BIO = BASE
DROP = 'ALTER TABLE "User" DROP COLUMN bio;\n'
ALLOWED = f"-- safemigrate: allow drop-column nobody reads it\n{DROP}"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("original") / "repository")


@pytest.fixture
def root(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any) -> Path:
    """The repository, on its branch, with a cache of this test alone."""
    root = shutil.copytree(original, tmp_path / "repository", symlinks=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def check(root: Path, invoke: Any, server: LocalServer) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Run it with a shadow that is there already; its exit code and what it says."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        ran = invoke("check", "--shadow-url", str(server.url), "--json", *arguments)
        return ran.code, json.loads(ran.stdout)

    return run


def rules(document: dict[str, Any]) -> dict[str, list[str]]:
    told = {one["name"]: [finding["rule"] for finding in one["findings"]] for one in document["migrations"]}
    return told | ({"": [finding["rule"] for finding in document["findings"]]} if document["findings"] else {})


def swap(root: Path) -> None:
    migration(root, NEW, TAG)
    (root / "prisma" / "migrations" / BIO).rename(root / "prisma" / "migrations" / "20250301000000_biography")


@pytest.mark.parametrize(
    ("does", "code", "expected"),
    [
        (lambda root: None, 0, {}),
        (lambda root: migration(root, NEW, TAG), 0, {NEW: []}),
        (lambda root: migration(root, NEW, DROP), 1, {NEW: ["drop-column"]}),
        (
            lambda root: migration(root, NEW, f"-- safemigrate: allow drop-column unused\n{DROP}"),
            0,
            {NEW: ["drop-column"]},
        ),
        (lambda root: migration(root, NEW, 'ALTER TABLE "Nobody" DROP COLUMN x;'), 1, {NEW: ["does-not-run"]}),
        (lambda root: migration(root, "20250201000000_late", TAG), 0, {"20250201000000_late": ["out-of-order"]}),
        (lambda root: migration(root, "20250301000000_same", TAG), 0, {"20250301000000_same": ["duplicate-timestamp"]}),
        (lambda root: migration(root, BIO, "SELECT 1;"), 1, {BIO: ["edited-after-apply"]}),
        (lambda root: shutil.rmtree(root / "prisma" / "migrations" / BIO), 1, {BIO: ["deleted-migration"]}),
        (swap, 1, {"20250301000000_biography": ["renamed-migration"], NEW: []}),
    ],
    ids=["nothing", "safe", "loss", "allowed", "fails", "late", "same-time", "edited", "deleted", "renamed"],
)
def test_what_a_branch_may_do(
    root: Path, check: Any, does: Callable[[Path], object], code: int, expected: dict[str, list[str]]
) -> None:
    does(root)
    commit(root)
    assert check()[0] == code
    ended, document = check()
    assert (ended, rules(document)) == (code, expected)
    assert document["base"] == "main"


def test_what_is_new_is_proven_with_rows(root: Path, check: Any) -> None:
    migration(root, NEW, 'ALTER TABLE "User" ADD COLUMN age int; UPDATE "User" SET age = 1;')
    _, document = check()
    (one,) = document["migrations"]
    assert (one["state"], one["rollback"]["verdict"], one["rollback"]["proof"]["rows"]) == ("proven", "exact", 5)
    assert one["statements"][0]["locks"] == {'"public"."User"': "AccessExclusiveLock"}
    assert one["path"] == f"prisma/migrations/{NEW}/migration.sql"


def test_a_way_back_may_be_required(root: Path, check: Any) -> None:
    migration(root, NEW, "SELECT lo_create(4711);")
    for require, code in (("any", 0), ("lossy", 0), ("exact", 1)):
        ended, document = check("--require", require)
        assert ended == code
        assert ("no-way-back" in rules(document)[NEW]) == bool(code)
    assert document["migrations"][0]["rollback"]["verdict"] == "lossy"


def test_the_order_of_a_deploy_is_tried_not_that_of_the_names(root: Path, check: Any) -> None:
    """A database that has the base runs what is new last, whatever its name."""
    migration(root, "20250201000000_late", 'ALTER TABLE "User" DROP COLUMN bio;')
    code, document = check()
    assert (code, rules(document)) == (1, {"20250201000000_late": ["out-of-order", "drop-column"]})

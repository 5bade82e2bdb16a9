"""`check` on a branch, as a developer and a CI job use it: a real repository, a real shadow."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safemigrate.errors import ShadowError
from safemigrate.shadow.local import LocalServer
from tests.repositories import BASE, NEW, TAG, commit, git, migration, project

GOLDEN = Path(__file__).parents[1] / "golden" / "gate"
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
def told(root: Path, invoke: Any, server: LocalServer) -> Callable[..., None]:
    """Compare what a person reads with a golden file."""

    def run(name: str, *arguments: str) -> None:
        text = invoke("check", "--shadow-url", str(server.url), *arguments).stdout
        text = re.sub(r"PostgreSQL [\d.]+", "PostgreSQL VERSION", text)
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("SAFEMIGRATE_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), "SAFEMIGRATE_GOLDEN=write rewrites the golden files"

    return run


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
        (
            lambda root: migration(root, NEW, 'ALTER TABLE "Nobody" DROP COLUMN x;'),
            1,
            {NEW: ["does-not-run", "drop-column"]},
        ),
        (lambda root: migration(root, "20250201000000_late", TAG), 0, {"20250201000000_late": ["out-of-order"]}),
        (lambda root: migration(root, "20250301000000_same", TAG), 0, {"20250301000000_same": ["duplicate-timestamp"]}),
        (lambda root: migration(root, BIO, "SELECT 1;"), 1, {BIO: ["edited-after-apply"]}),
        (lambda root: shutil.rmtree(root / "prisma" / "migrations" / BIO), 1, {BIO: ["deleted-migration"]}),
        (swap, 1, {"20250301000000_biography": ["renamed-migration"], NEW: []}),
    ],
    ids=["nothing", "safe", "loss", "allowed", "fails", "late", "same-time", "edited", "deleted", "renamed"],
)
def test_what_a_branch_may_do(
    root: Path,
    check: Any,
    told: Any,
    does: Callable[[Path], object],
    code: int,
    expected: dict[str, list[str]],
    request: pytest.FixtureRequest,
) -> None:
    does(root)
    commit(root)
    ended, document = check()
    assert (ended, rules(document)) == (code, expected)
    assert document["base"] == "main"
    told(request.node.callspec.id)


def test_what_is_new_is_proven_with_rows(root: Path, check: Any) -> None:
    migration(root, NEW, 'ALTER TABLE "User" ADD COLUMN age int; UPDATE "User" SET age = 1;')
    _, document = check()
    (one,) = document["migrations"]
    assert (one["state"], one["rollback"]["verdict"], one["rollback"]["proof"]["rows"]) == ("proven", "exact", 5)
    assert one["statements"][0]["locks"] == {'"public"."User"': "AccessExclusiveLock"}
    assert one["path"] == f"prisma/migrations/{NEW}/migration.sql"
    assert [(table["after"], table["fate"]) for table in document["change"]["tables"]] == [
        ('"public"."User"', "changed")
    ]


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


def test_without_a_base_everything_is_new(root: Path, check: Any) -> None:
    migration(root, NEW, TAG)
    shutil.rmtree(root / ".git")
    code, document = check()
    assert (code, rules(document), document["base"]) == (0, {INIT: [], BIO: [], NEW: []}, None)


def test_a_base_that_is_not_there_is_an_error(root: Path, check: Any) -> None:
    code, document = check("--base", "release")
    assert (code, document["outcome"]) == (2, "error")
    assert document["error"]["fix"][0] == "git fetch origin release:refs/remotes/origin/release"


def test_what_ci_names_is_the_base(root: Path, check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    migration(root, NEW, TAG)
    commit(root)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_BASE_REF", "topic")
    assert rules(check()[1]) == {}
    monkeypatch.setenv("GITHUB_BASE_REF", "nowhere")
    assert check()[0] == 2
    assert rules(check("--base", "main")[1]) == {NEW: []}


def test_another_provider_is_refused_and_its_sql_is_an_error(root: Path, check: Any) -> None:
    migration(root, NEW, "CREATE TABLE `Tag` (id int AUTO_INCREMENT);")
    code, document = check()
    assert (code, rules(document)[NEW][0]) == (1, "provider-mismatch")
    (root / "prisma" / "migrations" / "migration_lock.toml").write_text('provider = "mysql"\n')
    assert check()[0] == 2


def test_a_base_that_does_not_run_is_blamed_on_nobody(root: Path, check: Any, told: Any) -> None:
    git(root, "checkout", "-q", "main")
    migration(root, "20250401000000_broken", 'ALTER TABLE "Nowhere" ADD COLUMN x int;')
    commit(root)
    git(root, "checkout", "-q", "-B", "topic")
    migration(root, NEW, TAG)
    code, document = check()
    assert (code, rules(document)) == (0, {NEW: []})
    assert "20250401000000_broken" in document["notes"][0]
    migration(root, NEW, 'ALTER TABLE "Nowhere" ADD COLUMN y int;')
    code, document = check()
    assert (code, document["outcome"], rules(document)) == (2, "incomplete", {NEW: ["does-not-run"]})
    told("broken-base")


def test_without_a_shadow_it_is_read(root: Path, check: Any, told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise ShadowError("no shadow database can be had", "No way to one was found.", ("--shadow docker",))

    monkeypatch.setattr("safemigrate.workflow.gate.on_server.ground", none)
    migration(root, NEW, DROP)
    code, document = check()
    assert (code, document["outcome"], rules(document)) == (2, "incomplete", {NEW: ["drop-column"]})
    assert document["next"][0] == "--shadow docker"
    told("no-shadow")

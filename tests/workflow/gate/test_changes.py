"""What git says a branch did: every kind of change, in every kind of clone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safemigrate.errors import ProjectError
from safemigrate.git import Named
from safemigrate.git.branch import NoBase
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.project import find
from safemigrate.workflow.gate.changes import Changes, changes
from tests.repositories import BASE, NEW, SCHEMA, TAG, commit, git, migration, project

INIT, BIO = BASE


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("original") / "repository")


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "repository", symlinks=True)


def seen(root: Path, *refs: str, merge: str = "") -> Changes:
    found = find(root)
    return changes(found, migrations(found), Named(refs, merge) if refs else None)


def told(found: Changes) -> dict[str, Any]:
    """Only what is not as usual."""
    usual: dict[str, Any] = {"new": [], "edited": [], "deleted": [], "renamed": {}, "schema": False}
    now: dict[str, Any] = {kind: [one.name for one in getattr(found, kind)] for kind in ("new", "edited", "deleted")}
    now |= {"renamed": found.renamed, "schema": found.schema}
    return {key: value for key, value in now.items() if value != usual[key]}


def on_main(root: Path, name: str, sql: str) -> None:
    git(root, "checkout", "-q", "main")
    migration(root, name, sql)
    commit(root)
    git(root, "checkout", "-q", "topic")


def write_schema(root: Path, text: str) -> None:
    (root / "prisma" / "schema.prisma").write_text(text)


def rename(root: Path) -> None:
    home = root / "prisma" / "migrations"
    (home / BIO).rename(home / "20250301000000_biography")


def cherry_picked(root: Path) -> None:
    for branch in ("main", "topic"):
        git(root, "checkout", "-q", branch)
        migration(root, NEW, TAG)
        commit(root)


def both_add(root: Path) -> None:
    on_main(root, NEW, TAG)
    migration(root, NEW, TAG.replace("Tag", "Label"))


def merged(root: Path) -> None:
    migration(root, NEW, TAG)
    commit(root)
    on_main(root, "20250601000000_later", "SELECT 1;")
    git(root, "merge", "-q", "--no-edit", "main")


@pytest.mark.parametrize("committed", [False, True], ids=["in the working tree", "committed"])
@pytest.mark.parametrize(
    ("does", "expected"),
    [
        (lambda root: None, {}),
        (lambda root: migration(root, NEW, TAG), {"new": [NEW]}),
        (lambda root: migration(root, BIO, "SELECT 1;"), {"edited": [BIO]}),
        (lambda root: shutil.rmtree(root / "prisma" / "migrations" / BIO), {"deleted": [BIO]}),
        (rename, {"new": ["20250301000000_biography"], "renamed": {"20250301000000_biography": BIO}}),
        (lambda root: on_main(root, "20250601000000_later", "SELECT 1;"), {}),
        (lambda root: on_main(root, BIO, "SELECT 'the base edits it';"), {}),
        (cherry_picked, {}),
        (both_add, {"edited": [NEW]}),
        (merged, {"new": [NEW]}),
        (lambda root: write_schema(root, SCHEMA + "model Tag {\n  id Int @id\n}\n"), {"schema": True}),
        (lambda root: write_schema(root, SCHEMA.replace("// people", "\n\n  // users")), {}),
    ],
    ids=[
        "nothing",
        "new",
        "edited",
        "deleted",
        "renamed",
        "behind",
        "edited-there",
        "picked",
        "both-add",
        "merged",
        "schema",
        "comment",
    ],
)
def test_what_a_branch_did(
    root: Path, does: Callable[[Path], object], expected: dict[str, Any], committed: bool
) -> None:
    does(root)
    if committed:
        commit(root)
    found = seen(root)
    assert told(found) == expected
    assert found.base == "main"


def test_the_base_as_it_is_today_comes_before_what_is_new(root: Path) -> None:
    on_main(root, "20250601000000_later", "SELECT 1;")
    on_main(root, BIO, "SELECT 'edited there';")
    migration(root, NEW, TAG)
    found = seen(root)
    assert [one.name for one in found.before] == [INIT, BIO, "20250601000000_later"]
    assert found.before[1].sql == "SELECT 'edited there';"


def test_other_line_ends_are_no_other_file(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    home = root / "prisma" / "migrations" / BIO
    sql = (home / "migration.sql").read_text()
    shutil.rmtree(home)
    migration(root, BIO, sql.replace("\n", "\r\n"))
    assert told(seen(root)) == {}
    rename(root)
    assert told(seen(root))["renamed"] == {"20250301000000_biography": BIO}


def clone(root: Path, *options: str, branch: str = "topic") -> Path:
    target = root.parent / "clone"
    git(root.parent, "clone", "-q", *options, "-b", branch, f"file://{root}", str(target))
    return target


@pytest.fixture
def ahead(root: Path) -> Path:
    """Both branches have gone on."""
    on_main(root, "20250601000000_later", "SELECT 1;")
    migration(root, NEW, TAG)
    commit(root)
    return root


def test_a_clone_compares_with_what_its_remote_calls_head(ahead: Path) -> None:
    git(ahead, "checkout", "-q", "main")
    there = clone(ahead)
    assert (seen(there).base, told(seen(there))) == ("origin/main", {"new": [NEW]})
    git(there, "remote", "set-head", "origin", "--delete")
    assert seen(there).base == "origin/main"


def test_a_fork_compares_with_upstream(ahead: Path) -> None:
    there = clone(ahead)
    git(there, "push", "-q", "origin", "origin/topic:refs/heads/main", "--force")  # the fork's own main is elsewhere
    git(there, "fetch", "-q", "origin")
    upstream = ahead.parent / "upstream"
    git(ahead.parent, "clone", "-q", "--bare", str(ahead), str(upstream))
    git(upstream, "update-ref", "refs/heads/main", git(ahead, "rev-parse", "topic^"))
    git(there, "remote", "add", "upstream", str(upstream))
    git(there, "fetch", "-q", "upstream")
    assert (seen(there).base, told(seen(there))) == ("upstream/main", {"new": [NEW]})


def test_a_worktree_and_a_detached_head(ahead: Path) -> None:
    tree = ahead.parent / "tree"
    git(ahead, "worktree", "add", "-q", "--detach", str(tree), "topic")
    assert told(seen(tree)) == {"new": [NEW]}
    migration(tree, "20250502000000_more", "SELECT 1;")
    assert told(seen(tree)) == {"new": [NEW, "20250502000000_more"]}


def test_a_shallow_clone_without_the_base_says_what_to_fetch(ahead: Path) -> None:
    there = clone(ahead, "--depth=1")
    with pytest.raises(ProjectError) as caught:
        seen(there, "origin/main")
    assert caught.value.fix[0] == "git fetch origin main:refs/remotes/origin/main"
    git(there, "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(ProjectError, match="no common commit of origin/main") as caught:
        seen(there, "origin/main")
    assert "shallow" in caught.value.why
    assert [each.split("  ")[0] for each in caught.value.fix] == ["git fetch --unshallow", "git fetch --deepen=500"]
    git(there, "fetch", "-q", "--unshallow")
    assert told(seen(there, "origin/main")) == {"new": [NEW]}


def test_the_merge_that_a_host_makes_needs_two_commits_only(ahead: Path) -> None:
    git(ahead, "checkout", "-q", "-B", "pull", "main")
    git(ahead, "merge", "-q", "--no-ff", "--no-edit", "topic")
    merge = git(ahead, "rev-parse", "HEAD")
    there = clone(ahead, "--depth=2", branch="pull")
    found = seen(there, "origin/main", merge=merge)
    assert (found.base, told(found)) == ("origin/main", {"new": [NEW]})
    with pytest.raises(ProjectError):  # a merge, but not that one: its first parent may be anything
        seen(there, "origin/main", merge="0" * 40)


def test_without_a_base_nobody_guesses(root: Path) -> None:
    git(root, "branch", "-q", "-D", "main")
    with pytest.raises(NoBase):
        seen(root)
    shutil.rmtree(root / ".git")
    with pytest.raises(NoBase):
        seen(root)
    with pytest.raises(ProjectError) as caught:
        seen(root, "main")
    assert not isinstance(caught.value, NoBase)


def test_before_the_first_commit(tmp_path: Path) -> None:
    migration(tmp_path, NEW, TAG)
    write_schema(tmp_path, SCHEMA)
    git(tmp_path, "init", "-q")
    with pytest.raises(NoBase, match="no commit yet"):
        seen(tmp_path)


def test_files_that_a_sparse_checkout_leaves_out_are_not_deleted(ahead: Path) -> None:
    git(ahead, "sparse-checkout", "set", "--no-cone", "/*", f"!prisma/migrations/{BIO}/")
    found = seen(ahead)
    assert told(found) == {"new": [NEW]}
    assert [one.sql for one in found.before][:2] == list(BASE.values())

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from safemigrate import git
from safemigrate.errors import ProjectError


def run(folder: Path, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **identity}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    run(root, "init", "-q", "-b", "main")
    (root / "a").write_text("1")
    run(root, "add", "a")
    run(root, "commit", "-q", "-m", "first")
    return root


def test_a_clean_tree(repository: Path) -> None:
    found = git.describe(repository / "a")
    assert found == git.GitState(repository, "main", run(repository, "rev-parse", "HEAD"), dirty=False, tracked=True)


def test_dirty_and_staged(repository: Path) -> None:
    (repository / "a").write_text("2")
    found = git.describe(repository)
    assert found is not None
    assert found.dirty
    run(repository, "add", "a")
    staged = git.describe(repository)
    assert staged is not None
    assert staged.dirty


def test_an_untracked_path(repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "sub" / "b").write_text("")
    found = git.describe(repository / "sub" / "b")
    assert found is not None
    assert (found.tracked, found.dirty) == (False, False)


def test_a_detached_head(repository: Path) -> None:
    run(repository, "checkout", "-q", "--detach")
    found = git.describe(repository)
    assert found is not None
    assert (found.branch, bool(found.commit)) == ("", True)


def test_before_the_first_commit(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q", "-b", "trunk")
    found = git.describe(tmp_path)
    assert found == git.GitState(tmp_path, "trunk", "", dirty=False, tracked=False)


def test_a_linked_worktree(repository: Path, tmp_path: Path) -> None:
    run(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    found = git.describe(tmp_path / "linked" / "a")
    assert found is not None
    assert (found.root, found.branch, found.tracked) == (tmp_path / "linked", "other", True)


def test_inside_a_hook_of_another_repository(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "-q", "-b", "wrong")
    expected = git.describe(repository / "a")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index.lock"))
    assert git.describe(repository / "a") == expected


def test_no_repository(tmp_path: Path) -> None:
    assert git.describe(tmp_path) is None


def test_no_git(repository: Path) -> None:
    """GitPython refuses to be imported then; in a process of its own, because it was imported here."""
    code = f"from safemigrate import git; from pathlib import Path; print(git.describe(Path({str(repository)!r})))"
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": "/nonexistent"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "None"), done.stderr


def test_what_changed_since_a_branch_left(repository: Path) -> None:
    run(repository, "checkout", "-q", "-b", "topic")
    (repository / "m with space").mkdir()
    (repository / "m with space" / "ä.sql").write_text("1")
    run(repository, "add", ".")
    run(repository, "commit", "-q", "-m", "second")
    (repository / "a").write_text("2")
    (repository / "new").write_text("1")
    run(repository, "checkout", "-q", "main")
    (repository / "a").write_text("1")
    (repository / "b").write_text("1")
    run(repository, "add", "b")
    run(repository, "commit", "-q", "-m", "on main only")
    run(repository, "checkout", "-q", "topic")
    (repository / "a").write_text("2")
    expected = {repository / "m with space" / "ä.sql", repository / "a", repository / "new"}
    assert git.changed_since(repository / "m with space", "main") == expected


@pytest.mark.parametrize("ref", ["nowhere", "origin/main", "--output=x", ""])
def test_an_unknown_ref_is_named_with_the_way_to_have_it(repository: Path, ref: str) -> None:
    with pytest.raises(ProjectError) as caught:
        git.changed_since(repository, ref)
    assert f'"{ref}"' in caught.value.summary
    if ref == "origin/main":
        assert caught.value.fix[0] == "git fetch origin main:refs/remotes/origin/main"
    assert not (repository / "x").exists()


def test_a_shallow_clone_is_named(repository: Path, tmp_path: Path) -> None:
    for branch in ("topic", "main"):
        run(repository, "checkout", "-q", "-B", branch)
        (repository / branch).write_text("1")
        run(repository, "add", ".")
        run(repository, "commit", "-q", "-m", branch)
    run(repository, "checkout", "-q", "--orphan", "other")
    run(repository, "commit", "-q", "-m", "other")
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{repository}", str(clone))
    with pytest.raises(ProjectError) as caught:
        git.changed_since(clone, "origin/main")
    assert "shallow" in caught.value.why
    assert caught.value.fix[0].startswith("git fetch --unshallow")


def test_a_folder_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="in no git repository"):
        git.changed_since(tmp_path, "main")


def test_what_changed_is_asked_of_the_right_repository_inside_a_hook_of_another(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "-q")
    (repository / "a").write_text("2")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert git.changed_since(repository, "main") == {repository / "a"}


def test_what_changed_in_a_worktree(repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    run(repository, "worktree", "add", "-q", "-b", "topic", str(tree))
    (tree / "b").write_text("1")
    assert git.changed_since(tree, "main") == {tree / "b"}

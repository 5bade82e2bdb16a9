"""What git knows about the project; GitPython's one importer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate.errors import ProjectError

if TYPE_CHECKING:
    import git


@dataclass(frozen=True, slots=True)
class GitState:
    """Where a working tree stands. `branch` is "" on a detached HEAD, `commit` "" before the first commit.

    `dirty` covers changed and staged files, not untracked ones; `tracked` is about the path that was asked for.
    """

    root: Path
    branch: str
    commit: str
    dirty: bool
    tracked: bool


def describe(path: Path) -> GitState | None:
    """Return the state of the repository a path lies in; None without a repository, or without git."""
    try:
        import git
    except ImportError:  # GitPython's word for a missing git binary
        return None
    folder = path if path.is_dir() else path.parent
    try:
        root = _root(folder)
        if root is None:
            return None
        with git.Repo(root) as repository:
            _pin(repository, root)
            tracked = bool(repository.git.ls_files("--", os.fspath(path.absolute())))
            begun = repository.head.is_valid()
            return GitState(
                root=root,
                branch="" if repository.head.is_detached else repository.active_branch.name,
                commit=repository.head.commit.hexsha if begun else "",
                dirty=repository.is_dirty() if begun else tracked,
                tracked=tracked,
            )
    except (git.GitError, OSError, ValueError):
        return None


def changed_since(folder: Path, ref: str) -> frozenset[Path]:
    """The files of a repository that differ from its common commit with `ref`, real paths; untracked ones count too.

    Raises ProjectError without git or a repository, for an unknown ref, and where the common commit was not fetched.
    """
    try:
        import git
    except ImportError as error:
        raise ProjectError("git is not installed", "What changed since a commit is for git to say.") from error
    root = _root(folder)
    if root is None:
        raise ProjectError(f"{folder} is in no git repository", "What changed since a commit is for git to say.")
    try:
        repository = git.Repo(root)
    except git.GitError as error:
        raise ProjectError(f"{root} is no repository that git can read", str(error)) from error
    with repository:
        _pin(repository, root)
        run = repository.git
        try:
            commit = run.rev_parse("--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        except git.GitCommandError as error:
            raise _unknown(root, ref) from error
        try:
            base = run.merge_base(commit, "HEAD")
            # A file moved to another folder is another migration.
            changed = run.diff("--name-only", "-z", "--no-renames", "--diff-filter=d", "--no-ext-diff", base)
            new = run.ls_files("--others", "--exclude-standard", "--full-name", "-z")
        except git.GitCommandError as error:
            shallow = Path(repository.common_dir, "shallow").exists()
            raise ProjectError(
                f"git finds no common commit of {ref} and HEAD in {root}",
                "The clone is shallow: it ends before that commit." if shallow else str(error.stderr).strip(),
                ("git fetch --unshallow    # in GitHub Actions: fetch-depth: 0 of actions/checkout",)
                if shallow
                else (),
            ) from error
    return frozenset(Path(root, name).resolve() for name in f"{changed}\0{new}".split("\0") if name)


def _pin(repository: git.Repo, root: Path) -> None:
    # Inside a hook git points these at the repository that is being committed to, by whatever path.
    repository.git.update_environment(
        GIT_DIR=str(repository.git_dir),
        GIT_WORK_TREE=str(root),
        GIT_INDEX_FILE=str(Path(repository.git_dir, "index")),
    )


def _unknown(root: Path, ref: str) -> ProjectError:
    remote, _, branch = ref.rpartition("/")
    fetch = f"git fetch {remote or 'origin'} {branch}:refs/remotes/{remote or 'origin'}/{branch}"
    return ProjectError(
        f'git knows no commit "{ref}" in {root}',
        "A branch that was not fetched is not known, even if it is there on the server.",
        (fetch, f"safemigrate check --changed-since {remote or 'origin'}/{branch}"),
    )


def _root(folder: Path) -> Path | None:
    folder = folder.resolve()
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)

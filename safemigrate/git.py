"""What git knows about the project; GitPython's one importer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


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
            # Inside a hook git points these at the repository that is being committed to, by whatever path.
            repository.git.update_environment(
                GIT_DIR=str(repository.git_dir),
                GIT_WORK_TREE=str(root),
                GIT_INDEX_FILE=str(Path(repository.git_dir, "index")),
            )
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


def _root(folder: Path) -> Path | None:
    folder = folder.resolve()
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)

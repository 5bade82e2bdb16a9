"""Where a working tree stands; never an error, for what is asked along the way."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from safemigrate.git.repository import pin, root_of


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
        root = root_of(folder)
        if root is None:
            return None
        with git.Repo(root) as repository:
            pin(repository, root)
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


def origin(path: Path) -> str:
    """Return the URL of the remote `origin`, without a secret that stands in it; "" without one, or without git."""
    try:
        import git
    except ImportError:
        return ""
    try:
        with git.Repo(root_of(path) or path) as repository:
            url = str(repository.git.config("--get", "remote.origin.url"))
    except git.GitError:
        return ""
    return re.sub(r"//[^/@]*@", "//", url)

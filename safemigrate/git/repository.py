"""A repository, opened for questions; and the first of them, what changed since a commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate.errors import ProjectError

if TYPE_CHECKING:
    import git

_WHY = "What changed since a commit is for git to say."


@contextmanager
def opened(folder: Path) -> Iterator[tuple[git.Repo, Path]]:
    """Give the repository that a folder lies in, with its top folder.

    Raises ProjectError without git or a repository, and for what git refuses within the block and nobody there caught.
    """
    try:
        import git
    except ImportError as error:  # GitPython's word for a missing git binary
        raise ProjectError("git is not installed", _WHY) from error
    root = root_of(folder)
    if root is None:
        raise ProjectError(f"{folder} is in no git repository", _WHY)
    try:
        with git.Repo(root) as repository:
            pin(repository, root)
            yield repository, root
    except git.GitCommandError as error:
        raise ProjectError(f"git refuses to read {root}", _refusal(error)) from error
    except git.GitError as error:
        raise ProjectError(f"{root} is no repository that git can read", str(error)) from error


def changed_since(folder: Path, ref: str) -> frozenset[Path]:
    """The files of a repository that differ from its common commit with `ref`, real paths; untracked ones count too.

    Raises ProjectError without git or a repository, for an unknown ref, and where the common commit was not fetched.
    """
    with opened(folder) as (repository, root):
        run = repository.git
        commit = commit_of(repository, ref)
        if not commit:
            raise unknown(root, ref, f"safemigrate check --changed-since {qualified(ref)}")
        base = fork(repository, root, commit, ref)
        # A file moved to another folder is another migration.
        changed = run.diff("--name-only", "-z", "--no-renames", "--diff-filter=d", "--no-ext-diff", base)
        new = run.ls_files("--others", "--exclude-standard", "--full-name", "-z")
    return frozenset(Path(root, name).resolve() for name in f"{changed}\0{new}".split("\0") if name)


def commit_of(repository: git.Repo, ref: str) -> str:
    """The commit that a name means; "" for none."""
    import git

    try:
        return str(repository.git.rev_parse("--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"))
    except git.GitCommandError as error:
        if error.status == 1:  # anything else is no answer
            return ""
        raise


def fork(repository: git.Repo, root: Path, commit: str, ref: str) -> str:
    """The commit where HEAD left `commit`, which is known as `ref`. Raises ProjectError where that is not fetched."""
    import git

    try:
        return str(repository.git.merge_base(commit, "HEAD"))
    except git.GitCommandError as error:
        if error.status != 1 and commit_of(repository, "HEAD"):
            raise
        shallow = Path(repository.common_dir, "shallow").exists()
        raise ProjectError(
            f"git finds no common commit of {ref} and HEAD in {root}",
            "The clone is shallow: it ends before that commit." if shallow else _refusal(error),
            (
                "git fetch --unshallow    # in GitHub Actions: fetch-depth: 0 of actions/checkout",
                "git fetch --deepen=500    # where the whole history is too much; repeat until it is enough",
            )
            if shallow
            else (),
        ) from error


def unknown(root: Path, ref: str, again: str) -> ProjectError:
    """The error for a name that this clone has no commit for; `again` is the command to try next."""
    remote, _, branch = qualified(ref).partition("/")
    return ProjectError(
        f'git knows no commit "{ref}" in {root}',
        "A branch that was not fetched is not known, even if it is there on the server.",
        (
            f"git fetch {remote} {branch}:refs/remotes/{remote}/{branch}",
            again,
            "fetch-depth: 0    # in GitHub Actions, for actions/checkout; in GitLab CI, GIT_DEPTH: 0",
        ),
    )


def qualified(ref: str) -> str:
    """A branch's name with its remote."""
    return ref if "/" in ref else f"origin/{ref}"


def pin(repository: git.Repo, root: Path) -> None:
    """Keep git to this repository: inside a hook its variables name the one committed to, by whatever path."""
    repository.git.update_environment(
        GIT_DIR=str(repository.git_dir),
        GIT_WORK_TREE=str(root),
        GIT_INDEX_FILE=str(Path(repository.git_dir, "index")),
    )


def root_of(folder: Path) -> Path | None:
    """The top folder of the repository that a folder lies in."""
    folder = folder.resolve()
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)


def _refusal(error: git.GitCommandError) -> str:
    return str(error.stderr).strip().removeprefix("stderr: ").strip("'").strip()

"""A branch against its base: what lay in some folders there, and what became of it in the working tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate.errors import ProjectError
from safemigrate.git.repository import commit_of, fork, opened, unknown

if TYPE_CHECKING:
    import git

# Of a fork's clone, upstream is where the pull request goes.
_USUAL = (
    *(f"refs/remotes/{remote}/{name}" for remote in ("upstream", "origin") for name in ("HEAD", "main", "master")),
    "refs/heads/main",
    "refs/heads/master",
)


class NoBase(ProjectError):
    """Nobody named a base, and nothing that is usually one is there."""


@dataclass(frozen=True, slots=True)
class Named:
    """A base as somebody named it: the first of `refs` that the clone has.

    `merge` is a merge that the host made of base and branch: where HEAD is that commit, its first parent is the base.
    """

    refs: tuple[str, ...]
    merge: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """What the folders that were asked for hold; paths are real.

    `base` is the base's name. `there` are the files on the base today and `before` those where the branch left it.
    `changed` are files that the branch changed, added or removed, `differing` those that differ from the base today.
    `contents` is what the base has of those, and of what is not in the working tree.
    """

    base: str
    there: frozenset[Path]
    before: frozenset[Path]
    changed: frozenset[Path]
    differing: frozenset[Path]
    contents: Mapping[Path, bytes]


def branch(folder: Path, within: Sequence[Path], named: Named | None = None) -> Branch:
    """Compare the working tree with its base in the repository of a folder, as far as it lies `within` these paths.

    Raises NoBase where nobody named one and there is none, ProjectError where one that was named is not in the clone,
    or the commit where the branch left it.
    """
    try:
        with opened(folder) as (repository, root):
            ref, commit = _named(repository, root, named) if named else _usual(repository)
            left = fork(repository, root, commit, ref)
            paths = ["--", *(f":(top,literal){path.as_posix()}" for path in _inside(root, within))]
            if len(paths) == 1:
                raise NoBase(f"{within[0]} lies outside of {root}")
            blobs = dict(_blobs(repository, root, commit, paths))
            before = blobs if left == commit else dict(_blobs(repository, root, left, paths))
            changed = frozenset(_changed(repository, root, left, paths))
            differing = changed if left == commit else frozenset(_changed(repository, root, commit, paths))
            # a sparse checkout leaves out files that nobody removed
            wanted = [path for path in blobs if path in differing or not path.exists()]
            contents = {path: repository.odb.stream(bytes.fromhex(blobs[path])).read() for path in wanted}
    except NoBase:
        raise
    except ProjectError as error:
        if named or error.fix:
            raise
        raise NoBase(error.summary, error.why) from error
    return Branch(ref, frozenset(blobs), frozenset(before), changed, differing, contents)


def _named(repository: git.Repo, root: Path, named: Named) -> tuple[str, str]:
    first = named.refs[0]
    if named.merge and commit_of(repository, "HEAD") == named.merge and commit_of(repository, "HEAD^2"):
        return first, commit_of(repository, "HEAD^1")
    for ref in named.refs:
        if commit := commit_of(repository, ref):
            return ref[:12] if ref == commit else ref, commit
    raise unknown(root, first, f"safemigrate check --base {first}")


def _usual(repository: git.Repo) -> tuple[str, str]:
    if not commit_of(repository, "HEAD"):
        raise NoBase("there is no commit yet")
    listed = repository.git.for_each_ref("--format=%(refname) %(objectname) %(symref)", *_USUAL)
    found = {name: rest for name, *rest in (line.split(" ") for line in listed.splitlines())}
    for name in _USUAL:
        if name in found:
            commit, leads_to = found[name]
            return (leads_to or name).removeprefix("refs/").removeprefix("remotes/").removeprefix("heads/"), commit
    raise NoBase("there is no origin/HEAD, and no branch main or master")


def _inside(root: Path, paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.resolve().is_relative_to(root):
            yield path.resolve().relative_to(root)


def _blobs(repository: git.Repo, root: Path, commit: str, paths: Sequence[str]) -> Iterator[tuple[Path, str]]:
    # ls-tree knows no magic pathspecs: names from the top, as they are
    bare = [path.removeprefix(":(top,literal)") for path in paths]
    for line in repository.git.ls_tree("-r", "-z", "--full-tree", commit, *bare).split("\0"):
        if line:
            about, _, name = line.partition("\t")
            yield Path(root, name), about.split(" ")[2]


def _changed(repository: git.Repo, root: Path, commit: str, paths: Sequence[str]) -> Iterator[Path]:
    # A migration moved to another folder is another migration.
    names = repository.git.diff("--name-only", "-z", "--no-renames", "--no-ext-diff", commit, *paths)
    yield from (Path(root, name) for name in names.split("\0") if name)

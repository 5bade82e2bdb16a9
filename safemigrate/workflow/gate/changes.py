"""What a branch did to a project's history and schema, file by file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safemigrate import git
from safemigrate.git import Branch, Named
from safemigrate.model import Migration
from safemigrate.prisma.migrations import decode
from safemigrate.prisma.project import Project

# What needs no migration: comments, and blocks that are not about the database.
_SILENT = re.compile(r"//[^\n]*|^\s*generator\s+\w+\s*\{[^}]*\}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Changes:
    """A history as its base has it, and what the branch did to it; all in the order in which Prisma runs them.

    `base` is "" where there is none: then `before` is empty and everything `new`. `edited` are as the branch has them.
    `renamed` maps new names to those on the base. `schema` says that schema.prisma was changed in what may concern the
    database; `schema_before` are its files on the base.
    """

    base: str
    before: tuple[Migration, ...]
    new: tuple[Migration, ...]
    edited: tuple[Migration, ...] = ()
    deleted: tuple[Migration, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    schema: bool = False
    schema_before: dict[Path, bytes] = field(default_factory=dict)

    @property
    def runs(self) -> list[Migration]:
        """What a deploy of the branch would run: what is new, and not an old one under a new name."""
        return [one for one in self.new if one.name not in self.renamed]


def changes(project: Project, history: Sequence[Migration], named: Named | None) -> Changes:
    """Compare a project's history with its base. Raises NoBase and ProjectError as `git.branch` does."""
    branch = git.branch(project.migrations, (project.migrations, project.schema), named)
    home = project.migrations.resolve()
    here = {home / one.name / "migration.sql": one for one in history}
    there = {path: _on_base(branch, path, here.get(path)) for path in sorted(branch.there) if _is_migration(path, home)}
    touched = branch.changed | (here.keys() - branch.before)
    new = [one for path, one in here.items() if path not in there and path in touched]
    gone = {path: one for path, one in there.items() if path not in here and path in branch.changed & branch.before}
    was = {_text(one): one for one in gone.values()}
    renamed = {one.name: was[_text(one)].name for one in new if _text(one) in was}
    return Changes(
        branch.base,
        tuple(sorted(there.values(), key=_order)),
        tuple(new),
        tuple(one for path, one in here.items() if path in there and path in touched & branch.differing),
        tuple(one for one in gone.values() if one.name not in renamed.values()),
        renamed,
        _schema_changed(branch, project),
        {path: branch.contents.get(path) or path.read_bytes() for path in branch.there if path.suffix == ".prisma"},
    )


def _is_migration(path: Path, home: Path) -> bool:
    return path.name == "migration.sql" and path.parent.parent == home


def _on_base(branch: Branch, path: Path, here: Migration | None) -> Migration:
    if path in branch.contents:
        return decode(path.parent.name, path, branch.contents[path])
    assert here is not None  # what is the same on the base was read already
    return here


def _schema_changed(branch: Branch, project: Project) -> bool:
    now = {path.resolve() for path in project.files}
    was = {path for path in branch.before | branch.there if path.suffix == ".prisma"}
    touched = ((now | was) & branch.changed) | (now - was)
    return any(_of_base(branch, path) != (_bare(_read(path)) if path in now else "") for path in touched)


def _of_base(branch: Branch, path: Path) -> str:
    if path in branch.there and path not in branch.contents:
        return _bare(_read(path))
    return _bare(branch.contents.get(path, b"").decode("utf-8", errors="replace"))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _bare(schema: str) -> str:
    return re.sub(r"\s+", " ", _SILENT.sub("", schema)).strip()


def _text(migration: Migration) -> str:
    return migration.sql.replace("\r\n", "\n")


def _order(migration: Migration) -> bytes:
    return migration.name.encode(errors="surrogateescape")

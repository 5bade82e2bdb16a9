"""The two schemas of a project's pair: where they differ, and what would bring them into step."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safemigrate import git
from safemigrate.disk import write_whole
from safemigrate.errors import ProjectError, word
from safemigrate.git import Named
from safemigrate.git.branch import Branch, NoBase
from safemigrate.prisma.in_step.compare import differences
from safemigrate.prisma.in_step.difference import Difference, Edit, Level, Side, edited
from safemigrate.prisma.pair import Pair
from safemigrate.prisma.pair import pair as pair_of
from safemigrate.prisma.project import Project
from safemigrate.prisma.schema.reader import parse, read
from safemigrate.prisma.schema.values import Schema
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.reading.rewriting import difference
from safemigrate.workflow.request import Request

_SHOWN = 3  # differences in a sentence


@dataclass(frozen=True, slots=True)
class InStep:
    """Both schemas, where they differ, and which of that the base of the branch has too; `base` is "" without one."""

    production: Schema
    development: Schema
    differences: tuple[Difference, ...]
    known: frozenset[str] = frozenset()
    base: str = ""

    def edited(self, some: Sequence[Difference]) -> list[tuple[Path, str, str]]:
        """The files that would be written for some differences, each as it is and as it would be."""
        found = []
        for schema, side in ((self.production, Side.PRODUCTION), (self.development, Side.DEVELOPMENT)):
            edits = [edit for one in some if one.follows is side and not one.allowed for edit in one.edits]
            found += [(path, schema.texts[path], text) for path, text in edited(schema, edits).items()]
        return found

    def edit(self, one: Difference) -> str:
        """What ends a difference, as git shows a change, without the names of files."""
        lines: list[str] = []
        for _, before, after in self.edited([one]):
            lines += list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
        return "".join(f"{line}\n" for line in lines)


def compared(pair: Pair, named: Named | None = None, *, based: bool = True) -> InStep:
    """Compare both sides; where they lie in a repository that has a base, with what they were there.

    Raises ProjectError for a schema that cannot be read.
    """
    production, development = read(pair.production.files), read(pair.development.files)
    version = tuple(int(part) for part in re.findall(r"\d+", pair.development.package.version)[:2])
    branch = _branch(pair, named) if based else None
    if branch is None:
        return InStep(production, development, tuple(differences(production, development, version)))
    try:
        before = (_before(branch, pair.production), _before(branch, pair.development))
    except ProjectError:  # what the base has is no schema: it says nothing
        return InStep(production, development, tuple(differences(production, development, version)))
    found = differences(production, development, version, before)
    known = frozenset(one.message for one in differences(*before, version))
    return InStep(production, development, tuple(found), known, branch.base)


def offer(request: Request, pair: Pair, named: Sequence[Path] = ()) -> list[str]:
    """Show what would bring the schemas into step, and write it if that is agreed to; return what there is to say.

    Where files are `named`, they alone are written.
    """
    found = compared(pair)
    wanted = {path.resolve() for path in named}
    files = [one for one in found.edited(found.differences) if not wanted or one[0].resolve() in wanted]
    if not files:
        return []
    names = ", ".join(str(shown(path)) for path, *_ in files)
    if not request.rewrite("".join(difference(shown(path), before, after) for path, before, after in files)):
        return [f"{names}: left as it is, out of step."]
    for path, _, text in files:
        write_whole(path, text)
    written = [one for one in (pair.production, pair.development) if {path for path, *_ in files} & set(one.files)]
    return [f"{names}: written. Its migration: {', '.join(_apply(one) for one in written)}."]


def behind(request: Request, project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what one schema has and the other lacks by now, and the command that shows and writes it."""
    try:
        sides = pair_of(request.project, request.settings, project)
        assert sides is not None
        open_ = [one for one in compared(sides, based=False).differences if one.level is Level.MUST and not one.allowed]
        if not open_:
            return (), ()
        found = compared(sides)  # a base says which side follows
    except ProjectError as error:  # what was applied is applied
        return (f"The two schemas are not compared: {error.summary}",), ()
    more = f"; and {len(open_) - _SHOWN:,} more" if len(open_) > _SHOWN else ""
    said = "; ".join(one.message for one in open_[:_SHOWN])
    return (f"The two schemas are out of step: {said}{more}.",), tuple(commands(found, sides)[:1])


def commands(found: InStep, pair: Pair) -> list[str]:
    """What leads back into step: the change of each schema that should follow, and its migration."""
    led = []
    for side, project in ((Side.PRODUCTION, pair.production), (Side.DEVELOPMENT, pair.development)):
        edits = [edit for one in found.differences if one.follows is side and not one.allowed for edit in one.edits]
        if edits:
            led += [*fixes(edits), _apply(project)]
    return led


def fixes(edits: Sequence[Edit]) -> list[str]:
    """The commands that show edits, and write them."""
    return [f"safemigrate check --fix {word(shown(path))}" for path in dict.fromkeys(edit.path for edit in edits)]


def _apply(project: Project) -> str:
    return f"safemigrate apply --schema {word(shown(project.schema))}"


def _branch(pair: Pair, named: Named | None) -> Branch | None:
    schemas = (pair.production.schema, pair.development.schema)
    try:
        return git.branch(pair.production.schema.parent, schemas, named)
    except NoBase:
        return None


def _before(branch: Branch, project: Project) -> Schema:
    """A side's schema as its base has it, nothing where that has none."""
    home = project.schema.resolve()
    files = sorted(path for path in branch.there if path.suffix == ".prisma" and path.is_relative_to(home))
    texts = {path: branch.contents.get(path) or path.read_bytes() for path in files}
    return parse({path: content.decode("utf-8", errors="replace") for path, content in texts.items()})

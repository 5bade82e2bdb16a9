"""How much of a branch is tried. No heavy imports here: what is decided here comes before the shadow starts."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.prisma.package import upward
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.changes import Changes


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried, and what is enough.

    `require` is what a rollback must at least be proven to be: "exact", "lossy" or "any". `rows` are made for each
    table that a migration touches. `shadow` is a choice of `shadow_server`. `drift` asks Prisma about schema.prisma.
    `change` compares the schema before and after, for a diagram of it.
    """

    require: str = "any"
    rows: int = 5
    shadow: str | None = None
    cache: bool = True
    drift: bool = True
    change: bool = False


def compares(project: Project, changes: Changes, effort: Effort) -> bool:
    """Whether Prisma is asked about schema.prisma: for a difference that the branch may have made."""
    touched = changes.schema or changes.new or changes.edited or changes.deleted or not changes.base
    return bool(effort.drift and touched and not changes.renamed and _installed(project))


def _installed(project: Project) -> bool:
    """Whether there is a CLI to ask: a package manager that is asked for one that is not there may go and fetch it."""
    return project.package.installed is not None or any(
        (folder / name).exists() for folder in upward(project.root) for name in (".pnp.cjs", ".pnp.js")
    )

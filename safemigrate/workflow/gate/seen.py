"""What trying a branch found, and the memory of it: where nothing has changed since, no server is started."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs

from safemigrate.model import Finding, MigrationOutcome, SchemaChange
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.changes import Changes
from safemigrate.workflow.gate.effort import Effort, compares
from safemigrate.workflow.gate.ground import grounds_of
from safemigrate.workflow.proving.remember import finding_of, hashed, keys, outcome_of, put_away, tool, written

RENAMED = "renamed"
_KEPT = 50  # files of a few kB


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found: the new migrations in their order, the project as a whole; `fixes` lead to what is missing."""

    outcomes: tuple[MigrationOutcome, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    complete: bool = True
    change: SchemaChange | None = None


def in_order(changes: Changes, outcomes: Sequence[MigrationOutcome]) -> tuple[MigrationOutcome, ...]:
    """The outcomes of what runs, with their texts, and those of what is only renamed, as Prisma orders them."""
    found = {one.name: one for one in outcomes}
    return tuple(
        replace(found[one.name], text=one.sql)
        if one.name in found
        else MigrationOutcome(one.name, one.checksum, RENAMED)
        for one in changes.new
    )


class Recollection:
    """What one branch came to when all was as it is now: the history, the schema, Prisma, the servers, safemigrate.

    A cache that cannot be read or written costs time only. What was tried on somebody's server, or seen in a live
    database, is not remembered, for these change; neither is what is not complete, or does not run: an extension may
    be installed by the next time.
    """

    def __init__(self, project: Project, changes: Changes, effort: Effort) -> None:
        """Find the place of what was seen; nothing is read yet."""
        self._changes = changes
        self._path: Path | None = None
        if effort.cache and not effort.change and effort.shadow in (None, "local", "embedded"):
            name = hashed(_parts(project, changes, effort))[:40]
            self._path = platformdirs.user_cache_path("safemigrate") / "branches" / f"{name}.json"

    def get(self) -> Seen | None:
        """Return what was seen then; None where nobody knows."""
        if not self._path:
            return None
        try:
            found: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            os.utime(self._path)
            outcomes = [outcome_of(one) for one in found["outcomes"]]
            if {one.name for one in outcomes} != {one.name for one in self._changes.runs}:
                return None
            said = tuple(finding_of(one) for one in found["findings"])
            return Seen(in_order(self._changes, outcomes), said, tuple(found["notes"]), tuple(found["fixes"]))
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def put(self, seen: Seen) -> None:
        """Remember what was seen."""
        ran = all(one.proof or one.state == RENAMED for one in seen.outcomes)
        if not self._path or not seen.complete or not ran:
            return
        found = {
            "outcomes": [written(one) for one in seen.outcomes if one.state != RENAMED],
            "findings": [asdict(one) for one in seen.findings],
            "notes": seen.notes,
            "fixes": seen.fixes,
        }
        put_away(self._path, json.dumps(found), _KEPT)


def schema_parts(project: Project) -> Iterator[str]:
    """All that Prisma's idea of a schema rests on, beside the database it is compared with."""
    base = project.schema if project.schema.is_dir() else project.schema.parent
    yield project.package.version
    yield repr(project.config and project.config.carried)
    for path in project.files:
        yield path.relative_to(base).as_posix()
        yield hashed([path.read_text(encoding="utf-8", errors="surrogateescape")])


def _parts(project: Project, changes: Changes, effort: Effort) -> Iterator[str]:
    yield tool()
    yield grounds_of(project.provider).tools()
    yield repr(astuple(effort))
    yield repr([keys(some)[-1:] for some in (changes.before, [*changes.before, *changes.runs])])
    yield repr((changes.base, [one.name for one in changes.new], changes.schema, compares(project, changes, effort)))
    yield from (f"{path.name} {hashed([repr(was)])}" for path, was in sorted((changes.schema_before or {}).items()))
    yield from schema_parts(project)

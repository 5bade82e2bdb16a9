"""What a rollback found and did."""

from __future__ import annotations

from dataclasses import dataclass, field

from safemigrate.execute.runs import Run
from safemigrate.model import Conflict, Settled


@dataclass(slots=True)
class Taken:
    """What a rollback found and did: `done` are the runs that are back, `notes` say what went where.

    With `conflicts` it stopped: before anything of the next run was changed, or `standing` in the middle of it.
    `guard` says that it raised the guard, whoever asked for that.
    """

    done: list[Run] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    standing: str = ""
    guard: bool = False

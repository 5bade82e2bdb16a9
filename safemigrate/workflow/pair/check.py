"""`check` of schema files by themselves: the two of a pair, without a database."""

from __future__ import annotations

import time
from pathlib import Path

from safemigrate.errors import ProjectError
from safemigrate.lint.policy import Policy
from safemigrate.model import Outcome, Result
from safemigrate.prisma.pair import naming, other, pair, side
from safemigrate.workflow.pair.findings import findings
from safemigrate.workflow.pair.in_step import commands, compared, offer
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.reading.known import fails
from safemigrate.workflow.request import Request


def check_schemas(request: Request, files: tuple[str, ...], policy: Policy, fail_on: str, *, fix: bool) -> Outcome:
    """Say where they are out of step with the other; with `fix`, first show and write what brings them into step.

    Raises ProjectError where the settings name no pair, and for files that are of no pair.
    """
    began = time.monotonic()
    named = [Path(name) for name in files]
    sides = pair(request.project, request.settings)
    if sides is None:
        project = side(request.project, named[0], request.settings)
        beside = other(project)
        raise ProjectError(
            f"{shown(named[0])} has no other schema to be in step with",
            "safemigrate.toml names no pair.",
            (naming(beside, project),) if beside else (),
        )
    known = {path.resolve() for path in (*sides.production.files, *sides.development.files)}
    for path in named:
        if path.resolve() not in known:
            raise ProjectError(f"{shown(path)} is no file of the pair", f"{request.settings.path} names it.")
    notes = offer(request, sides, named) if fix else []
    found = compared(sides)
    told = policy.judge(findings(found), (), named[0])
    failing = [one for one in told if fails(one, fail_on)]
    return Outcome(
        "check",
        Result.BLOCKED if failing else Result.OK,
        notes=tuple(notes),
        next=tuple(commands(found, sides)),
        base=found.base,
        findings=tuple(told),
        seconds=time.monotonic() - began,
    )

"""`safemigrate check`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from safemigrate.cli.options import Require, Rows, Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.config import LEVELS, Levels
from safemigrate.model import Outcome


class FailOn(StrEnum):
    """The least that makes a check fail."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


def check(
    invocation: Invocation,
    *,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Files, folders or patterns to read by themselves; - for stdin.",
            show_default=False,
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the text alone: all histories below, or FILE.")
    ] = False,
    base: Annotated[
        str | None,
        typer.Option(metavar="REF", help="What to compare the branch with; what CI says, else origin/HEAD or main."),
    ] = None,
    require: Annotated[
        Require, typer.Option(help="The least that a rollback must be proven to be; less is an error.")
    ] = Require.ANY,
    rows: Rows = 5,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Begin where an earlier run ended, or from nothing.")
    ] = True,
    drift: Annotated[
        bool, typer.Option("--drift/--no-drift", help="Ask Prisma whether schema.prisma is what the history makes.")
    ] = True,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
    changed_since: Annotated[
        str | None, typer.Option(metavar="REF", help="Read only what git says changed since the branch left REF.")
    ] = None,
    fail_on: Annotated[FailOn, typer.Option(help="The least that gives exit code 1.")] = FailOn.ERROR,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Short for --fail-on never.")] = False,
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LEVEL", help="A rule or family as off, notice, warning or error; repeatable."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Findings that are known and not told again.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the findings of this run there, as known.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Show and write what the rules know a safe form of, then read it.")
    ] = False,
    stdin_filename: Annotated[
        str, typer.Option(metavar="PATH", help="What to call what is read from stdin.")
    ] = "stdin.sql",
) -> Outcome:
    """Say what the migrations of this branch destroy, lock or break.

    With FILE, --offline, --changed-since, --fix or --write-baseline it only reads: no database, no project and no git.
    What loses rows or values is an error here: there is nobody to ask.
    """
    names = tuple(files or ())
    if "-" in names and (len(names) > 1 or changed_since):
        raise typer.BadParameter("- stands alone: stdin is one file, and git knows nothing of it.")
    if fix and names == ("-",):
        raise typer.BadParameter("--fix writes files; stdin is none.")
    settings = _Judging(_levels(rule or []), FailOn.NEVER if exit_zero else fail_on, baseline)
    if not (names or offline or changed_since or fix or write_baseline):
        from safemigrate.workflow import check_branch
        from safemigrate.workflow.gate.effort import Effort

        place = shadow_of(invocation.settings, shadow, shadow_url)
        return check_branch.check_branch(
            invocation.request,
            check_branch.BranchOptions(
                base=base,
                effort=Effort(require, rows, place, cache, drift, invocation.draws),
                levels=settings.levels,
                fail_on=settings.fail_on,
                baseline=settings.baseline,
            ),
        )
    if base:
        raise typer.BadParameter("--base is for the branch as a whole; --changed-since picks what is read.")
    from safemigrate.workflow import check as workflow

    options = workflow.CheckOptions(
        files=names,
        stdin=(stdin_filename, invocation.read_stdin()) if names == ("-",) else None,
        offline=offline,
        changed_since=changed_since,
        levels=settings.levels,
        fail_on=settings.fail_on,
        baseline=settings.baseline,
        write_baseline=write_baseline,
        fix=fix,
    )
    return workflow.check(invocation.request, options)


@dataclass(frozen=True, slots=True)
class _Judging:
    """How bad findings are, and which are known."""

    levels: Levels | None
    fail_on: FailOn
    baseline: Path | None


def _levels(rules: list[str]) -> Levels | None:
    levels = {}
    for each in rules:
        name, equals, level = each.partition("=")
        if not equals or level not in LEVELS:
            raise typer.BadParameter(f"--rule {each}: it is a rule or family, = and {', '.join(LEVELS)}.")
        levels[name.strip()] = level
    return Levels(levels) if levels else None

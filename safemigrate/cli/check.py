"""`safemigrate check`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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
            help="Files, folders or patterns; - for stdin. Every Prisma history below the project unless named.",
            show_default=False,
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read the text alone; all there is as yet.")] = False,
    changed_since: Annotated[
        str | None, typer.Option(metavar="REF", help="Only what git says changed since the branch left REF.")
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
    """Read migrations and say what they destroy, lock or break.

    Needs no database, no project and no git. What loses rows or values is an error here: there is nobody to ask.
    """
    names = tuple(files or ())
    if "-" in names and (len(names) > 1 or changed_since):
        raise typer.BadParameter("- stands alone: stdin is one file, and git knows nothing of it.")
    if fix and names == ("-",):
        raise typer.BadParameter("--fix writes files; stdin is none.")
    from safemigrate.workflow import check as workflow

    options = workflow.CheckOptions(
        files=names,
        stdin=(stdin_filename, invocation.read_stdin()) if names == ("-",) else None,
        offline=offline,
        changed_since=changed_since,
        levels=_levels(rule or []),
        fail_on=FailOn.NEVER if exit_zero else fail_on,
        baseline=baseline,
        write_baseline=write_baseline,
        fix=fix,
    )
    return workflow.check(invocation.request, options)


def _levels(rules: list[str]) -> Levels | None:
    levels = {}
    for each in rules:
        name, equals, level = each.partition("=")
        if not equals or level not in LEVELS:
            raise typer.BadParameter(f"--rule {each}: it is a rule or family, = and {', '.join(LEVELS)}.")
        levels[name.strip()] = level
    return Levels(levels) if levels else None

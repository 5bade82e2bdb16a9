"""`safemigrate release`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def release(
    invocation: Invocation,
    migration: Annotated[str, typer.Argument(metavar="NAME", help="The migration, as its folder is named.")],
) -> Outcome:
    """Let a rolled-back migration be applied again.

    With the last one goes the guard that makes plain `prisma migrate deploy` stop.
    """
    from safemigrate.workflow import release as workflow

    return workflow.release(invocation.request, migration)

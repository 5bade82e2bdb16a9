"""`safemigrate release`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def release(
    invocation: Invocation,
    migrations: Annotated[list[str], typer.Argument(metavar="NAME", help="Migrations, as their folders are named.")],
) -> Outcome:
    """Let rolled-back migrations be applied again.

    With the last one goes the guard that makes plain `prisma migrate deploy` stop.
    """
    from safemigrate.workflow import release as workflow

    return workflow.release(invocation.request, *migrations)

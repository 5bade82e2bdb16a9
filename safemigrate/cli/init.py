"""`safemigrate init`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.options import Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def init(
    invocation: Invocation,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show everything; write nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what init did in this checkout.")] = False,
    no_database: Annotated[
        bool, typer.Option("--no-database", help="Ask no database: the baseline is what schema.prisma says.")
    ] = False,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
) -> Outcome:
    """Take a project from `db push` to migrations.

    Writes a baseline that is proven to make the database's schema, records it as applied, and sets up scripts and CI.
    """
    from safemigrate.workflow import init as workflow

    settings = invocation.settings
    options = workflow.InitOptions(
        dry_run=dry_run, undo=undo, database=not no_database, shadow=shadow_of(settings, shadow, shadow_url)
    )
    return workflow.init(invocation.request, options)

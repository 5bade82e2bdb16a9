"""`safemigrate apply`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.options import LockTimeout, Retries, Scope, Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def apply(
    invocation: Invocation,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the migration to generate.")] = None,
    generate: Annotated[
        bool | None,
        typer.Option(
            "--generate/--no-generate",
            help="Write a migration where schema.prisma changed, or do not look; unless set, asks where it can.",
            show_default=False,
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="First show and write what the rules know a safe form of.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all but change the database.")] = False,
    snapshot: Annotated[
        Scope | None, typer.Option(help="Rows to back up: those at risk, all, or none; scoped unless set.")
    ] = None,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
    lock_timeout: LockTimeout = None,
    retries: Retries = None,
) -> Outcome:
    """Apply migrations: read, rehearsed, with a proven way back.

    Before the database is touched, the change is tried on a copy with its rows, undone there and compared.
    """
    from safemigrate.workflow import apply as workflow
    from safemigrate.workflow.options import ApplyOptions

    settings = invocation.settings
    options = ApplyOptions(
        name=name,
        generate=generate,
        dry_run=dry_run,
        snapshot=snapshot or settings.snapshot,
        shadow=shadow_of(settings, shadow, shadow_url),
        lock_timeout=settings.lock_timeout if lock_timeout is None else lock_timeout,
        retries=settings.retries if retries is None else retries,
        fix=fix,
    )
    return workflow.apply(invocation.request, options)

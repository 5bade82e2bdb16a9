"""`safemigrate prune`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.options import Age, LockTimeout, Retries
from safemigrate.cli.shared import Invocation
from safemigrate.config import duration
from safemigrate.model import Outcome


def prune(
    invocation: Invocation,
    *,
    older_than: Age = None,
    migration: Annotated[str | None, typer.Option(metavar="NAME", help="What is kept for this migration.")] = None,
    returned: Annotated[bool, typer.Option("--returned", help="What no rollback needs any more.")] = False,
    orphans: Annotated[bool, typer.Option("--orphans", help="Kept tables that no run knows.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and what could no longer come back; change nothing.")
    ] = False,
    lock_timeout: LockTimeout = None,
    retries: Retries = None,
) -> Outcome:
    """End what is kept in the database.

    By age, by migration, or where nothing needs it; without a flag, what is older than the setting retention. What a
    rollback could then no longer bring back is
    listed first, and takes the database's name to agree to.
    """
    from safemigrate.workflow import prune as workflow
    from safemigrate.workflow.options import PruneOptions

    settings = invocation.settings
    options = PruneOptions(
        older_than=duration(older_than) if older_than else None,
        migration=migration,
        returned=returned,
        orphans=orphans,
        dry_run=dry_run,
        lock_timeout=settings.lock_timeout if lock_timeout is None else lock_timeout,
        retries=settings.retries if retries is None else retries,
    )
    return workflow.prune(invocation.request, options)

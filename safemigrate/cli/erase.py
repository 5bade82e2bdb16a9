"""`safemigrate erase`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.options import LockTimeout, Retries
from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def erase(
    invocation: Invocation,
    table: Annotated[str, typer.Argument(metavar="TABLE", help='The table as it was called: \'"public"."User"\'.')],
    *,
    key: Annotated[
        list[str], typer.Option("--key", metavar="COLUMN=VALUE", help="Tells the row; once for each column of its key.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is kept of the row; change nothing.")] = False,
    lock_timeout: LockTimeout = None,
    retries: Retries = None,
) -> Outcome:
    """Erase what is kept of one row.

    Its values go from everything that is kept of the database; snapshots that hold its table are named.
    """
    pairs = [each.partition("=") for each in key]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise typer.BadParameter(f"--key takes COLUMN=VALUE, not {wrong[0]}")
    from safemigrate.workflow import erase as workflow
    from safemigrate.workflow.options import EraseOptions

    settings = invocation.settings
    options = EraseOptions(
        table=table,
        key={name.strip('"'): value for name, _, value in pairs},
        dry_run=dry_run,
        lock_timeout=settings.lock_timeout if lock_timeout is None else lock_timeout,
        retries=settings.retries if retries is None else retries,
    )
    return workflow.erase(invocation.request, options)

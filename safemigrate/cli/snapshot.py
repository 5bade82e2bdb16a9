"""`safemigrate snapshot create | list | verify | restore | prune`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.options import Age, Scope, Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.config import duration
from safemigrate.model import Outcome

Id = Annotated[str, typer.Argument(metavar="ID", help="The snapshot, as `snapshot list` names it.")]


def create(
    invocation: Invocation,
    *,
    scope: Annotated[
        Scope, typer.Option(help="Rows to back up: all, those of tables at risk, or none but the schema.")
    ] = Scope.FULL,
    compact: Annotated[
        bool, typer.Option("--compact", help="Of a SQLite file, leave out its free pages; takes longer.")
    ] = False,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
) -> Outcome:
    """Take a snapshot of the database."""
    from safemigrate.workflow import snapshot as workflow

    choice = shadow_of(invocation.settings, shadow, shadow_url)
    return workflow.create(invocation.request, scope, choice, compact)


def list_(invocation: Invocation) -> Outcome:
    """List the snapshots of the project."""
    from safemigrate.workflow import snapshot as workflow

    return workflow.list_(invocation.request)


def verify(
    invocation: Invocation,
    id: Id,  # noqa: A002  # the word users know
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Restore it into a shadow and compare, not only read it.")
    ] = False,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
) -> Outcome:
    """Verify that a snapshot is whole, or with --deep, that it restores."""
    from safemigrate.workflow import snapshot as workflow

    return workflow.verify(invocation.request, id, deep, shadow_of(invocation.settings, shadow, shadow_url))


def restore(
    invocation: Invocation,
    id: Id,  # noqa: A002
    *,
    into: Annotated[
        str,
        typer.Option(
            metavar="DATABASE",
            help="Name of a database on the same server, or of a file beside the former one, or a URL.",
        ),
    ],
) -> Outcome:
    """Restore a snapshot into a database and compare; one that holds anything takes consent."""
    from safemigrate.workflow import snapshot as workflow

    return workflow.restore(invocation.request, id, into)


def prune(
    invocation: Invocation,
    *,
    older_than: Age = None,
    keep: Annotated[int | None, typer.Option(metavar="N", min=0, help="Keep the newest N.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which would go; change nothing.")] = False,
) -> Outcome:
    """Delete old snapshots.

    Never the newest that was verified, nor one that has what a rollback cannot bring back.
    """
    from safemigrate.workflow import prune_snapshots as workflow

    age = duration(older_than) if older_than else None
    return workflow.prune(invocation.request, workflow.SnapshotPruneOptions(age, keep, dry_run))

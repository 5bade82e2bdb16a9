"""`safemigrate prove`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.options import Require, Rows, Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def prove(
    invocation: Invocation,
    *,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="MIGRATION", help="Those to prove; all of them unless named.")
    ] = None,
    last: Annotated[int | None, typer.Option(metavar="N", min=1, help="Prove the last N migrations.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="MIGRATION", help="Prove this migration and all after it.")
    ] = None,
    require: Annotated[
        Require, typer.Option(help="Exit 1 where a migration is less; any: exit 0 whatever comes out.")
    ] = Require.EXACT,
    rows: Rows = 5,
    seed: Annotated[int, typer.Option(metavar="N", help="Other rows; the same seed makes the same.")] = 1,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes at work; one a core unless set.")
    ] = None,
    snapshot: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Begin with this snapshot and its rows: what it has not applied is proven."),
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Take what was proven before from the cache, or prove all anew.")
    ] = True,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
) -> Outcome:
    """Prove of every migration on disk that it can be taken back, with rows, in a throw-away database.

    Each is applied after all that come before it, taken back, compared in schema and rows, and applied again.
    Needs no database but a shadow.
    """
    if sum((bool(names), last is not None, since is not None)) > 1:
        raise typer.BadParameter("names, --last and --from exclude each other; give one.")
    from safemigrate.workflow import prove as workflow
    from safemigrate.workflow.options import ProveOptions

    options = ProveOptions(
        names=tuple(names or ()),
        last=last,
        since=since,
        rows=rows,
        seed=seed,
        require=require,
        shadow=shadow_of(invocation.settings, shadow, shadow_url),
        jobs=jobs or 0,
        cache=cache,
        snapshot=snapshot,
    )
    return workflow.prove(invocation.request, options)

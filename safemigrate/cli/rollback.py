"""`safemigrate rollback`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from safemigrate.cli.options import BatchRows, LockTimeout, Retries, Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.model import OnConflict, Outcome


def rollback(
    invocation: Invocation,
    *,
    last: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Take back the last N migrations; 1 unless set.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="Take back all that came after this migration.")
    ] = None,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Take the last rollback back: what it dropped returns, what came since stays."),
    ] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Take back what a failed migration left behind.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the SQL, what comes back and what cannot; change nothing.")
    ] = False,
    fill: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help='Value for rows written since, where a restored column needs one: \'"public"."User"."nick"=unknown\'.',
        ),
    ] = None,
    relabel: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="LABEL=LABEL",
            help='Label for values whose own the former enum does not have: \'"public"."Role"."OWNER"=ADMIN\'.',
        ),
    ] = None,
    on_conflict: Annotated[
        OnConflict,
        typer.Option(
            "--on-conflict",
            help="Who wins where rows written since and what comes back exclude each other; what gives way is kept.",
        ),
    ] = OnConflict.STOP,
    guard: Annotated[
        bool | None,
        typer.Option(
            "--guard/--no-guard",
            help="Make plain `prisma migrate deploy` stop too, until `safemigrate release`; off unless set.",
            show_default=False,
        ),
    ] = None,
    generated: Annotated[
        bool, typer.Option("--generated", help="Use safemigrate's way back where your own down.sql would be used.")
    ] = False,
    as_migration: Annotated[
        bool,
        typer.Option("--as-migration", help="Write the way back as a new migration instead; changes no database."),
    ] = False,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of that migration.")] = None,
    shadow: Shadow = None,
    shadow_url: ShadowUrl = None,
    lock_timeout: LockTimeout = None,
    retries: Retries = None,
    batch_rows: BatchRows = None,
) -> Outcome:
    """Take migrations back, with the data they dropped.

    Rows written since stay. What cannot go back is listed before anything is changed.
    """
    if sum((last is not None, to is not None, failed, undo)) > 1:
        raise typer.BadParameter("--last, --to, --failed and --undo exclude each other; give one.")
    if failed and guard:
        raise typer.BadParameter("--guard guards a hold, and --failed puts nothing on hold.")
    if as_migration and (failed or guard):
        raise typer.BadParameter("--as-migration takes back what is applied, and puts nothing on hold.")
    if as_migration and (relabel or on_conflict is not OnConflict.STOP):
        raise typer.BadParameter("--as-migration settles no conflicts but by --fill: other environments have others.")
    if name and not as_migration:
        raise typer.BadParameter("--name names the migration that --as-migration writes.")
    from safemigrate.workflow import rollback as workflow
    from safemigrate.workflow.options import RollbackOptions

    settings = invocation.settings
    options = RollbackOptions(
        last=last,
        to=to,
        failed=failed,
        undo=undo,
        dry_run=dry_run,
        lock_timeout=settings.lock_timeout if lock_timeout is None else lock_timeout,
        retries=settings.retries if retries is None else retries,
        shadow=shadow_of(settings, shadow, shadow_url),
        fill=_filled(fill or []),
        labels=_mapped(relabel or []),
        on_conflict=on_conflict,
        batch_rows=settings.batch_rows if batch_rows is None else batch_rows,
        guard=settings.guard if guard is None else guard,
        generated=generated,
        as_migration=as_migration,
        name=name,
    )
    return workflow.rollback(invocation.request, options)


# Names as the listed choices write them: each part in quotes.
_ASSIGNMENT = re.compile(r'((?:"(?:[^"]|"")+"\.)*"(?:[^"]|"")+")=(.*)', re.DOTALL)


def _filled(given: list[str]) -> dict[str, str]:
    return dict(_assigned(each, "--fill", "COLUMN=VALUE") for each in given)


def _mapped(given: list[str]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for each in given:
        name, value = _assigned(each, "--map", "ENUM.LABEL=LABEL")
        parts = re.findall(r'"(?:[^"]|"")+"', name)
        enum, label = ".".join(parts[:-1]), parts[-1][1:-1].replace('""', '"')
        if label in labels.setdefault(enum, {}):
            raise typer.BadParameter(f"--map names {name} twice")
        labels[enum][label] = value
    return labels


def _assigned(given: str, flag: str, form: str) -> tuple[str, str]:
    found = _ASSIGNMENT.fullmatch(given)
    name, equals, value = (found[1], "=", found[2]) if found else given.partition("=")
    if not equals or (flag == "--map" and not found):
        raise typer.BadParameter(
            f"{flag} takes {form}, with each part of the name in quotes as it is listed, not {given}"
        )
    if value == "…":
        raise typer.BadParameter(f"{flag} {name} needs a value in the place of …")
    return name, value

"""What every rollback does, at once or in stages: fill, keep what goes, verify, and say so in both histories."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from safemigrate.db import session
from safemigrate.db.catalog import Catalog, read
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection, quote
from safemigrate.errors import MigrationFailed
from safemigrate.execute import journal, kept, rollbacks, run
from safemigrate.execute.runs import Run
from safemigrate.model import Kept, KeptKind, Parting, Plan
from safemigrate.prisma import history
from safemigrate.rollback import own
from safemigrate.workflow.back import conflicts


def fill_in(connection: Connection, plan: Plan, fill: Mapping[str, str]) -> None:
    """Give this transaction the values that the inverse asks for."""
    for check in (check for step in plan.steps for check in step.checks):
        if check.setting and check.subject in fill:
            connection.execute("SELECT set_config(%s, %s, true)", [check.setting, fill[check.subject]])


def part(connection: Connection, one: Run, parting: Parting, notes: list[str]) -> None:
    """Keep what the rollback is about to drop, for being taken back itself."""
    if parting.unit:
        if count := _parted(connection, one, parting):
            notes.append(
                f"{parting.subject} goes with {conflicts.gone(count, parting.unit)} of today; kept in {parting.place}"
            )
        return
    try:
        with connection.transaction():  # no rollback may fail over what only its undoing needs
            _parted(connection, one, parting)
    except MigrationFailed as error:
        if error.sqlstate == session.LOCK_NOT_AVAILABLE:
            raise
        notes.append(f"this rollback cannot be taken back: {parting.subject} could not be kept ({error.why})")


def _parted(connection: Connection, one: Run, parting: Parting) -> int:
    count = session.value(connection, parting.count) or 0
    if count:
        kept.make_room(connection, parting.place)
        for sql in parting.keep:
            run.execute(connection, sql)
        kept.enter(connection, one.id, [Kept(KeptKind.LEFT, parting.subject, parting.place)])
    return int(count)


def run_own(connection: Connection, one: Run, notes: list[str]) -> None:
    """Run the team's own down.sql; what it may drop is kept first, and what ours would have moved back stays aside."""
    for parting in (parting for step in reversed(one.plan.steps) for parting in step.partings):
        with suppress(session.SqlError, MigrationFailed), connection.transaction():  # of a name that is no more
            part(connection, one, parting, notes)
    for sql, line in own.statements(one.plan.down):
        run.execute(connection, sql, line=line)
    for home in own.homes(one.plan):
        away = own.aside(home, one.id)
        run.execute(connection, f"ALTER SCHEMA {home} RENAME TO {away}")
        kept.move(connection, one.id, home, away)


def record(connection: Connection, schema: str, chosen: Sequence[Run], *, guard: bool) -> None:
    """Write in Prisma's history and ours that these are rolled back, and put them on hold."""
    for one in chosen:
        history.mark_rolled_back(connection, schema, one.migration)
        journal.rolled_back(connection, one.id)
        journal.hold(connection, one.migration, one.checksum, "it was rolled back")
    rollbacks.ended(connection, [one.id for one in chosen])
    if guard:
        names = ", ".join(one.migration for one in chosen)
        history.raise_guard(connection, schema, f"{names} is on hold: safemigrate status")


def verify(
    connection: Connection, oldest: Run, *, drifted: bool, notes: list[str], unproven: Collection[str] = ()
) -> None:
    """Compare with the schema before the oldest of the runs, but for constraints that come back NOT VALID.

    After drift there is nothing to compare with, and that is said.
    """
    if drifted:
        notes.append(
            "The schema was changed by something else since apply, so its fingerprint could not be compared; "
            "every statement of the proven rollback ran."
        )
        return
    now = read(connection)
    notes += (
        f"{address} is NOT VALID; when its rows are mended: "
        f"ALTER TABLE {quote(one.schema, one.parent)} VALIDATE CONSTRAINT {quote(one.name)}"
        for address in unproven
        if (one := now.addresses.get(address))
    )
    if fingerprint(_validated(now, unproven)) != oldest.fingerprint_before:
        raise MigrationFailed(
            f"the schema after the rollback is not the one before {oldest.migration}", "The rollback was undone."
        )


def _validated(catalog: Catalog, unproven: Collection[str]) -> Catalog:
    """Return the catalog as if these constraints were not NOT VALID."""
    objects = {
        identity: replace(one, attributes=one.attributes | {"definition": definition.removesuffix(" NOT VALID")})
        if one.address in unproven and isinstance(definition := one.attributes["definition"], str)
        else one
        for identity, one in catalog.objects.items()
    }
    return replace(catalog, objects=objects)

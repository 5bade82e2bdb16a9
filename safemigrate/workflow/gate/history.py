"""Findings about where a branch's migrations stand in the history of its base."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.errors import word
from safemigrate.lint.facts import Facts
from safemigrate.lint.run import of_history
from safemigrate.model import Finding, Migration, MigrationOutcome, Severity
from safemigrate.workflow.gate.changes import Changes
from safemigrate.workflow.reading.files import shown


def facts(changes: Changes, provider: str) -> Facts:
    """What the rules of the history are told: what is on the base counts as applied."""
    names = {one.name for one in (*changes.before, *changes.new)} - {one.name for one in changes.deleted}
    return Facts(
        applied={one.name: one.checksum for one in changes.before} if changes.base else None,
        folder=tuple(sorted(names - set(changes.renamed.values()))),
        provider=provider,
        base=changes.base,
    )


def of_new(migration: Migration, changes: Changes, known: Facts) -> list[Finding]:
    """What there is to say of one that only the branch has."""
    if was := changes.renamed.get(migration.name):
        return [
            Finding(
                "renamed-migration",
                Severity.ERROR,
                f"{migration.name} is {was} of {changes.base} under another name; Prisma takes it for a new one",
                migration.name,
                subject=migration.name,
                help=f"git mv {word(shown(migration.path.parent))} {word(shown(migration.path.parent.with_name(was)))}",
            )
        ]
    return _placed(migration, known)


def _placed(migration: Migration, known: Facts) -> list[Finding]:
    return list(of_history(replace(migration, path=shown(migration.path)), known))


def of_others(changes: Changes, known: Facts) -> list[MigrationOutcome]:
    """What became of those that the base has: edited and deleted ones."""
    found = []
    for one in changes.edited:
        said = tuple(_placed(one, known))
        if said:
            found.append(MigrationOutcome(one.name, one.checksum, "edited", said))
    for one in changes.deleted:
        gone = Finding(
            "deleted-migration",
            Severity.ERROR,
            f"{one.name} is on {changes.base} and not here; databases that applied it still have it",
            one.name,
            subject=one.name,
            help=f"git checkout {changes.base} -- {word(shown(one.path.parent))}",
        )
        found.append(MigrationOutcome(one.name, one.checksum, "deleted", (gone,)))
    return found

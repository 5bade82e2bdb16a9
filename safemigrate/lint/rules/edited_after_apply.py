"""A migration was changed after it had been applied: the database and the file no longer say the same.

Databases that applied the old text differ from those that will apply the new one. Prisma compares checksums and offers
to reset the database in development; in a deploy it says nothing. What has reached the base of a branch counts as
applied: some database may have it.

Put the old text back (`git log` has it) and write a new migration for the change. Other line ends are no edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from safemigrate.errors import word
from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity


def check(context: Context) -> Iterator[Finding]:
    """An applied migration whose checksum is not that of the file, whatever its line ends."""
    migration = context.migration
    applied = (context.facts.applied or {}).get(migration.name)
    if not applied:
        return
    base = context.facts.base
    unix = migration.sql.replace("\r\n", "\n")
    spellings = {sha256(text.encode()).hexdigest() for text in (unix, unix.replace("\n", "\r\n"))}
    if applied not in {migration.checksum, *spellings}:
        yield context.finding(
            Severity.ERROR,
            f"{migration.name} was edited after it {f'reached {base}' if base else 'was applied'}",
            subject=migration.name,
            help=f"put the old text back: git log --follow -- {word(migration.path)}",
        )


RULE = Rule("edited-after-apply", "history", Severity.ERROR, check)

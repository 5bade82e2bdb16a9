"""A migration is older, by its name, than one that is already applied.

Here it runs last; on an empty database, and in Prisma's shadow, it runs in the order of names. Where the two touch the
same objects the results differ. It usually comes from a branch that was merged late.

Rename its folder to a newer timestamp before anybody applies it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity


def check(context: Context) -> Iterator[Finding]:
    """A pending migration with applied ones behind it; names are compared bytewise, as Prisma does."""
    applied = context.facts.applied
    name = context.migration.name
    if applied is None or name in applied:
        return
    later = [other for other in applied if other.encode() > name.encode()]
    if later:
        newest = max(later, key=str.encode)
        where = f"is on {context.facts.base}" if context.facts.base else "is already applied"
        yield context.finding(
            Severity.WARNING,
            f"{name} is older than {newest}, which {where}",
            subject=name,
            help="give its folder a newer timestamp before anybody applies it",
        )


RULE = Rule("out-of-order", "history", Severity.WARNING, check)

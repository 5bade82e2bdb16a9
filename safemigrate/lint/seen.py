"""What no rule can read from the text and a rehearsal sees: findings with a name, a family and a page, but no check."""

from __future__ import annotations

from safemigrate.lint.rule import Family
from safemigrate.model import Severity

SEEN: dict[str, tuple[Family, Severity, str]] = {
    "rows-deleted": (
        "data-loss",
        Severity.WARNING,
        """A statement deletes rows that were there before the migration.

The rehearsal counts them, those that a foreign key takes along too. safemigrate keeps them for a rollback.
""",
    ),
    "rows-updated": (
        "data-loss",
        Severity.NOTICE,
        """A statement overwrites values that were there before the migration.

safemigrate keeps the old ones for a rollback, so nothing is lost for good and no consent is asked.
""",
    ),
    "seen-lock": (
        "lock",
        Severity.WARNING,
        """A statement keeps others waiting, and nothing in the text shows it.

A DO block or a function that builds its SQL, a foreign key that locks the table it refers to, a scan under a lock that
an earlier statement of the transaction took: the rehearsal sees the lock, and whether the whole table is read or
rewritten under it. Tables that are known to be small are left out.

Move a scan that runs under an earlier statement's lock to the next migration.
""",
    ),
    "seen-loss": (
        "data-loss",
        Severity.WARNING,
        """A statement drops or empties what its text does not show.

CASCADE, a DO block or a function can drop a table, a column, a sequence or a type, or give a column a type that does
not hold its values: the catalogs before and after the statement tell. safemigrate keeps it for a rollback.
""",
    ),
}

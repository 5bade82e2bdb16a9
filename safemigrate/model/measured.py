"""What a rehearsal says of a finding, and what it measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Confirmation(StrEnum):
    """What the rehearsal says of a finding."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    SEEN = "seen"  # no rule named it


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rehearsal measured of a statement on one table, named as the migration found it.

    `lock` is the strongest held on it when the statement ended, as PostgreSQL docs 13.3 names it; `scans` are the rows
    read from end to end, None where it was not. `rows` are those it held in the shadow, None where nobody counted, and
    `target_rows` those of the target. `seconds` are the statement's; `estimate` are those at the target's size, None
    where they are the same, or where the work does not grow with the rows or was too short to tell.
    """

    table: str
    lock: str
    seconds: float
    rewritten: bool = False
    scans: int | None = None
    rows: int | None = None
    target_rows: int | None = None
    estimate: float | None = None

    @property
    def works(self) -> bool:
        """Whether the statement went through the whole table."""
        return self.rewritten or self.scans is not None

"""A finding, where it stands, and what a rehearsal measured of it."""

from __future__ import annotations

from enum import StrEnum

from safemigrate.model.value import dataclass


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
    where they are the same, or where the work does not grow with the rows or was too short to tell. Of a large table
    whose rows are not at risk, all these are from a part of the target's.
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


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: lines and columns are 1-based and count characters; `start` and `end` are 0-based offsets."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


class Severity(StrEnum):
    """How bad a finding is; the three levels of GitHub's annotations. ERROR blocks."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule, the trace or the data said about a migration.

    `subject` is the object as users write it: `"User"."bio"`. `count` is what stands to be lost or to fail, in the
    unit the message names; None where nobody counted. `allowed` is the reason of an allow comment, "" without one.
    `loses` says that it takes consent: data goes, whether or not a rollback can bring it back. `verdict` is what the
    rehearsal said of it, None without one; `because` is why, where it cleared it; `measured` what it rests on.
    `path` is the file that `span` is in, "" for its migration's; `edit` is what would end it, as git shows a change.
    """

    rule: str
    severity: Severity
    message: str
    migration: str
    span: Span | None = None
    subject: str = ""
    help: str = ""
    count: int | None = None
    allowed: str = ""
    loses: bool = False
    verdict: Confirmation | None = None
    because: str = ""
    measured: Measured | None = None
    path: str = ""
    edit: str = ""

    @property
    def blocks(self) -> bool:
        """Whether this alone stops an apply."""
        return self.severity is Severity.ERROR and not self.allowed

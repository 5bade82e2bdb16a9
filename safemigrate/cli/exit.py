"""Exit codes, the same for every command; scripts and CI depend on them."""

from __future__ import annotations

from enum import IntEnum
from typing import assert_never

from safemigrate.errors import ConsentRequired, Interrupted, NotRestored, Restored, SafemigrateError
from safemigrate.model import Result


class ExitCode(IntEnum):
    """How a command ended, and what that means to whoever runs it."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """Make the number, with its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "done, nothing blocks"
    BLOCKED = 1, "findings or conflicts block"
    FAILED = 2, "could not do the job: usage, settings, no server, Prisma"
    CONSENT = 3, "consent to a loss is missing or was declined"
    RESTORED = 4, "apply or rollback failed; the database is proven back where it was"
    NOT_RESTORED = 5, "apply failed and was not restored; a person is needed"
    BUG = 70, "a bug in safemigrate"  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130, "interrupted, and the state is said"


def of_error(error: SafemigrateError) -> ExitCode:
    """The code of an error that reached the user."""
    match error:
        case ConsentRequired():
            return ExitCode.CONSENT
        case Restored():
            return ExitCode.RESTORED
        case NotRestored():
            return ExitCode.NOT_RESTORED
        case Interrupted():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.FAILED


def of_result(result: Result) -> ExitCode:
    """The code of a workflow that came to its end."""
    match result:
        case (
            Result.NOTHING
            | Result.APPLIED
            | Result.REHEARSED
            | Result.ROLLED_BACK
            | Result.PRUNED
            | Result.ERASED
            | Result.ADOPTED
            | Result.UNDONE
            | Result.OK
        ):
            return ExitCode.DONE
        case Result.BLOCKED | Result.CONFLICTS | Result.NOT_OK:
            return ExitCode.BLOCKED
        case Result.INCOMPLETE:
            return ExitCode.FAILED
        case _:
            assert_never(result)

"""How a command ended, in one sentence, the same in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from safemigrate.model import Confirmation, Finding, MigrationOutcome, Outcome, Result, Severity, Verdict
from safemigrate.report.words import many


class Tone(StrEnum):
    """How good the news is."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


def findings_of(outcome: Outcome) -> list[Finding]:
    """Every finding: those of the project as a whole, then each migration's."""
    return [*outcome.findings, *(finding for each in outcome.migrations for finding in each.findings)]


def ending(outcome: Outcome) -> tuple[Tone, str]:
    """Return how it ended, in a sentence."""
    if outcome.command == "check":
        return _read(outcome)
    migrations, took = many(len(outcome.migrations), "migration"), f"in {outcome.seconds:.1f} s"
    match outcome.result:
        case Result.APPLIED:
            return Tone.GOOD, f"Applied {migrations} {took}."
        case Result.REHEARSED if outcome.command in ("prune", "snapshot prune", "erase", "init"):
            return Tone.GOOD, "Nothing was changed."
        case Result.REHEARSED:
            return Tone.GOOD, f"Rehearsed {migrations} {took}; nothing was changed."
        case Result.ROLLED_BACK:
            return Tone.GOOD, f"Rolled back {migrations} {took}."
        case Result.ADOPTED:
            return Tone.GOOD, f"Adopted {took}: the project lives on migrations now."
        case Result.UNDONE:
            return Tone.GOOD, f"Taken back {took}."
        case Result.ERASED:
            return Tone.GOOD, f"Erased {took}."
        case Result.PRUNED:
            what = many(len(outcome.kept), "object") if outcome.kept else many(len(outcome.snapshots), "snapshot")
            return Tone.GOOD, f"Pruned {what} {took}."
        case Result.BLOCKED:
            blocking = sum(finding.blocks for finding in findings_of(outcome))
            by = f" by {many(blocking, 'finding')}" if blocking else ""
            return Tone.BAD, f"Blocked{by}; nothing was changed."
        case Result.CONFLICTS:
            begun = any(each.state in ("rolling back", "rolled back") for each in outcome.migrations)
            how = "what is back stays" if begun else "nothing was changed"
            return Tone.BAD, f"{many(len(outcome.conflicts), 'conflict')}; {how}."
        case Result.INCOMPLETE:
            return Tone.BAD, "Not all of it could be read."
        case Result.NOTHING | Result.OK | Result.NOT_OK:
            return Tone.BAD if outcome.result is Result.NOT_OK else Tone.GOOD, _standing(outcome) or f"Done {took}."
        case _:
            assert_never(outcome.result)


def fails(outcome: Outcome, finding: Finding) -> bool:
    """Whether it is among what blocks: the errors or, where there are none, the warnings that --fail-on asks about."""
    if outcome.result not in (Result.BLOCKED, Result.INCOMPLETE) or finding.allowed:
        return False
    errors = any(one.blocks for one in findings_of(outcome))
    return finding.blocks or (not errors and finding.severity is Severity.WARNING)


def headline(outcome: Outcome) -> tuple[Tone, str]:
    """Return the verdict in a few plain words; what worked and still needs a look is not all good."""
    tone, _ = ending(outcome)
    told = [one for one in findings_of(outcome) if not one.allowed and one.verdict is not Confirmation.CLEARED]
    match outcome.result:
        case Result.BLOCKED:
            return tone, "This change is blocked"
        case Result.INCOMPLETE:
            return tone, "Not all of it could be read"
        case Result.CONFLICTS:
            return tone, "Stopped: rows written since are in the way"
        case Result.APPLIED:
            return tone, "The change is in the database"
        case Result.ROLLED_BACK:
            return tone, "The change is taken back"
        case Result.REHEARSED if any(one.loses for one in told):
            return Tone.WARN, "It works, and it loses data"
        case Result.REHEARSED:
            return Tone.WARN if told else tone, "It worked on a copy; nothing was changed"
        case Result.NOT_OK if outcome.command == "prove":
            return tone, "Not every rollback is proven"
        case Result.OK if outcome.command == "prove":
            return tone, "Every rollback is proven"
        case _ if tone is Tone.WARN:
            return tone, "Nothing blocks; something to read"
    return tone, "Something is wrong" if tone is Tone.BAD else "Nothing stands in the way"


def _standing(outcome: Outcome) -> str:
    if outcome.diagnoses and outcome.command == "doctor":
        failed = sum(not each.ok for each in outcome.diagnoses)
        checks = many(len(outcome.diagnoses), "check")
        return f"{failed} of {checks} failed." if failed else f"{checks} passed."
    if outcome.command == "status":
        states = Counter(each.state for each in outcome.migrations)
        return ", ".join(f"{count:,} {state}" for state, count in states.items()) + "." if states else "No migrations."
    if outcome.command == "prove" and outcome.migrations:
        return _proven(outcome)
    if outcome.command == "snapshot list":
        return many(len(outcome.snapshots), "snapshot") + "."
    if outcome.result is Result.NOT_OK:
        return "Not in order."
    return "Nothing to do." if outcome.result is Result.NOTHING else ""


def _read(outcome: Outcome) -> tuple[Tone, str]:
    files = len(outcome.migrations)
    unreadable = sum(read.state == "unreadable" for read in outcome.migrations)
    told = findings_of(outcome)
    count = Counter("allowed" if finding.allowed else finding.severity.value for finding in told)
    in_files = sum(any(not finding.allowed for finding in read.findings) for read in outcome.migrations)
    said = [many(count[level], level) for level in ("error", "warning", "notice") if count[level]]
    where = f" in {in_files:,} of {many(files, 'file')}" if files else ""
    nothing = f"Nothing found in {many(files - unreadable, 'file')}" if files else "Nothing found"
    words = f"{', '.join(said)}{where}" if said else nothing
    if files and unreadable == files and not said:
        return Tone.BAD, "The file could not be read." if files == 1 else f"None of {files:,} files could be read."
    words += f"; {count['allowed']:,} allowed" if count["allowed"] else ""
    words += f"; {unreadable:,} could not be read" if unreadable else ""
    if outcome.result is Result.NOTHING:
        return Tone.GOOD, f"The branch changes no migration of {outcome.base}." if outcome.base else "Nothing to read."
    if outcome.result in (Result.BLOCKED, Result.INCOMPLETE):
        return Tone.BAD, f"{words}."
    return (Tone.WARN, f"{words}; nothing blocks.") if said else (Tone.GOOD, f"{words}.")


def _proven(outcome: Outcome) -> str:
    changing = [migration for migration in outcome.migrations if kind_of(migration) in set(Verdict)]
    exact = _count(changing, Verdict.EXACT)
    broken = len(outcome.migrations) - len(changing) - _count(outcome.migrations, "changes nothing")
    rest = f"; {broken:,} could not be tried" if broken else ""
    return f"{exact:,} of {many(len(changing), 'migration')} proven exact in {outcome.seconds:.1f} s{rest}."


def kind_of(migration: MigrationOutcome) -> str:
    """What `prove` found of a migration: its verdict, or why there is none."""
    if migration.state == "proven" and migration.proof:
        return migration.proof.verdict
    return migration.state


def _count(migrations: Sequence[MigrationOutcome], kind: str) -> int:
    return sum(kind_of(migration) == kind for migration in migrations)

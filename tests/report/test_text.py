"""What golden files do not show: widths, what may not wrap, and hostile names."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest

from safemigrate.errors import ProjectError
from safemigrate.model import (
    Conflict,
    Diagnosis,
    Finding,
    Kept,
    KeptKind,
    MigrationOutcome,
    Outcome,
    Proof,
    Result,
    Severity,
    SnapshotOutcome,
    Trace,
    Verdict,
)
from safemigrate.report import text

LONG = "a table of which nobody knows what it is for " * 6


def outcome(**changes: object) -> Outcome:
    finding = Finding("drop-table", Severity.ERROR, LONG, "m", subject='"Old"', help=LONG)
    migration = MigrationOutcome("m", "", "pending", (finding,))
    values: dict[str, object] = {"command": "apply", "result": Result.BLOCKED, "migrations": (migration,), **changes}
    return Outcome(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_prose_is_wrapped_at_the_width(width: int) -> None:
    lines = text.render(outcome(), width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert max(map(len, lines)) > width - 12


def test_a_narrow_terminal_gets_40_columns() -> None:
    assert text.render(outcome(), width=1) == text.render(outcome(), width=40)


def test_commands_are_never_wrapped() -> None:
    command = "safemigrate apply --url postgresql://host/" + "x" * 200
    assert f"  → {command}\n" in text.render(outcome(next=(command,)))
    assert f"  → {command}\n" in text.render_error(ProjectError("x", fix=(command,)))


def test_sql_is_never_wrapped_or_interpreted() -> None:
    script = "UPDATE \"T\" SET a = '[bold]:smile:[/bold]' || '" + "x" * 200 + "';"
    written = text.render(
        outcome(command="rollback", migrations=(MigrationOutcome("m", "", "applied", script=script),)), verbose=True
    )
    assert script in written


def test_a_name_cannot_write_to_the_terminal() -> None:
    evil = "evil\x1b]0;title\x07\x1b[2J\x9b1A\r"
    finding = Finding(evil, Severity.ERROR, evil, evil, subject=evil, help=evil)
    trace = Trace(1, evil, 0.0, {evil: evil}, (evil,), {evil: (1, 1, 1)})
    proof = Proof(Verdict.LOSSY, (evil,), 1, 1, evil)
    kept = Kept(KeptKind.TABLE, evil, evil)
    migration = MigrationOutcome(evil, evil, evil, (finding,), (trace,), proof, evil, (evil,), (kept,), evil)
    snapshot = SnapshotOutcome(evil, evil, evil, 1, (evil,), True, datetime.now(UTC))
    conflict = Conflict(evil, evil, evil, 1, (evil,), (evil,))
    diagnosis = Diagnosis(evil, False, evil, (evil,))
    for command in ("apply", "status", "snapshot list"):
        shown = Outcome(
            command, Result.OK, evil, (migration,), (snapshot,), (conflict,), (diagnosis,), (evil,), (evil,)
        )
        written = text.render(shown, verbose=True)
        assert "title" in written
        assert not {character for character in written if unicodedata.category(character) == "Cc"} - {"\n"}
    assert "\x1b" not in text.render_error(ProjectError(evil, evil, (evil,)))


def test_what_two_statements_keep_is_told_once() -> None:
    kept = tuple(Kept(KeptKind.ROWS, '"public"."User"', place) for place in ("kept_1", "kept_2"))
    proof = Proof(Verdict.EXACT, (), 0, 0)
    migration = MigrationOutcome("20240101000000_one", "", "applied", proof=proof, kept=kept)
    said = text.render(outcome(result=Result.APPLIED, migrations=(migration,)))
    assert said.count('rows "public"."User"') == 1
    assert "rollback is exact: schema compared" in said


def test_plain_text_has_no_escapes() -> None:
    assert "\x1b" not in text.render(outcome())
    assert "\x1b[31m" in text.render(outcome(), colour=True)


def test_blocked_without_a_finding_counts_none() -> None:
    assert "Blocked; nothing was changed." in text.render(outcome(migrations=()))


@pytest.mark.parametrize("result", Result)
def test_every_result_ends_with_a_mark(result: Result) -> None:
    last = text.render(Outcome("release", result)).splitlines()[-1]
    bad = result in (Result.BLOCKED, Result.CONFLICTS, Result.NOT_OK, Result.INCOMPLETE)
    assert last.startswith("✖ " if bad else "✔ ")


def test_failed_checks_are_counted() -> None:
    checks = (Diagnosis("a", True, ""), Diagnosis("b", False, ""))
    assert "1 of 2 checks failed." in text.render(Outcome("doctor", Result.NOT_OK, diagnoses=checks))

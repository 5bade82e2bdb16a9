"""Findings as other tools take them: each with its file, and a fingerprint that outlives an edit above it."""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterator

from safemigrate.model import Finding, MigrationOutcome, Outcome, Severity
from safemigrate.model.value import dataclass
from safemigrate.report.place import line_of

# What stands for a file that could not be read, and for a command that could not do its job.
UNREADABLE, FAILED = "cannot-be-read", "could-not-run"


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in a file, "" for one of no file; the path begins at the top of the repository.

    `line` is the one to show, 0 for none; the finding's span is the whole statement's.
    """

    finding: Finding
    path: str
    fingerprint: str
    line: int = 0


def told(outcome: Outcome, folder: str = "") -> Iterator[Told]:
    """Every finding, allowed or not; a file that cannot be read is one too."""
    seen: Counter[str] = Counter()
    for finding in outcome.findings:
        path = _from_top(finding.path, folder)
        yield Told(finding, path, _fingerprint(seen, finding, path, ""), finding.span.line if finding.span else 0)
    for migration in outcome.migrations:
        path, lines = path_of(migration, folder), migration.text.split("\n")
        for finding in findings_of(migration):
            span = finding.span
            sql = migration.text[span.start : span.end] if span else ""
            yield Told(finding, path, _fingerprint(seen, finding, path, sql), line_of(finding, lines))


def findings_of(migration: MigrationOutcome) -> tuple[Finding, ...]:
    """A migration's findings; one that cannot be read is told as a finding."""
    if migration.state != "unreadable":
        return migration.findings
    detail = migration.detail or "The file cannot be read."
    return (Finding(UNREADABLE, Severity.ERROR, detail, migration.name), *migration.findings)


def path_of(migration: MigrationOutcome, folder: str = "") -> str:
    """A migration's file as seen from the top of the repository, "" where nobody said which it is."""
    return _from_top(migration.path, folder)


def _from_top(path: str, folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path)) if path else ""


def _fingerprint(seen: Counter[str], finding: Finding, path: str, sql: str) -> str:
    """Digest what it is about, and the how manyth it is of those; never the line, which every edit above it moves."""
    key = "\0".join((finding.rule, path or finding.migration, finding.subject, " ".join(sql.split())))
    seen[key] += 1
    return hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "backslashreplace")).hexdigest()

"""What `prove` found: each migration that is not exact with its reasons, and how many there are of each kind."""

from __future__ import annotations

from collections import Counter

from safemigrate.model import MigrationOutcome, Outcome, Verdict
from safemigrate.report import findings
from safemigrate.report.ending import kind_of
from safemigrate.report.page import BAD, GOOD, MORE, WARN, Page
from safemigrate.report.words import many

_MARKS = {"exact": GOOD, "lossy": WARN, "impossible": BAD, "changes nothing": MORE, "does not run": WARN}
_WORDS = {"changes nothing": "change nothing", "does not run": "do not run"}
_WITHOUT_ROWS = "tested without rows"


def write(page: Page, outcome: Outcome, *, verbose: bool) -> None:
    """Write the migrations that are not proven exact, or all of them, and the totals."""
    for migration in outcome.migrations:
        kind = kind_of(migration)
        if kind not in ("exact", "changes nothing") or verbose:
            _migration(page, migration, kind, verbose=verbose)
    counts = Counter(kind_of(migration) for migration in outcome.migrations)
    changing = [migration for migration in outcome.migrations if kind_of(migration) in set(Verdict)]
    for kind, mark in _MARKS.items():
        if counts[kind]:
            words = f"{counts[kind]:,} {_WORDS.get(kind, kind) if counts[kind] > 1 else kind}"
            of = f", {_share(counts[kind], len(changing))} of those that change something" if kind == "exact" else ""
            page.line(words + of, mark)
    without = sum(_WITHOUT_ROWS in migration.detail for migration in outcome.migrations)
    if without and not verbose:
        page.line(f"{without:,} of them without rows in a table on which, filled, they fail; -v names them", MORE)

    found = sum(len(migration.findings) for migration in outcome.migrations)
    if found and not verbose:
        where = sum(bool(migration.findings) for migration in outcome.migrations)
        page.line(f"{many(found, 'finding')} in {many(where, 'migration')}; -v lists them", MORE)


def _migration(page: Page, migration: MigrationOutcome, kind: str, *, verbose: bool) -> None:
    seconds = f"{migration.proof.seconds:.2f} s" if migration.proof else ""
    page.line(migration.name, style="bold", end=seconds)
    compared = ""
    if migration.proof and kind != "impossible":
        compared = f": {many(migration.proof.tables, 'table')}, {many(migration.proof.rows, 'row')} compared"
    page.line(kind + compared, _MARKS[kind], indent=2)
    for words in (*(migration.proof.reasons if migration.proof else ()), *migration.detail.splitlines()):
        page.line(words, indent=4)
    if verbose:
        findings.write(page, migration.findings, verbose=True)
    page.blank()


def _share(part: int, whole: int) -> str:
    """Write a percentage that is 100 % only where all are counted."""
    return "100 %" if part == whole else f"{int(1000 * part / whole) / 10:.1f} %"

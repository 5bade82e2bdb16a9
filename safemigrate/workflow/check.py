"""Reading migrations without a database: what they destroy, lock and break, as far as their text tells."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from safemigrate.config import Levels
from safemigrate.lint.baseline import Baseline, Known, known, write
from safemigrate.lint.policy import Policy
from safemigrate.lint.rule import counted
from safemigrate.model import Finding, MigrationOutcome, Outcome, Result
from safemigrate.model.value import dataclass
from safemigrate.workflow.reading import files
from safemigrate.workflow.reading.known import about, fails, without
from safemigrate.workflow.reading.reader import Reader
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What `check` may be told.

    `stdin` is a name and its bytes, read instead of files. `levels` come behind those of the settings. `fail_on` is
    "error", "warning" or "never". `fix` rewrites what the rules can before it reads.
    """

    files: tuple[str, ...] = ()
    stdin: tuple[str, bytes] | None = None
    offline: bool = False
    changed_since: str | None = None
    levels: Levels | None = None
    fail_on: str = "error"
    baseline: Path | None = None
    write_baseline: Path | None = None
    fix: bool = False


def check(request: Request, options: CheckOptions) -> Outcome:
    """Read files, each by itself; one that cannot be read does not hide the others.

    Raises ProjectError for wrong settings, and where there is nothing to read.
    """
    began = time.monotonic()
    settings = request.settings
    policy = Policy((*settings.rules, *([options.levels] if options.levels else ())), str(settings.path or ""))
    if options.files and all(name.endswith(".prisma") for name in options.files):
        from safemigrate.workflow.pair.check import check_schemas

        return check_schemas(request, options.files, policy, options.fail_on, fix=options.fix)
    reader = Reader(policy, settings.postgres, _provider(request))
    baseline = _baseline(options, settings.baseline)
    read, notes = _read(reader, request, options)
    notes = [*notes, *dict.fromkeys(reader.notes)]
    if options.fix and not options.files and settings.pair:
        notes += _in_step(request)
    if options.write_baseline:
        notes.append(_write(options.write_baseline, read))
    elif baseline:
        read = [without(outcome, baseline) for outcome in read]
        notes += about(baseline, read)
    if not options.offline:
        notes.append("Read without a database: rows, locks held and the way back are tried by safemigrate apply.")
    told = [] if options.write_baseline else [finding for outcome in read for finding in outcome.findings]
    failing = [each for each in told if fails(each, options.fail_on)]
    result = Result.OK if read else Result.NOTHING
    if any(outcome.state == "unreadable" for outcome in read):
        result = Result.INCOMPLETE
    elif failing:
        result = Result.BLOCKED
    rules = [rule for rule, _ in Counter(finding.rule for finding in failing).most_common(3)]
    return Outcome(
        "check",
        result,
        migrations=tuple(read),
        notes=tuple(notes),
        next=(*reader.fixes[:3], *(f"safemigrate explain {rule}" for rule in rules)),
        seconds=time.monotonic() - began,
    )


def _provider(request: Request) -> str:
    """What the schema that was named is for; "" where none was."""
    schema = request.schema or request.settings.schema
    if schema is None:
        return ""
    from safemigrate.prisma.project import find

    return find(request.project, schema).provider


def _read(reader: Reader, request: Request, options: CheckOptions) -> tuple[list[MigrationOutcome], list[str]]:
    """What is asked about, in order; migrations before it are noted."""
    if options.stdin:
        name, content = options.stdin
        return [reader.read(Path(name), content)], []
    found, notes = _found(request, options)
    asked = _asked(request, options, found)
    read: list[MigrationOutcome] = []
    for path in found:
        if asked is not None and path not in asked:
            reader.note(path)
            continue
        new: Sequence[Path] = ()
        if options.fix:
            offered = reader.fix(path, request, committed=options.changed_since is not None)
            notes, new = [*notes, *offered.notes], offered.new
        read += [reader.read(each) for each in (path, *new)]
    if asked is not None and not asked:
        notes.append(f"No migration changed since {options.changed_since}.")
    return read, notes


def _in_step(request: Request) -> list[str]:
    from safemigrate.prisma.pair import pair
    from safemigrate.workflow.pair.in_step import offer

    sides = pair(request.project, request.settings)
    return offer(request, sides) if sides else []


def _found(request: Request, options: CheckOptions) -> tuple[list[Path], list[str]]:
    return (files.named(options.files), []) if options.files else files.below(files.shown(request.project))


def _asked(request: Request, options: CheckOptions, found: Sequence[Path]) -> frozenset[Path] | None:
    """Those that changed; None for all."""
    if options.changed_since is None:
        return None
    from safemigrate import git

    changed = git.changed_since(request.project, options.changed_since)
    return frozenset(path for path in found if path.resolve() in changed)


def _baseline(options: CheckOptions, configured: Path | None) -> Baseline | None:
    path = options.baseline or configured
    return Baseline.read(path) if path and not options.write_baseline else None


def _write(path: Path, read: Sequence[MigrationOutcome]) -> str:
    entries: list[Known] = []
    for outcome in read:
        findings: list[Finding] = [each for each in outcome.findings if not each.allowed]
        entries += [known(finding, outcome.text) for finding in findings]
    write(path, entries)
    return f'{counted(len(entries), "finding")} written to {path}; baseline = "{path}" in safemigrate.toml reads it.'

"""Migrations on their way into a database: read, rehearsed, proven, agreed to, applied."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from safemigrate.disk import write_whole
from safemigrate.errors import ConsentRequired, word
from safemigrate.lint import Facts, lint
from safemigrate.lint.policy import Policy
from safemigrate.model import (
    Finding,
    Migration,
    MigrationOutcome,
    Outcome,
    Plan,
    Progress,
    Result,
    SnapshotOutcome,
    Verdict,
)
from safemigrate.prisma.migrations import passed_over
from safemigrate.rollback import down
from safemigrate.sql import Statement, executable, statements_of
from safemigrate.workflow.forward import own_down
from safemigrate.workflow.options import ApplyOptions
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.request import Request
from safemigrate.workflow.script import Script
from safemigrate.workflow.target import Resolved, Target
from safemigrate.workflow.ways import Tried, Way


def carry(request: Request, options: ApplyOptions, way: Way, pending: Sequence[Migration], began: float) -> Outcome:
    """Read, rehearse, prove and apply `pending`."""
    target = way.target
    resolved = target.resolved
    known = replace(way.facts, folder=tuple(each.name for each in resolved.migrations))
    scripts, unlevelled = _read(request, known, way, pending)
    findings = _at_levels(request, target, pending, unlevelled)
    edited = tuple(_read_only(file, findings, "edited") for file, _ in target.state.edited)
    if any(finding.blocks for finding in findings):
        unread = tuple(_read_only(migration, findings) for migration in pending)
        return outcome_of(resolved, Result.BLOCKED, began, (*edited, *unread))
    if options.snapshot == "none" and not options.dry_run:
        _agree(request, options, resolved, ["no snapshot is taken: what a rollback cannot bring back is gone for good"])
    tried = way.rehearse(scripts)
    findings = [*_at_levels(request, target, pending, tried.judged(unlevelled)), *tried.findings]
    findings += [said for plan in tried.plans for said in own_down.judged(plan)]
    outcomes = tuple(_described(pair, findings, target.by_hand) for pair in zip(pending, tried.plans, strict=True))
    if any(finding.blocks for finding in findings):
        return outcome_of(resolved, Result.BLOCKED, began, (*edited, *outcomes), tried)
    if options.dry_run:
        return outcome_of(resolved, Result.REHEARSED, began, (*edited, *outcomes), tried)
    request.on_progress(Progress("consent", "what would be lost"))
    tried.require_room(request.settings.keep_limit_bytes)
    _consent(request, options, resolved, findings, tried.plans)
    written = _write_down(pending, tried.plans, target.by_hand)
    tried.carry_out(pending)
    outcomes = tuple(
        replace(outcome, state="applied", down=path) for outcome, (path, _) in zip(outcomes, written, strict=True)
    )
    notes = (*(note for _, note in written if note), *passed_over(resolved.project))
    return outcome_of(resolved, Result.APPLIED, began, (*edited, *outcomes), tried, notes)


def _read(request: Request, known: Facts, way: Way, pending: Sequence[Migration]) -> tuple[list[Script], list[Finding]]:
    """Split and judge every pending migration, and every applied one that was edited since.

    Raises MigrationFailed and NotSql for a file that cannot run whole.
    """
    request.on_progress(Progress("read", f"{len(pending)} migrations"))
    target = way.target
    scripts: list[Script] = []
    findings: list[Finding] = []
    earlier: list[Statement] = []
    for file, _row in target.state.edited:
        findings += lint(file, [], known)
    for migration in pending:
        statements = statements_of(migration, target.resolved.project.provider)
        executable(migration, statements)  # a file that cannot run whole is told before it is judged
        own, unusable = own_down.read(migration, way.unfit)
        scripts.append(Script(migration, tuple(statements), own))
        findings += lint(migration, statements, known, earlier)
        findings += unusable
        earlier += statements
    return scripts, findings


def _at_levels(
    request: Request, target: Target, pending: Sequence[Migration], findings: Sequence[Finding]
) -> list[Finding]:
    """Give the findings the levels that the project's settings say."""
    policy = Policy(request.settings.rules, str(request.settings.path or ""))
    levelled: list[Finding] = []
    for migration in (*(file for file, _ in target.state.edited), *pending):
        mine = [one for one in findings if one.migration == migration.name]
        statements = statements_of(migration, target.resolved.project.provider) if mine else []
        levelled += policy.judge(mine, statements, migration.path, asks=True)
    return levelled


def _consent(
    request: Request, options: ApplyOptions, resolved: Resolved, findings: Sequence[Finding], plans: Sequence[Plan]
) -> None:
    losses = [
        f"{finding.migration}: {finding.message}{f' ({finding.because})' if finding.because else ''}"
        for finding in findings
        if finding.loses and not finding.allowed
    ]
    for plan in plans:
        if plan.proof.verdict is not Verdict.EXACT:
            losses += [f"{plan.migration} cannot be taken back exactly: {reason}" for reason in plan.proof.reasons]
    if losses:
        _agree(request, options, resolved, losses)


def _agree(request: Request, options: ApplyOptions, resolved: Resolved, losses: list[str]) -> None:
    database = resolved.url.name
    if not request.consent(database, losses):
        raise ConsentRequired(
            f"nobody agreed to this change of database {database}",
            "\n".join(losses),
            (f"{options.again} --confirm {word(database)}",),
        )


def _write_down(pending: Sequence[Migration], plans: Sequence[Plan], by_hand: down.ByHand) -> list[tuple[str, str]]:
    """Write each down.sql; returns its path ("" where there is none) and a note where it was left alone."""
    said = []
    for migration, plan in zip(pending, plans, strict=True):
        path = migration.path.parent / down.NAME
        try:
            if path.exists() and not down.is_ours(path.read_text(encoding="utf-8", errors="replace")):
                uses = "it" if plan.down else "safemigrate's, which is in the journal"
                said.append((str(path), f"{path} is your own and was left as it is; rollback uses {uses}"))
                continue
            write_whole(path, down.render(plan, by_hand))
            said.append((str(path), ""))
        except OSError as error:
            said.append(("", f"{path} could not be written ({error.strerror}); the database has the proven inverse"))
    return said


def _described(pair: tuple[Migration, Plan], findings: Sequence[Finding], by_hand: down.ByHand) -> MigrationOutcome:
    migration, plan = pair
    return MigrationOutcome(
        migration.name,
        migration.checksum,
        "pending",
        tuple(finding for finding in findings if finding.migration == migration.name),
        plan.traces,
        plan.proof,
        returns=plan.returns,
        kept=plan.kept,
        script=down.render(plan, by_hand),
        path=str(shown(migration.path)),
        text=migration.sql,
        transactions=tuple(len(group.steps) for group in plan.groups),
    )


def _read_only(migration: Migration, findings: Sequence[Finding], state: str = "pending") -> MigrationOutcome:
    mine = tuple(finding for finding in findings if finding.migration == migration.name)
    path = str(shown(migration.path))
    return MigrationOutcome(migration.name, migration.checksum, state, mine, path=path, text=migration.sql)


def outcome_of(
    resolved: Resolved,
    result: Result,
    began: float,
    migrations: tuple[MigrationOutcome, ...] = (),
    tried: Tried | None = None,
    notes: tuple[str, ...] = (),
) -> Outcome:
    """Say what came of it; `began` is when, on the clock of `time.perf_counter`."""
    snapshots: tuple[SnapshotOutcome, ...] = ()
    if tried and tried.snapshot and result is not Result.REHEARSED:
        manifest = tried.snapshot.manifest
        snapshots = (
            SnapshotOutcome(
                tried.snapshot.id,
                str(tried.snapshot.path),
                manifest.scope,
                manifest.bytes,
                manifest.held,
                tried.snapshot.verified,
                manifest.taken_at,
            ),
        )
    follow = {
        Result.APPLIED: ("safemigrate rollback   # takes it back, with its data", "safemigrate status"),
        Result.REHEARSED: ("safemigrate apply",),
        Result.BLOCKED: ("-- safemigrate: allow RULE reason   # above the statement, where you know better",),
    }
    return Outcome(
        "apply",
        result,
        str(resolved.url),
        migrations,
        snapshots,
        notes=(*(tried.notes if tried else ()), *notes),
        next=follow.get(result, ()),
        seconds=time.perf_counter() - began,
        change=tried.change if tried else None,
    )

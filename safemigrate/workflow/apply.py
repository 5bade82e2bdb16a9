"""`safemigrate apply`: read, rehearse, prove, apply, verify; or leave the database as it was and say why."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from safemigrate import proc
from safemigrate.db.catalog import read
from safemigrate.errors import ConsentRequired
from safemigrate.execute import run
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
from safemigrate.prisma.migrations import passed_over, refuse_empty
from safemigrate.rollback import down
from safemigrate.shadow.provider import Shadow
from safemigrate.sql import Statement, executable, statements_of
from safemigrate.workflow.forward import carry_out, generate, own_down
from safemigrate.workflow.judge import Evidence, judge
from safemigrate.workflow.on_target.facts import facts, sizes
from safemigrate.workflow.on_target.resolve import (
    Resolved,
    Target,
    opened,
    require_fit_history,
    require_writable,
    resolve,
    sweep,
)
from safemigrate.workflow.on_target.room import require_room
from safemigrate.workflow.on_target.shadow import shadow_for
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.reading.pending import fixed
from safemigrate.workflow.rehearsal.change import change_of
from safemigrate.workflow.rehearsal.estimate import estimated
from safemigrate.workflow.rehearsal.plan import Script
from safemigrate.workflow.rehearsal.rehearse import Rehearsal, Source, rehearse_all
from safemigrate.workflow.request import Request


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The flags of `apply`. `generate` is None to decide by whether somebody can be asked for a name."""

    name: str | None = None
    generate: bool | None = None
    dry_run: bool = False
    snapshot: str = "scoped"
    shadow: str | None = None
    lock_timeout: float = 3.0
    retries: int = 5
    fix: bool = False


def apply(request: Request, options: ApplyOptions) -> Outcome:
    """Apply what is pending, and first generate what schema.prisma asks for where that was wanted.

    Raises Restored and NotRestored where the change failed on the target, ConsentRequired where data would go and
    nobody agreed, and whatever stopped it before: then the target was only read.
    """
    began = time.perf_counter()
    sweep()
    resolved = resolve(request)
    with opened(resolved) as target:
        require_writable(resolved, target)
        if target.interrupted and not options.dry_run:
            return _go_on(request, options, resolved, target, began)
        require_fit_history(resolved, target)
        wanted = options.generate if options.generate is not None else bool(request.ask_name)
        pending: Sequence[Migration] = target.state.pending
        if not pending and not wanted:
            return _outcome(resolved, Result.NOTHING, began, notes=(*_edited(target), *passed_over(resolved.project)))
        refuse_empty(list(pending))
        with (
            proc.scratch() as scratch,
            shadow_for(request, resolved, target, options.shadow, pending) as shadow,
        ):
            if wanted:
                generated = generate.generate(request, resolved, shadow, options.name)
                pending = (*pending, generated) if generated else pending
            if not pending:
                return _outcome(resolved, Result.NOTHING, began)
            notes: list[str] = []
            if options.fix:
                pending, notes = fixed(request, resolved, target, pending)
            outcome = carry(request, options, Way(resolved, target, shadow, scratch), pending, began)
            return replace(outcome, notes=(*notes, *outcome.notes))


@dataclass(frozen=True, slots=True)
class Way:
    """Where migrations go: the target, the shadow to try them in, a folder for what is not to stay."""

    resolved: Resolved
    target: Target
    shadow: Shadow
    scratch: Path


def carry(
    request: Request,
    options: ApplyOptions,
    way: Way,
    pending: Sequence[Migration],
    began: float,
    amend: Callable[[Rehearsal], Rehearsal] = lambda rehearsal: rehearsal,
    also: Collection[str] = (),
) -> Outcome:
    """Read, rehearse, prove and apply `pending`.

    `amend` may add to the proven plans, which then write to the tables `also` without anybody keeping what was there.
    """
    resolved, target, shadow, scratch = way.resolved, way.target, way.shadow, way.scratch
    known = replace(facts(target, resolved.url.schema), folder=tuple(each.name for each in resolved.migrations))
    scripts, unlevelled = _read(request, known, target, pending)
    findings = _at_levels(request, target, pending, unlevelled)
    edited = tuple(_read_only(file, findings, "edited") for file, _ in target.state.edited)
    if any(finding.blocks for finding in findings):
        unread = tuple(_read_only(migration, findings) for migration in pending)
        return _outcome(resolved, Result.BLOCKED, began, (*edited, *unread))
    store = scratch if options.dry_run else resolved.store
    source = Source(resolved.url, target.server, store, options.snapshot, generate.git_state(resolved))
    if options.snapshot == "none" and not options.dry_run:
        _agree(request, resolved, ["no snapshot is taken: what a rollback cannot bring back is gone for good"])
    seen = read(target.connection)
    rehearsal = rehearse_all(source, shadow, scripts, request.on_progress)
    rehearsal = amend(rehearsal)
    counted = sizes(known)
    evidence = estimated(
        [replace(one, target=counted) for one in rehearsal.evidence], source, shadow, request.on_progress
    )
    findings = [*_at_levels(request, target, pending, _judged(unlevelled, evidence)), *rehearsal.findings]
    findings += [said for plan in rehearsal.plans for said in own_down.judged(plan)]
    outcomes = tuple(_described(pair, findings) for pair in zip(pending, rehearsal.plans, strict=True))
    if any(finding.blocks for finding in findings):
        return _outcome(resolved, Result.BLOCKED, began, (*edited, *outcomes), rehearsal)
    if options.dry_run:
        return _outcome(resolved, Result.REHEARSED, began, (*edited, *outcomes), rehearsal)
    request.on_progress(Progress("consent", "what would be lost"))
    require_room(target.connection, rehearsal.plans, request.settings.keep_limit_bytes)
    _consent(request, resolved, findings, rehearsal.plans)
    aim = run.Target(target.connection, resolved.url, options.lock_timeout, options.retries, request.on_progress)
    written = _write_down(pending, rehearsal.plans)
    carry_out.carry_out(aim, resolved, target, pending, rehearsal, seen=seen, owners=shadow.own, also=also)
    outcomes = tuple(
        replace(outcome, state="applied", down=path) for outcome, (path, _) in zip(outcomes, written, strict=True)
    )
    notes = (*(note for _, note in written if note), *passed_over(resolved.project))
    return _outcome(resolved, Result.APPLIED, began, (*edited, *outcomes), rehearsal, notes)


def _go_on(request: Request, options: ApplyOptions, resolved: Resolved, target: Target, began: float) -> Outcome:
    """Finish the run that was killed between two groups; its plan and proof are in the journal."""
    interrupted = target.interrupted
    assert interrupted is not None
    request.on_progress(Progress("apply", f"going on with {interrupted.migration}, which was interrupted"))
    aim = run.Target(target.connection, resolved.url, options.lock_timeout, options.retries, request.on_progress)
    carry_out.finish(aim, resolved, interrupted)
    outcome = MigrationOutcome(
        interrupted.migration,
        interrupted.checksum,
        "applied",
        proof=interrupted.plan.proof,
        traces=interrupted.plan.traces,
    )
    return Outcome(
        "apply",
        Result.APPLIED,
        str(resolved.url),
        (outcome,),
        notes=("An interrupted run was finished.",),
        next=("safemigrate apply   # for what else is pending", "safemigrate status"),
        seconds=time.perf_counter() - began,
    )


def _read(
    request: Request, known: Facts, target: Target, pending: Sequence[Migration]
) -> tuple[list[Script], list[Finding]]:
    """Split and judge every pending migration, and every applied one that was edited since."""
    request.on_progress(Progress("read", f"{len(pending)} migrations"))
    scripts: list[Script] = []
    findings: list[Finding] = []
    earlier: list[Statement] = []
    for file, _row in target.state.edited:
        findings += lint(file, [], known)
    for migration in pending:
        statements = statements_of(migration)
        own, unusable = own_down.read(migration)
        scripts.append(Script(migration, tuple(executable(migration, statements)), own))
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
        statements = statements_of(migration) if mine else []
        levelled += policy.judge(mine, statements, migration.path, asks=True)
    return levelled


def _judged(findings: Sequence[Finding], rehearsed: Sequence[Evidence]) -> list[Finding]:
    """Hold the text's findings against what the rehearsal saw, each migration's against its own."""
    judged = [one for one in findings if one.migration not in {each.seen.migration.name for each in rehearsed}]
    for evidence in rehearsed:
        judged += judge([one for one in findings if one.migration == evidence.seen.migration.name], evidence)
    return judged


def _consent(request: Request, resolved: Resolved, findings: Sequence[Finding], plans: Sequence[Plan]) -> None:
    losses = [
        f"{finding.migration}: {finding.message}{f' ({finding.because})' if finding.because else ''}"
        for finding in findings
        if finding.loses and not finding.allowed
    ]
    for plan in plans:
        if plan.proof.verdict is not Verdict.EXACT:
            losses += [f"{plan.migration} cannot be taken back exactly: {reason}" for reason in plan.proof.reasons]
    if losses:
        _agree(request, resolved, losses)


def _agree(request: Request, resolved: Resolved, losses: list[str]) -> None:
    database = resolved.url.database
    if not request.consent(database, losses):
        raise ConsentRequired(
            f"nobody agreed to this change of database {database}",
            "\n".join(losses),
            (f"safemigrate apply --confirm {database}",),
        )


def _write_down(pending: Sequence[Migration], plans: Sequence[Plan]) -> list[tuple[str, str]]:
    """Write each down.sql; returns its path ("" where there is none) and a note where it was left alone."""
    said = []
    for migration, plan in zip(pending, plans, strict=True):
        path = migration.path.parent / down.NAME
        try:
            if path.exists() and not down.is_ours(path.read_text(encoding="utf-8", errors="replace")):
                uses = "it" if plan.down else "safemigrate's, which is in the database"
                said.append((str(path), f"{path} is your own and was left as it is; rollback uses {uses}"))
                continue
            path.write_text(down.render(plan), encoding="utf-8")
            said.append((str(path), ""))
        except OSError as error:
            said.append(("", f"{path} could not be written ({error.strerror}); the database has the proven inverse"))
    return said


def _described(pair: tuple[Migration, Plan], findings: Sequence[Finding]) -> MigrationOutcome:
    migration, plan = pair
    kept = tuple(kept for step in plan.steps for kept in step.kept)
    return MigrationOutcome(
        migration.name,
        migration.checksum,
        "pending",
        tuple(finding for finding in findings if finding.migration == migration.name),
        plan.traces,
        plan.proof,
        returns=tuple(dict.fromkeys(f"{one.kind.value} {one.subject}" for one in kept)),
        kept=kept,
        script=down.render(plan),
        path=str(shown(migration.path)),
        text=migration.sql,
        transactions=tuple(len(group.steps) for group in plan.groups),
    )


def _read_only(migration: Migration, findings: Sequence[Finding], state: str = "pending") -> MigrationOutcome:
    mine = tuple(finding for finding in findings if finding.migration == migration.name)
    path = str(shown(migration.path))
    return MigrationOutcome(migration.name, migration.checksum, state, mine, path=path, text=migration.sql)


def _outcome(
    resolved: Resolved,
    result: Result,
    began: float,
    migrations: tuple[MigrationOutcome, ...] = (),
    rehearsal: Rehearsal | None = None,
    notes: tuple[str, ...] = (),
) -> Outcome:
    snapshots: tuple[SnapshotOutcome, ...] = ()
    if rehearsal and rehearsal.snapshot and result is not Result.REHEARSED:
        manifest = rehearsal.snapshot.manifest
        snapshots = (
            SnapshotOutcome(
                rehearsal.snapshot.id,
                str(rehearsal.snapshot.path),
                manifest.scope,
                manifest.bytes,
                manifest.held,
                rehearsal.snapshot.verified,
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
        notes=(*(rehearsal.notes if rehearsal else ()), *notes),
        next=follow.get(result, ()),
        seconds=time.perf_counter() - began,
        change=change_of(rehearsal.catalogs[0], rehearsal.catalogs[-1]) if rehearsal else None,
    )


def _edited(target: Target) -> tuple[str, ...]:
    return tuple(
        f"{file.name} was edited after it was applied; see safemigrate status" for file, _ in target.state.edited
    )

"""An outcome for people: the worst thing first within each migration, how it ended and the next command last.

Made for 80 columns. Commands and SQL are never wrapped, so that they can be pasted.
"""

from __future__ import annotations

from rich.table import Table

from safemigrate.errors import SafemigrateError
from safemigrate.model import (
    Conflict,
    Diagnosis,
    KeptKind,
    KeptOutcome,
    MigrationOutcome,
    Outcome,
    Proof,
    Result,
    SnapshotOutcome,
    Trace,
)
from safemigrate.report import findings, proofs
from safemigrate.report.ending import Tone, ending
from safemigrate.report.page import BAD, GOOD, MORE, VERDICT, WARN, Page, mark_of, words_of
from safemigrate.report.words import did, many, size

TONE = {Tone.GOOD: GOOD, Tone.WARN: WARN, Tone.BAD: BAD}
STATE = {"applied": GOOD, "pending": MORE, "running": MORE, "held": WARN}  # any other state is bad news
SHOWN = 10  # applied migrations that `status` lists before it folds the older ones


def render(outcome: Outcome, *, verbose: bool = False, width: int = 80, colour: bool = False) -> str:
    """Write what a workflow returned; `verbose` adds each statement's time and locks, and what is folded."""
    page = Page(width, colour=colour)
    if outcome.database:
        page.line(outcome.database, style="bold")
        page.blank()
    if outcome.command == "status":
        _status(page, outcome.migrations, verbose=verbose)
    elif outcome.command == "prove":
        proofs.write(page, outcome, verbose=verbose)
    else:
        for migration in outcome.migrations:
            _migration(page, migration, outcome, verbose=verbose)
    for conflict in outcome.conflicts:
        _conflict(page, conflict)
    for settled in outcome.settled:
        where = f", kept in {settled.place}" if settled.place else ""
        page.line(f"{settled.subject}: {settled.message}{where}", MORE)
    for diagnosis in outcome.diagnoses:
        _diagnosis(page, diagnosis)
    if outcome.snapshots:
        _snapshots(page, outcome.snapshots, listed=outcome.command.startswith("snapshot"))
    if outcome.kept:
        pruning = {Result.PRUNED: "pruned", Result.REHEARSED: "would be pruned"}.get(outcome.result, "")
        title = pruning if pruning and "prune" in outcome.command else f"kept {_place(outcome)} for rollbacks"
        _kept_objects(page, outcome.kept, title)
    for note in outcome.notes:
        page.line(note, MORE)
    page.blank()
    tone, sentence = ending(outcome)
    page.line(sentence, TONE[tone], style="bold")
    for command in outcome.next:
        page.paste(command)
    return page.text()


def render_error(error: SafemigrateError, *, width: int = 80, colour: bool = False) -> str:
    """Write what happened, why, and the commands that lead out."""
    page = Page(width, colour=colour)
    page.line(error.summary, BAD, style="bold")
    if error.why:
        page.line(error.why, indent=2)
    for command in error.fix:
        page.paste(command)
    return page.text()


def _migration(page: Page, migration: MigrationOutcome, outcome: Outcome, *, verbose: bool) -> None:
    page.line(migration.name, style="bold", end=migration.state)
    if migration.detail:
        page.line(migration.detail, indent=2)
    findings.write(page, migration.findings, verbose=verbose)
    if verbose:
        for trace in migration.traces:
            _trace(page, trace)
    if migration.proof:
        _proof(page, migration.proof)
    if migration.down:
        page.line(migration.down, indent=4, style="dim")
    if migration.returns:
        page.line("came back:" if outcome.result is Result.ROLLED_BACK else "a rollback brings back:", MORE, indent=2)
        for words in migration.returns:
            page.line(words, indent=4)
    if migration.kept:
        page.line(f"kept {_place(outcome)}: {_kept(migration)}", MORE, indent=2)
    shown = outcome.command == "rollback" and outcome.result in (Result.REHEARSED, Result.CONFLICTS)
    if migration.script and (verbose or shown):
        page.blank()
        page.verbatim(migration.script.rstrip())
    page.blank()


def _place(outcome: Outcome) -> str:
    return "beside the file" if outcome.database.startswith("file:") else "in the database"


def _kept(migration: MigrationOutcome) -> str:
    return ", ".join(dict.fromkeys(f"{each.kind} {each.subject}" for each in migration.kept))


def _trace(page: Page, trace: Trace) -> None:
    sql = " ".join(trace.sql.split())
    short = sql if len(sql) <= 50 else sql[:49] + "…"
    page.line(short, indent=4, style="dim", end=f"{trace.seconds:.3f} s  line {trace.line}")
    for table, facts in did(trace).items():
        page.line(f"{table} {', '.join(facts)}", indent=6)


def _proof(page: Page, proof: Proof) -> None:
    rows = f"{many(proof.tables, 'table')}, {many(proof.rows, 'row')} compared"
    compared = rows if proof.tables else "schema compared"
    server = f" on {proof.server}" if proof.server_version else ""
    page.line(f"rollback is {proof.verdict}: {compared}{server}", VERDICT[proof.verdict], indent=2)
    for reason in proof.reasons:
        page.line(reason, indent=4)


def _status(page: Page, migrations: tuple[MigrationOutcome, ...], *, verbose: bool) -> None:
    plain = [each for each in migrations if each.state == "applied" and not each.detail]
    folded = set() if verbose else {each.name for each in plain[:-SHOWN]}
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("migration", overflow="fold", ratio=1)
    table.add_column("state")
    table.add_column("rollback")
    if folded:
        table.add_row(mark_of(GOOD), f"… {many(len(folded), 'earlier migration')}", "applied", "")
    for migration in migrations:
        if migration.name not in folded:
            mark = mark_of(STATE.get(migration.state, BAD))
            verdict = migration.proof.verdict if migration.proof else ""
            table.add_row(mark, words_of(migration.name), words_of(migration.state), verdict)
    if migrations:
        page.table(table)
        page.blank()
    for migration in migrations:
        if migration.detail or (verbose and migration.returns):
            page.line(migration.name, style="bold")
        if migration.detail:
            page.line(migration.detail, indent=2)
        if verbose and migration.returns:
            page.line(f"a rollback brings back {', '.join(migration.returns)}", MORE, indent=2)
    page.blank()


def _kept_objects(page: Page, kept: tuple[KeptOutcome, ...], title: str) -> None:
    total = size(sum({each.kept.place: each.bytes for each in kept}.values()))
    page.line(f"{title}: {many(len(kept), 'object')}, {total}", MORE)
    for migration in dict.fromkeys(each.migration for each in kept):
        page.line(f"by {migration}" if migration else "known to no run", indent=2, style="dim")
        for each in kept:
            if each.migration == migration:
                age = [f"{many(each.days, 'day')}"] if each.since else []
                page.line(f"{_kept_kind(each)}", indent=4, end="  ".join([size(each.bytes), *age]))
                if each.loss:
                    page.line(each.loss, indent=6)
    page.blank()


def _kept_kind(one: KeptOutcome) -> str:
    kind = "left by its rollback:" if one.kept.kind is KeptKind.LEFT else one.kept.kind.value
    said = [word for word, true in (("returned", one.returned), ("emptied", one.pruned), ("due", one.due)) if true]
    return ", ".join([f"{kind} {one.kept.subject}", *said])


def _conflict(page: Page, conflict: Conflict) -> None:
    page.line(conflict.subject, BAD, end=many(conflict.count, "row") if conflict.count else "")
    page.line(conflict.message, indent=2)
    if conflict.sample:
        more = ", …" if conflict.count > len(conflict.sample) else ""
        page.line(f"keys: {', '.join(conflict.sample)}{more}", indent=2, style="dim")
    for name, way in (("keep-new", conflict.keep_new), ("keep-old", conflict.keep_old)):
        if way:
            page.line(f"{name}: {way}", indent=2)
    for note in conflict.notes:
        page.line(note, indent=2)
    for choice in conflict.choices:
        page.paste(choice)
    page.blank()


def _diagnosis(page: Page, diagnosis: Diagnosis) -> None:
    page.line(f"{diagnosis.subject}: {diagnosis.detail}", GOOD if diagnosis.ok else BAD)
    for command in diagnosis.fix:
        page.paste(command)


def _snapshots(page: Page, snapshots: tuple[SnapshotOutcome, ...], *, listed: bool) -> None:
    if not listed:
        for each in snapshots:
            words = f"snapshot {each.id}: {_scope(each)}, {size(each.bytes)}"
            page.line(f"{words}, {'verified' if each.verified else 'not verified'}", GOOD if each.verified else WARN)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "snapshot", "taken", "holds"):
        table.add_column(title, overflow="fold")
    table.add_column("size", justify="right")
    for each in snapshots:
        mark = mark_of(GOOD if each.verified else WARN)
        taken = f"{each.taken_at:%Y-%m-%d %H:%M}"
        table.add_row(mark, words_of(each.id), taken, words_of(_scope(each)), size(each.bytes))
    page.table(table)
    page.blank()


def _scope(snapshot: SnapshotOutcome) -> str:
    return f"{snapshot.scope}, {many(len(snapshot.tables), 'table')}"

"""An outcome as JSON, version 1: the contract in docs/outcome.schema.json. Every key is always there.

Times are seconds, sizes bytes, dates ISO 8601. A consumer may rely on keys, never on their order. Pure ASCII, so
that no terminal's or pipe's encoding can spoil it.
"""

from __future__ import annotations

import json
from typing import Any

from safemigrate.errors import SafemigrateError
from safemigrate.model import (
    Column,
    Detail,
    Fate,
    Finding,
    ForeignKey,
    KeptOutcome,
    Measured,
    MigrationOutcome,
    Outcome,
    Proof,
    SchemaChange,
    SnapshotOutcome,
    Span,
    Trace,
)

VERSION = 1


def render(outcome: Outcome) -> str:
    """Write what a workflow returned; `snapshot` is the newest of `snapshots`, None without one."""
    snapshots = [_snapshot(each) for each in outcome.snapshots]
    newest = max(snapshots, key=lambda each: str(each["taken_at"]), default=None)
    return _document(
        outcome.command,
        outcome.result,
        database=outcome.database,
        migrations=[_migration(each) for each in outcome.migrations],
        snapshot=newest,
        snapshots=snapshots,
        conflicts=[
            {
                "migration": each.migration,
                "subject": each.subject,
                "message": each.message,
                "count": each.count,
                "sample": each.sample,
                "choices": each.choices,
                "keep_new": each.keep_new or None,
                "keep_old": each.keep_old or None,
                "notes": each.notes,
            }
            for each in outcome.conflicts
        ],
        settled=[
            {
                "migration": each.migration,
                "subject": each.subject,
                "message": each.message,
                "count": each.count,
                "place": each.place or None,
            }
            for each in outcome.settled
        ],
        diagnoses=[
            {"subject": each.subject, "ok": each.ok, "detail": each.detail, "fix": each.fix}
            for each in outcome.diagnoses
        ],
        kept=[_kept(each) for each in outcome.kept],
        rules=[
            {
                "name": each.name,
                "family": each.family,
                "severity": each.severity,
                "summary": each.summary,
                "page": each.page,
                "bad": each.bad or None,
                "good": each.good or None,
                "allow": each.allow if each.allowable else None,
            }
            for each in outcome.rules
        ],
        base=outcome.base or None,
        findings=[_finding(each) for each in outcome.findings],
        change=_change(outcome.change) if outcome.change else None,
        notes=outcome.notes,
        next=outcome.next,
        seconds=round(outcome.seconds, 3),
    )


def render_error(command: str, error: SafemigrateError) -> str:
    """Write that a command could not do its job; `outcome` is "error"."""
    kind = type(error).__name__
    return _document(
        command, "error", error={"kind": kind, "summary": error.summary, "why": error.why, "fix": error.fix}
    )


def _document(command: str, outcome: str, **given: Any) -> str:
    empty: dict[str, Any] = {
        "version": VERSION,
        "command": command,
        "outcome": outcome,
        "database": "",
        "migrations": [],
        "snapshot": None,
        "snapshots": [],
        "conflicts": [],
        "settled": [],
        "diagnoses": [],
        "kept": [],
        "rules": [],
        "base": None,
        "findings": [],
        "change": None,
        "notes": [],
        "next": [],
        "error": None,
        "seconds": 0.0,
    }
    return json.dumps({**empty, **given}, indent=2) + "\n"


def _migration(migration: MigrationOutcome) -> dict[str, Any]:
    return {
        "name": migration.name,
        "checksum": migration.checksum,
        "state": migration.state,
        "path": migration.path or None,
        "detail": migration.detail,
        "findings": [_finding(each) for each in migration.findings],
        "statements": [_statement(each) for each in migration.traces],
        "rollback": {
            "verdict": migration.proof.verdict if migration.proof else None,
            "path": migration.down or None,
            "reasons": migration.proof.reasons if migration.proof else [],
            "proof": _proof(migration.proof) if migration.proof else None,
            "returns": migration.returns,
            "script": migration.script or None,
        },
        "kept": [{"kind": each.kind, "subject": each.subject, "place": each.place} for each in migration.kept],
    }


def _change(change: SchemaChange) -> dict[str, Any]:
    return {
        "tables": [
            {
                "before": table.before or None,
                "after": table.after or None,
                "fate": table.fate,
                "columns": [
                    {"before": _column(each.before), "after": _column(each.after), "fate": each.fate}
                    for each in table.columns
                ],
                "details": [_detail(each) for each in table.details],
            }
            for table in change.changed
        ],
        "foreign_keys": [
            {"before": _foreign_key(each.before), "after": _foreign_key(each.after), "fate": each.fate}
            for each in change.foreign_keys
            if each.fate is not Fate.SAME
        ],
        "details": [_detail(each) for each in change.details],
    }


def _column(column: Column | None) -> dict[str, Any] | None:
    if column is None:
        return None
    return {
        "name": column.name,
        "type": column.type,
        "required": column.required,
        "default": column.default or None,
        "key": column.key or None,
    }


def _foreign_key(key: ForeignKey | None) -> dict[str, Any] | None:
    if key is None:
        return None
    return {
        "name": key.name,
        "table": key.table,
        "columns": key.columns,
        "target": key.target,
        "target_columns": key.target_columns,
        "on_delete": key.on_delete or None,
    }


def _detail(detail: Detail) -> dict[str, Any]:
    return {
        "kind": detail.kind,
        "name": detail.name or None,
        "fate": detail.fate,
        "before": detail.before or None,
        "after": detail.after or None,
    }


def _kept(kept: KeptOutcome) -> dict[str, Any]:
    return {
        "kind": kept.kept.kind,
        "subject": kept.kept.subject,
        "place": kept.kept.place,
        "migration": kept.migration,
        "since": kept.since.isoformat() if kept.since else None,
        "days": kept.days,
        "bytes": kept.bytes,
        "returned": kept.returned,
        "due": kept.due,
        "pruned": kept.pruned,
        "loss": kept.loss or None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "subject": finding.subject,
        "span": _span(finding.span) if finding.span else None,
        "help": finding.help,
        "count": finding.count,
        "allowed": finding.allowed or None,
        "loses": finding.loses,
        "blocks": finding.blocks,
        "verdict": finding.verdict,
        "because": finding.because or None,
        "measured": _measured(finding.measured) if finding.measured else None,
        "path": finding.path or None,
        "edit": finding.edit or None,
    }


def _measured(measured: Measured) -> dict[str, Any]:
    return {
        "table": measured.table,
        "lock": measured.lock,
        "rewritten": measured.rewritten,
        "scans": measured.scans,
        "rows": measured.rows,
        "target_rows": measured.target_rows,
        "seconds": round(measured.seconds, 6),
        "estimate": round(measured.estimate, 3) if measured.estimate is not None else None,
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _statement(trace: Trace) -> dict[str, Any]:
    return {
        "sql": trace.sql,
        "span": {"line": trace.line},
        "locks": trace.locks,
        "rewrites": trace.rewrites,
        "scans": trace.scans,
        "born": trace.born,
        "rows": {
            table: {"inserted": inserted, "updated": updated, "deleted": deleted}
            for table, (inserted, updated, deleted) in trace.rows.items()
        },
        "seconds": round(trace.seconds, 6),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "tables": proof.tables,
        "rows": proof.rows,
        "server_version": proof.server_version,
        "seconds": round(proof.seconds, 3),
    }


def _snapshot(snapshot: SnapshotOutcome) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "path": snapshot.path,
        "scope": snapshot.scope,
        "bytes": snapshot.bytes,
        "tables": snapshot.tables,
        "verified": snapshot.verified,
        "taken_at": snapshot.taken_at.isoformat(),
    }

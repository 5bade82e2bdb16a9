"""Losses: the catalogs and rows around each statement are the judge of what goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from safemigrate.db.catalog import TYPES, Catalog, Identity, Object, difference
from safemigrate.db.postgres import quote
from safemigrate.lint import RULES
from safemigrate.lint.column_type import holds
from safemigrate.lint.rule import counted
from safemigrate.model import Confirmation, Finding, Severity
from safemigrate.rollback.reach import root
from safemigrate.shadow.trace import Observation
from safemigrate.sql.actions import Delete, Insert, Truncate, Update, flatten
from safemigrate.workflow.judge.evidence import Evidence, names

SEEN = "seen-loss"
_DELETED, _UPDATED = "rows-deleted", "rows-updated"
_DATA_LOSS = frozenset(rule.name for rule in RULES if rule.family == "data-loss")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a statement took from `subject`: `count` rows or values of the target's own, None where nobody counted.

    `column` is a column as users write it; a rule may name it at another statement, where its new type is created.
    `told` says that the text shows it to the rules, which then need not be told.
    """

    name: str
    subject: str
    message: str
    count: int | None
    loses: bool = True
    rule: str = SEEN
    unit: str = "row"
    column: str = ""
    told: bool = False


def confirmed(findings: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """Return the findings, those of losses with the rehearsal's verdict: where real rows were there and none went."""
    losses = {one.statement.span: list(_losses(evidence, number, one)) for number, one, _ in evidence.statements}
    return [
        _judged(finding, losses[finding.span])
        if finding.loses and finding.rule in _DATA_LOSS and finding.span in losses
        else finding
        for finding in findings
    ]


def seen(findings: Sequence[Finding], evidence: Evidence) -> Iterator[Finding]:
    """Yield the losses that no finding on their statement named, and the rows that it updated."""
    migration = evidence.seen.migration.name
    for number, one, _ in evidence.statements:
        span = one.statement.span
        here = [finding for finding in findings if finding.span == span and (finding.loses or _of_loss(finding))]
        for loss in _losses(evidence, number, one):
            elsewhere = loss.column and any(_of_loss(one) and loss.column in one.subject for one in findings)
            if loss.count == 0 or loss.told or elsewhere or any(names(finding, loss.name) for finding in here):
                continue
            severity = Severity.WARNING if loss.loses else Severity.NOTICE
            yield Finding(
                loss.rule,
                severity,
                loss.message,
                migration,
                span,
                loss.subject,
                count=loss.count,
                loses=loss.loses,
                verdict=Confirmation.SEEN,
            )


def _of_loss(finding: Finding) -> bool:
    return finding.rule in _DATA_LOSS


def _judged(finding: Finding, losses: Sequence[Loss]) -> Finding:
    meant = [loss for loss in losses if (loss.loses or loss.rule == _UPDATED) and names(finding, loss.name)]
    if not meant:
        return finding
    if all(loss.count == 0 for loss in meant):
        because = "with the target's own rows there, none went"
        return replace(
            finding, severity=Severity.NOTICE, loses=False, verdict=Confirmation.CLEARED, because=because, count=0
        )
    # Of what goes by a cascade there are findings of their own.
    (most, *_) = sorted(meant, key=lambda loss: loss.count or 0, reverse=True)
    if finding.count is not None or most.count is None:
        return replace(finding, verdict=Confirmation.CONFIRMED)
    because = f"{counted(most.count, most.unit)} {'goes' if most.count == 1 else 'go'}"
    return replace(finding, verdict=Confirmation.CONFIRMED, because=because, count=most.count)


def _losses(evidence: Evidence, number: int, one: Observation) -> Iterator[Loss]:
    change = difference(one.before, one.after)
    gone = {each.identity for each in change.gone}
    for each in change.gone:
        if each.identity not in evidence.start:
            continue
        subject = quote(*filter(None, (each.schema, each.parent, each.name)))
        if each.kind == "table":
            whole = root(one.before, each.identity)
            if whole == each.identity or whole not in gone:
                rows = _rows(evidence, each.identity)
                yield Loss(each.name, subject, f"{subject} is dropped{_held(rows, 'row')}", rows)
        elif each.kind == "column" and each.table in one.after and _own(each, one.before, gone):
            values = _values(evidence, each)
            yield Loss(each.name, subject, f"{subject} is dropped{_held(values, 'value')}", values, unit="value")
        elif each.kind == "sequence" and not _belongs(each, gone) and each.name not in one.statement.sql:
            yield Loss(each.name, subject, f"sequence {subject} is dropped, which the statement does not name", None)
        elif each.kind in TYPES and each.name not in one.statement.sql and not _again(each, evidence.seen.after):
            message = f"type {subject} is dropped, which the statement does not name"
            yield Loss(each.name, subject, message, None, loses=False)
    for old, new in change.changed:
        if old.kind == "column" and old.identity in evidence.start and not _holds(old, new, one):
            subject = quote(old.schema, old.parent, old.name)
            types = f"{old.attributes['type']} to {new.attributes['type']}"
            rows = _rows(evidence, old.table) if old.table else None
            message = f"{subject} changes from {types}, which may not hold its values"
            yield Loss(old.name, subject, message, 0 if rows == 0 else None, column=quote(old.parent, old.name))
    yield from _changed_rows(evidence, number, one)


def _changed_rows(evidence: Evidence, number: int, one: Observation) -> Iterator[Loss]:
    """Rows that go or change in tables from before the migration, as counted while the statement ran."""
    actions = list(flatten(one.statement.actions))
    emptied = any(isinstance(action, Truncate) for action in actions)
    told = {action.table.name for action in actions if isinstance(action, Delete)}
    told |= {table.name for action in actions if isinstance(action, Truncate) for table in action.tables}
    overwritten = {
        action.table.name
        for action in actions
        if isinstance(action, Update) or (isinstance(action, Insert) and action.update)
    }
    counted_rows = evidence.traces[number].rows
    for table in [each for each in one.before if each.kind == "table" and each.name != "_prisma_migrations"]:
        subject = quote(table.schema, table.name)
        touched = subject in counted_rows or table.identity[1] in one.written
        if not touched or evidence.old(table.identity[1]) is None:
            continue
        _, updated, deleted = counted_rows.get(subject, (0, 0, 0))
        real = evidence.name(table.identity) in evidence.real
        before = evidence.rows.get(evidence.name(table.identity), 0)
        if (emptied or subject in one.trace.rewrites) and before and _is_empty(evidence, table.identity):
            count = before if real else None
            yield Loss(table.name, subject, f"{subject} is emptied{_held(count, 'row')}", count)
        elif deleted or (real and table.name in told):
            said = f"{counted(deleted, 'row')} deleted" if real else "rows are deleted"
            message = f"{subject}: {said}; kept for rollback"
            yield Loss(table.name, subject, message, deleted if real else None, rule=_DELETED)
        if updated or (real and table.name in overwritten):
            said = f"{counted(updated, 'row')} updated" if real else "rows are updated"
            message = f"{subject}: {said}; the old values are kept for rollback"
            # An UPDATE in the text is for the rule overwrite-values: filling what is empty loses nothing.
            shown = table.name in overwritten
            yield Loss(table.name, subject, message, updated if real else None, loses=False, rule=_UPDATED, told=shown)


def _held(count: int | None, unit: str) -> str:
    return f"; it holds {counted(count, unit)}" if count is not None else ""


def _is_empty(evidence: Evidence, table: Identity) -> bool:
    there = evidence.seen.after.get(table)
    return there is not None and evidence.after.get(quote(there.schema, there.name)) == 0


def _rows(evidence: Evidence, table: Identity) -> int | None:
    """Count the target's rows of a table with its partitions, where the shadow has them."""
    before = evidence.seen.before
    parts = [one.identity for one in before if one.kind == "table" and root(before, one.identity) == table]
    called = [evidence.name(one) for one in parts]
    if not called or not evidence.real.issuperset(called):
        return None
    return sum(evidence.rows.get(name, 0) for name in called)


def _values(evidence: Evidence, column: Object) -> int | None:
    there = evidence.seen.before.get(column.identity)
    return evidence.values.get(there.address) if there else None


def _own(column: Object, before: Catalog, gone: set[Identity]) -> bool:
    """Whether a column is not computed, and goes by itself rather than with that of the table it is inherited from."""
    if column.attributes["generated"] or column.table is None or before[column.table].kind != "table":
        return False
    if not column.attributes["inherited"]:
        return True
    parents = before[column.table].internal["_parents"] or ()
    above = [one for parent in parents for one in before.members.get((1259, parent, 0), ()) if one.name == column.name]
    return not any(one.identity in gone for one in above)


def _belongs(sequence: Object, gone: set[Identity]) -> bool:
    """Whether a sequence goes with the column, or the table, that it serves."""
    owner = sequence.internal["_table"] or 0
    return (1259, owner, 0) in gone or (1259, owner, sequence.internal["_column"] or 0) in gone


def _again(kind: Object, after: Catalog) -> bool:
    return any(one.kind in TYPES and (one.schema, one.name) == (kind.schema, kind.name) for one in after)


def _holds(old: Object, new: Object, one: Observation) -> bool:
    if (old.internal["_type"], old.internal["_modifier"]) == (new.internal["_type"], new.internal["_modifier"]):
        return True
    was, now = _labels(one.before, old), _labels(one.after, new)
    if was is not None and now is not None:
        return was <= now
    return holds(str(old.attributes["type"]), str(new.attributes["type"]))


def _labels(catalog: Catalog, column: Object) -> set[str] | None:
    """The labels of a column's enum, or of the enum that its array is made of."""
    oid = int(column.internal["_type"])
    kind = catalog.get((1247, oid, 0)) or catalog.get(catalog.elements.get(oid, (0, 0, 0)))
    labels = kind.attributes["labels"] if kind and kind.kind == "enum" else None
    return {str(label) for label in labels} if isinstance(labels, tuple) else None

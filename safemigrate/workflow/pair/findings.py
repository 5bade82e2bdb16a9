"""Where the schemas of a pair are out of step, as findings with their places."""

from __future__ import annotations

from safemigrate.errors import word
from safemigrate.model import Finding, Severity, Span
from safemigrate.prisma.in_step import allow
from safemigrate.prisma.in_step.difference import Difference, Level
from safemigrate.prisma.schema.values import Schema
from safemigrate.workflow.pair.in_step import InStep
from safemigrate.workflow.reading.files import shown


def findings(found: InStep) -> tuple[Finding, ...]:
    """One for each difference."""
    return tuple(_finding(found, one) for one in found.differences)


def _finding(found: InStep, one: Difference) -> Finding:
    is_known = one.message in found.known
    severity = Severity.NOTICE if one.level is Level.WORTH else Severity.WARNING if is_known else Severity.ERROR
    path = str(shown(one.place.path))
    also = f" ({shown(one.also.path)}:{one.also.line})" if one.also else ""
    return Finding(
        allow.RULE,
        severity,
        f"{one.message}{also}{f', on {found.base} too' if is_known else ''}",
        "",
        _span(found, one),
        subject=one.subject,
        help=f"safemigrate check --fix {word(shown(one.edits[0].path))}" if one.edits and not one.allowed else "",
        allowed=one.allowed,
        path=path,
        edit=found.edit(one),
    )


def _span(found: InStep, one: Difference) -> Span:
    place = one.place
    text = _holding(found, one).texts[place.path]
    end_line = text.count("\n", 0, place.end) + 1
    column, end_column = (at - text.rfind("\n", 0, at) for at in (place.start, place.end))
    return Span(place.start, place.end, place.line, column, end_line, end_column)


def _holding(found: InStep, one: Difference) -> Schema:
    return found.production if one.place.path in found.production.texts else found.development

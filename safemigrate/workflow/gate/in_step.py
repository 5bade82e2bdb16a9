"""What `check` says of a project's two schemas."""

from __future__ import annotations

from dataclasses import replace

from safemigrate.errors import ProjectError
from safemigrate.git import Named
from safemigrate.model import Finding, Severity, Span
from safemigrate.prisma.in_step import allow
from safemigrate.prisma.in_step.difference import Difference, Level, Side
from safemigrate.prisma.pair import pair
from safemigrate.prisma.project import Project
from safemigrate.prisma.schema.values import Schema
from safemigrate.workflow.gate.seen import Seen
from safemigrate.workflow.pair.in_step import InStep, applies, compared
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.request import Request

_FIX = "safemigrate check --fix"


def with_pair(seen: Seen, request: Request, project: Project, named: Named | None) -> Seen:
    """Add where the schemas are out of step. Raises ProjectError for settings that name no pair."""
    sides = pair(request.project, request.settings, project)
    if sides is None:
        return seen
    try:
        found = compared(sides, named)
    except ProjectError as error:
        said = f"The two schemas are not compared: {error.summary}. {error.why}"
        return replace(seen, notes=(*seen.notes, said), fixes=(*seen.fixes, *error.fix), complete=False)
    if not found.differences:
        return seen
    commands = applies(found, sides)
    fixes = (_FIX, *commands) if commands else ()
    told = tuple(_finding(found, one) for one in found.differences)
    return replace(seen, findings=(*seen.findings, *told), fixes=(*seen.fixes, *fixes))


def _finding(found: InStep, one: Difference) -> Finding:
    is_known = one.message in found.known
    severity = Severity.NOTICE if one.level is Level.WORTH else Severity.WARNING if is_known else Severity.ERROR
    path = str(shown(one.place.path))
    also = f" ({shown(one.also.path)}:{one.also.line})" if one.also else ""
    side = found.production if one.follows is Side.PRODUCTION else found.development
    target = next((edit.path for edit in one.edits), None) or next(iter(side.texts))
    return Finding(
        allow.RULE,
        severity,
        f"{one.message}{also}{f', on {found.base} too' if is_known else ''}",
        "",
        _span(found, one),
        subject=one.subject,
        help=f"{_FIX}   # writes {shown(target)}" if one.edits and not one.allowed else "",
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

"""`safemigrate doctor`: are machine, project and database fit? Every problem is a line with its fix; none is raised.

Nothing is written to the project or the database; a shadow is started for real and is gone afterwards.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from safemigrate import __version__
from safemigrate.errors import SafemigrateError
from safemigrate.model import Diagnosis, Outcome, Progress, Result
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.pair import side
from safemigrate.prisma.project import Project
from safemigrate.prisma.settings import effective_url
from safemigrate.workflow.adopt import gaps
from safemigrate.workflow.engines import engine_of
from safemigrate.workflow.fitness import Check, Seen
from safemigrate.workflow.pair import lines as pair_lines
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import STORE


def doctor(request: Request, shadow: str | None = None) -> Outcome:
    """Look at everything an apply needs. NOT_OK where a line is not ok; what a failed check needed is skipped."""
    began = time.perf_counter()
    seen = Seen()
    lines: list[Diagnosis] = []
    with ExitStack() as stack:
        checks: list[tuple[str, Check]] = [
            ("safemigrate", _tool),
            ("project", _project),
            ("migrations", _migrations),
            ("init", gaps.check_init),
            ("scripts", gaps.check_bypasses),
            ("gate", gaps.check_gate),
            ("pair", _pair),
            ("to the server", _to_server),
            ("prisma config", gaps.check_engine),
            ("url", _url),
        ]
        _run(request, seen, shadow, checks, lines)
        engine = engine_of(seen.project.provider if seen.project else "postgresql")
        _run(request, seen, shadow, engine.checks(stack), lines)
    return Outcome(
        "doctor",
        Result.OK if all(line.ok for line in lines) else Result.NOT_OK,
        str(seen.url or ""),
        diagnoses=tuple(lines),
        seconds=time.perf_counter() - began,
    )


def _run(
    request: Request, seen: Seen, shadow: str | None, checks: Iterable[tuple[str, Check]], lines: list[Diagnosis]
) -> None:
    for subject, check in checks:
        request.on_progress(Progress("doctor", subject))
        try:
            lines += check(request, seen, shadow)
        except SafemigrateError as error:
            detail = f"{error.summary}. {error.why}" if error.why else error.summary
            lines.append(Diagnosis(subject, ok=False, detail=detail, fix=error.fix))
        except OSError as error:
            lines.append(Diagnosis(subject, ok=False, detail=str(error)))


def _tool(request: Request, _seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    settings = f"settings from {request.settings.path}" if request.settings.path else "no settings file"
    yield Diagnosis(
        "safemigrate",
        ok=True,
        detail=f"{__version__}, Python {platform.python_version()} on {platform.system()}, {settings}",
    )


def _project(request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    seen.store = request.settings.store
    project = side(request.project, request.schema, request.settings)
    seen.project = project
    seen.store = seen.store or project.root / STORE
    cli = project.package
    version = f"Prisma {cli.version}" if cli.version else "Prisma of an unknown version"
    installed = (
        cli.manager if cli.installed else f"{cli.manager}; not installed, which only generating needs: {cli.install}"
    )
    said = f"{version} ({installed}) in {project.root}, schema {_below(project.schema, project)}, {project.provider}"
    yield Diagnosis("project", ok=True, detail=said)
    if problem := project.config_problem:
        yield Diagnosis("prisma config", ok=False, detail=problem.summary, fix=problem.fix)


def _migrations(_request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    if project := seen.project:
        seen.migrations = tuple(migrations(project))
        place = _below(project.migrations, project)
        there = (
            f"{len(seen.migrations):,} in {place}" if project.migrations.is_dir() else f"none yet; they go to {place}"
        )
        yield Diagnosis("migrations", ok=True, detail=there)


def _pair(request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    if seen.project:
        yield from pair_lines.check_pair(request, seen.project)


def _to_server(request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    if seen.project:
        yield from pair_lines.check_to_server(request, seen.project)


def _url(request: Request, seen: Seen, _shadow: str | None) -> Iterator[Diagnosis]:
    if seen.project is None:
        return
    url, seen.source = effective_url(seen.project, url=request.url, environment=os.environ)
    said = f"{url}, from {seen.source}"
    if url.provider != seen.project.provider:
        yield Diagnosis("url", ok=False, detail=f"{said}: the schema's provider is {seen.project.provider}")
    elif url.pooled:
        yield Diagnosis(
            "url",
            ok=False,
            detail=f"{said}, is pooled: {url.pooled}. A pooler may give every statement another session",
            fix=("set directUrl in schema.prisma, or SAFEMIGRATE_DATABASE_URL, to the direct connection",),
        )
    else:
        seen.url = url
        yield Diagnosis("url", ok=True, detail=f"{said}; not pooled" if url.host else said)


def _below(path: Path, project: Project) -> Path:
    return path.relative_to(project.root) if path.is_relative_to(project.root) else path

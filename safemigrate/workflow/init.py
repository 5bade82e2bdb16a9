"""`safemigrate init`: takes a project that lives on `prisma db push` to migrations, whole or not at all.

Nothing is written before everything was found out, proven, shown and agreed to. Then the record, the files, and last
the rows in Prisma's table: a run that is stopped anywhere in between goes on where it was, or is taken back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from safemigrate.errors import ConnectionFailed, ConsentRequired, HistoryError, ProjectError
from safemigrate.model import Diagnosis, Migration, Outcome, Progress, Result
from safemigrate.prisma.pair import side
from safemigrate.prisma.project import Project
from safemigrate.workflow.adopt import changes, documents, surroundings
from safemigrate.workflow.adopt.adoption import Adopter, Adoption
from safemigrate.workflow.adopt.changes import Change, Record, Recorded
from safemigrate.workflow.engines import Engine, engine_of
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import STORE, Resolved, resolve

_NAMED = 4  # migrations in one line
_LINES = 40  # of a file's difference before the question; a baseline has thousands


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The flags of `init`."""

    dry_run: bool = False
    undo: bool = False
    database: bool = True
    shadow: str | None = None


def init(request: Request, options: InitOptions) -> Outcome:
    """Take the project in, or with `undo` back out.

    Raises ConsentRequired where nobody agreed to the changes, and whatever stopped it before: then nothing was written.
    """
    began = time.perf_counter()
    project = side(request.project, request.schema, request.settings)
    engine = engine_of(project.provider)
    engine.sweep()
    home = project.root / STORE.parent
    earlier = changes.read(home)
    if options.undo:
        return _undo(request, options, _Way(project, home, engine, began), earlier)
    if earlier and not earlier.done:
        return _go_on(request, _Way(project, home, engine, began), earlier)
    with ExitStack() as stack:
        way = _Way(project, home, engine, began, _connected(request, options, engine, stack))
        return _carry_out(request, options, way, _found_out(request, options, way), earlier)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where it goes; `adopter` is None without a database."""

    project: Project
    home: Path
    engine: Engine
    began: float
    adopter: Adopter | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that is known before the question."""

    lines: tuple[Diagnosis, ...]
    adoption: Adoption
    files: tuple[Change, ...]
    notes: tuple[str, ...]


def _connected(request: Request, options: InitOptions, engine: Engine, stack: ExitStack) -> Adopter | None:
    if not options.database:
        return None
    try:
        return stack.enter_context(engine.adopter(request, resolve(request), options.shadow))
    except (ConnectionFailed, ProjectError) as error:
        error.fix = (*error.fix, "safemigrate init --no-database   # the baseline is then what schema.prisma says")
        raise


def _found_out(request: Request, options: InitOptions, way: _Way) -> _Found:
    project, adopter = way.project, way.adopter
    around = surroundings.look(project)
    adoption = adopter.adoption() if adopter else way.engine.without_database(request, project, options.shadow)
    scripts, left = documents.package_scripts(project)
    candidates = (
        documents.settings(project, project.schema if request.schema else None, adopter.major if adopter else 0),
        documents.ignored(project, around),
        scripts,
        documents.workflow(project, around),
    )
    notes = [*adoption.notes, *left]
    if around.on_gitlab and not surroundings.gate(around.top):
        notes.append("GitLab: a job that runs `pip install safemigrate && safemigrate check` is the gate")
    lines = [*_lines(project, around, adopter)]
    lines += [Diagnosis(subject, ok=True, detail=words) for subject, words in adoption.said]
    return _Found(tuple(lines), adoption, tuple(one for one in candidates if one), tuple(notes))


def _lines(project: Project, around: surroundings.Surroundings, adopter: Adopter | None) -> Iterator[Diagnosis]:
    package = project.package
    shown = project.schema.relative_to(project.root) if project.schema.is_relative_to(project.root) else project.schema
    version = f"Prisma {package.version}" if package.version else "Prisma of an unknown version"
    yield Diagnosis("project", ok=True, detail=f"{version} with {package.manager}, {shown}, {project.provider}")
    if adopter:
        yield Diagnosis("database", ok=True, detail=adopter.described)
    places = [*(["git"] if around.in_git else []), *(["GitHub"] if around.on_github else []), *around.platforms]
    yield Diagnosis("around it", ok=True, detail=", ".join(places) or "no git repository, no known host")


def _carry_out(request: Request, options: InitOptions, way: _Way, found: _Found, earlier: Record | None) -> Outcome:
    adoption = found.adoption
    everything = (*adoption.changes, *found.files)
    if not everything and not adoption.rows:
        return _outcome(way, Result.NOTHING, found, notes=("everything is in place already",))
    request.show(_question(way, found, everything, None if options.dry_run else _LINES))
    if options.dry_run:
        return _outcome(way, Result.REHEARSED, found)
    if adoption.drift and not request.proceed("Take the database as it is for the baseline?"):
        raise _declined("schema.prisma and the database differ, and nobody said that the database is right")
    if not request.proceed("Write and record this?"):
        raise _declined("nobody agreed to these changes")
    record = changes.joined(earlier, Record(everything, now=_recorded(way, adoption)))
    changes.save(way.home, record)
    try:
        changes.write(everything)
        if way.adopter and adoption.rows:
            request.on_progress(Progress("record", ", ".join(one.name for one in adoption.rows)))
            way.adopter.record(adoption.rows, adoption.proven)
    except BaseException:
        if not _may_be_recorded(way, adoption.rows):  # else the next init finishes
            changes.take_back(everything)
            changes.save(way.home, earlier) if earlier else changes.remove(way.home)
        raise
    changes.save(way.home, record.ended())
    return _outcome(way, Result.ADOPTED, found, done=everything)


def _recorded(way: _Way, adoption: Adoption) -> Recorded | None:
    if not (way.adopter and adoption.rows):
        return None
    rows, target = tuple((one.name, one.checksum) for one in adoption.rows), way.adopter.target
    return Recorded(target.resolved.url.address, rows, adoption.proven, made_table=not target.state.managed)


def _may_be_recorded(way: _Way, rows: tuple[Migration, ...]) -> bool:
    """Whether a run that failed got as far as its last step; a lost connection may have committed."""
    return way.adopter is not None and bool(rows) and way.adopter.are_recorded([one.name for one in rows])


def _question(way: _Way, found: _Found, everything: tuple[Change, ...], lines: int | None) -> str:
    """All that is about to happen, in the order in which it matters."""
    said = [f"{one.subject}: {one.detail}" for one in found.lines]
    said += [f"note: {one}" for one in found.notes]
    if found.adoption.drift:
        said += ["", *_DRIFT, "", found.adoption.drift.rstrip()]
    if everything:
        said += ["", "These files would be written:", "", changes.shown(everything, way.project.root, lines)]
    if rows := found.adoption.rows:
        names = _names([one.name for one in rows])
        said += ["", f"Recorded as applied in _prisma_migrations, without touching a table: {names}"]
    return "\n".join(said)


_DRIFT = (
    "The database and schema.prisma differ. The baseline is the database as it is; what schema.prisma asks for",
    "beyond it becomes the next migration, by safemigrate apply. Where the database is right instead, npx prisma",
    "db pull writes it into schema.prisma. From the database to schema.prisma it would take:",
)


def _names(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{len(names):,} migrations, {names[0]} to {names[-1]},"


def _declined(summary: str) -> ConsentRequired:
    return ConsentRequired(
        summary,
        "Nothing was written.",
        ("safemigrate init --yes   # agrees to what was shown", "safemigrate init --dry-run   # shows it again"),
    )


def _go_on(request: Request, way: _Way, record: Record) -> Outcome:
    """Finish the run that was stopped; what it proved holds while the database is in that state."""
    with ExitStack() as stack:
        if record.now:
            resolved = resolve(request)
            if resolved.url.address != record.now.database:
                raise _elsewhere([record.now.database], resolved, "init")
            way = replace(way, adopter=stack.enter_context(way.engine.adopter(request, resolved, None)))
        changes.write(record.changes)
        if record.now and way.adopter:
            files = {one.name: one for one in resolve(request).migrations}
            way.adopter.record([files[name] for name, _ in record.now.rows if name in files], record.now.proven)
        changes.save(way.home, record.ended())
        found = _Found((), Adoption(), (), ("an init that was stopped on the way was finished",))
        return _outcome(way, Result.ADOPTED, found, done=record.changes)


def _undo(request: Request, options: InitOptions, way: _Way, record: Record | None) -> Outcome:
    if record is None:
        raise HistoryError(
            "there is nothing to take back: no init was run in this checkout",
            f"{way.home / changes.NAME} is where it would say what it did.",
            ("git log --oneline -- safemigrate.toml   # a colleague may have run it",),
        )
    backwards = tuple(Change(one.path, one.after, one.before) for one in record.changes)
    shown = changes.shown(backwards, way.project.root, None if options.dry_run else _LINES)
    request.show(f"This would be taken back:\n\n{shown}")
    empty = _Found((), Adoption(), (), ())
    if options.dry_run:
        return replace(_outcome(way, Result.REHEARSED, empty), next=("safemigrate init --undo",))
    if not request.proceed("Take this back?"):
        raise _declined("nobody agreed to taking it back")
    with ExitStack() as stack:
        notes: list[str] = []
        known = {one.database: one for one in record.databases}
        if known:
            resolved = resolve(request)
            mine = known.pop(resolved.url.address, None)
            if mine is None:
                raise _elsewhere(list(known), resolved, "init --undo")
            way = replace(way, adopter=stack.enter_context(way.engine.adopter(request, resolved, None)))
            assert way.adopter is not None
            gone = way.adopter.forget(mine.rows, table=mine.made_table)
            notes += [f"{_names(gone)} no longer recorded as applied"] if gone else []
        if known:  # which needs the files
            changes.save(way.home, replace(record, recorded=tuple(known.values()), now=None))
            notes += [f"the files stay: {one} has the migrations recorded too" for one in known]
            return _outcome(way, Result.UNDONE, empty, notes=tuple(notes))
        stay = changes.take_back(record.changes)
        changes.remove(way.home)
        notes += [f"{path} was edited since and stays" for path in stay]
        return _outcome(way, Result.UNDONE, empty, notes=tuple(notes))


def _elsewhere(databases: Sequence[str], resolved: Resolved, command: str) -> HistoryError:
    return HistoryError(
        f"init recorded nothing in {resolved.url}",
        f"It recorded migrations in {' and '.join(databases)}.",
        tuple(f"safemigrate {command} --url {one}   # with its password" for one in databases),
    )


def _outcome(
    way: _Way, result: Result, found: _Found, *, done: tuple[Change, ...] = (), notes: tuple[str, ...] = ()
) -> Outcome:
    root = way.project.root
    lines = [*found.lines]
    for one in done:
        path = Path(one.path)
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        lines.append(Diagnosis("written" if one.is_new else "changed", ok=True, detail=str(shown)))
    if result is Result.ADOPTED and found.adoption.rows:
        names = _names([one.name for one in found.adoption.rows])
        lines.append(Diagnosis("recorded", ok=True, detail=f"{names} as applied; no table was touched"))
    follow = {
        Result.ADOPTED: (
            *(("safemigrate apply   # what schema.prisma says beyond the database",) if found.adoption.drift else ()),
            "safemigrate doctor   # what is still missing",
            "safemigrate init --undo   # takes it all back",
        ),
        Result.REHEARSED: ("safemigrate init",),
        Result.NOTHING: ("safemigrate doctor   # what is still missing",),
    }
    return Outcome(
        "init",
        result,
        str(way.adopter.target.resolved.url) if way.adopter else "",
        diagnoses=tuple(lines),
        notes=(*found.notes, *notes),
        next=follow.get(result, ()),
        seconds=time.perf_counter() - way.began,
    )

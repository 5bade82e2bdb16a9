"""What `doctor` says of a project's two schemas, and of the development file beside the server."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from safemigrate.db.sqlite.connection import connect, literal
from safemigrate.errors import ProjectError
from safemigrate.model import Diagnosis
from safemigrate.prisma.in_step.difference import Level
from safemigrate.prisma.pair import naming, other, pair
from safemigrate.prisma.project import Project
from safemigrate.prisma.schema.reader import read
from safemigrate.prisma.settings import OWN_VARIABLE, effective_url
from safemigrate.workflow.pair.in_step import commands, compared
from safemigrate.workflow.pair.to_server import Misfit, misfits, named, shell
from safemigrate.workflow.reading.files import shown
from safemigrate.workflow.request import Request

_SHOWN = 10  # columns


def check_pair(request: Request, project: Project) -> Iterator[Diagnosis]:
    """Say whether the two schemas are in step; one that lies beside the other is found without being named."""
    sides = pair(request.project, request.settings, project)
    if sides is None:
        if beside := other(project):
            yield Diagnosis(
                "pair",
                ok=False,
                detail=f"{shown(beside)} is another schema beside {shown(project.schema)}: nothing keeps them in step",
                fix=(naming(beside, project),),
            )
        return
    found = [one for one in compared(sides, based=False).differences if one.level is Level.MUST and not one.allowed]
    names = f"{shown(sides.production.schema)} and {shown(sides.development.schema)}"
    if found:
        count = f"{len(found):,} differences" if len(found) > 1 else found[0].message
        yield Diagnosis(
            "pair", ok=False, detail=f"{names} are out of step: {count}", fix=tuple(commands(compared(sides), sides))
        )
    else:
        yield Diagnosis("pair", ok=True, detail=f"{names} are in step")


def check_to_server(request: Request, project: Project) -> Iterator[Diagnosis]:
    """Say which values of the development file its PostgreSQL would not take."""
    sides = pair(request.project, request.settings, project)
    if sides is None:
        return
    named = request.url if request.url and request.url.startswith("file:") else None
    environment = {name: value for name, value in os.environ.items() if name != OWN_VARIABLE}
    try:
        url, _ = effective_url(sides.development, url=named, environment=environment)
    except ProjectError:
        return  # the file is not known here
    if url.path is None or not url.path.is_file():
        return
    with connect(url.path, write=False) as connection:
        found = misfits(connection, read(sides.production.files), read(sides.development.files))
    file = shown(url.path)
    wrong = [one for one in found if not one.text]
    for one in wrong[:_SHOWN]:
        columns = ", ".join(one.columns)
        detail = f"{one.table}.{columns} of {file} has {one.count:,}: {one.says}; the first is {one.sample}"
        yield Diagnosis("to the server", ok=False, detail=detail, fix=(one.command(file),))
    if rest := wrong[_SHOWN:]:
        listed = ", ".join(f"{one.table}.{', '.join(one.columns)}" for one in rest)
        yield Diagnosis("to the server", ok=False, detail=f"{len(rest):,} more: {listed}")
    if not wrong:
        yield Diagnosis("to the server", ok=True, detail=f"every value of {file} fits PostgreSQL; pgloader moves them")
    if others := [one for one in found if one.text]:
        yield _in_other_words(others, file)


def _in_other_words(found: list[Misfit], file: Path) -> Diagnosis:
    """What pgloader would move as it is, and an integer as a year (its sqlite-timestamp-to-timestamp)."""
    copy = file.with_name(f"{file.stem}.move{file.suffix}")
    updates = [
        f"UPDATE {named(one.table)} SET {named(one.columns[0])} = {one.text} WHERE {one.where};" for one in found
    ]
    totals: Counter[str] = Counter()
    for one in found:
        totals[one.says] += one.count
    said = ", ".join(f"{says} ({count:,})" for says, count in totals.items())
    return Diagnosis(
        "to the server",
        ok=True,
        detail=f"{file} has {said}: pgloader would not convert them, so write PostgreSQL's words in a copy and load it",
        fix=(
            shell(file, f"VACUUM INTO {literal(str(copy))}"),
            shell(copy, " ".join(updates)),
        ),
    )

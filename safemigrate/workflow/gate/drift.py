"""schema.prisma against what a history makes, as the project's own Prisma CLI sees it; what it said is remembered."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import platformdirs

from safemigrate import proc
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import word
from safemigrate.model import Finding, Migration, Severity
from safemigrate.prisma import command
from safemigrate.prisma.project import Project
from safemigrate.workflow.gate.ground import Ground
from safemigrate.workflow.gate.seen import schema_parts
from safemigrate.workflow.proving.remember import hashed, keys, put_away
from safemigrate.workflow.reading import files

_KEPT = 100  # answers, most of them empty
_SHOWN = 3  # parts in a message
_USUAL = ("schema.prisma", "schema")


def drift(
    project: Project,
    ground: Ground,
    before: Sequence[Migration],
    new: Sequence[Migration],
    earlier: Mapping[Path, bytes] | None,
    *,
    cache: bool = True,
) -> Finding | None:
    """Compare schema.prisma with the end of the history, and where they differ, whether they did so on the base.

    `earlier` are the files of the schema as the base has them, None without a base. None also where a migration does
    not run: then nobody knows the end. Raises PrismaError where the CLI fails.
    """
    asked = _asked(project, ground, before, new, lambda: ground.end(new), cache=cache)
    if not asked:
        return None
    there: list[str] | None = []
    if earlier:
        with proc.scratch() as scratch:
            there = _asked(_of_base(project, earlier, scratch), ground, before, (), lambda: ground.begin, cache=cache)
    extra = [one for one in asked if one not in (there or ())]
    shown = [" ".join(one.split()) for one in extra or asked]
    said = "; ".join(shown[:_SHOWN]) + (f"; and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else "")
    own = project.schema.name not in _USUAL
    name, flag = (
        (project.schema.name, f" --schema {word(files.shown(project.schema))}") if own else ("schema.prisma", "")
    )
    return Finding(
        "schema-drift",
        Severity.ERROR if extra else Severity.WARNING,
        f"{name} asks for what no migration does{'' if extra else ', on the base too'}: {said}",
        "",
        subject=project.schema.name,
        help=f"{' '.join(project.package.typed)} migrate dev --create-only{flag}" if extra else "",
    )


def _asked(
    project: Project,
    ground: Ground,
    before: Sequence[Migration],
    new: Sequence[Migration],
    end: Callable[[], DatabaseUrl | None],
    *,
    cache: bool,
) -> list[str] | None:
    """What leads from the end of a history to schema.prisma, part by part; None where that end is not to be had."""

    def ask() -> str:
        url = end()
        return command.diff(project, url) if url else _NO_END

    sql = _remembered(_key(project, ground, [*before, *new]), ask) if cache else ask()
    return None if sql == _NO_END else ground.parts(sql, new) if sql else []


_NO_END = "-- a migration does not run"


def _of_base(project: Project, contents: Mapping[Path, bytes], scratch: Path) -> Project:
    """The project with the schema of its base."""
    folder = project.schema.is_dir()
    base = project.schema.resolve() if folder else project.schema.resolve().parent
    written = []
    for path, content in contents.items():
        copy = scratch / "schema" / path.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
        written.append(copy)
    schema = scratch / "schema" if folder else scratch / "schema" / project.schema.name
    return replace(project, schema=schema, files=tuple(sorted(written)))


def _key(project: Project, ground: Ground, history: Sequence[Migration]) -> str:
    end = keys(history)[-1] if history else ""
    return hashed([ground.describe, end, *schema_parts(project)])


def _remembered(key: str, ask: Callable[[], str]) -> str:
    path = platformdirs.user_cache_path("safemigrate") / "drift" / f"{key}.sql"
    with suppress(OSError):
        found = path.read_text(encoding="utf-8")
        os.utime(path)
        return found
    said = ask()
    put_away(path, said, _KEPT)
    return said

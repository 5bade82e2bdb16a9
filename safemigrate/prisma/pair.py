"""Two schemas of one application side by side: PostgreSQL in production, SQLite in development.

Each has a history of its own. Where both schemas lie in one folder they share Prisma's `migrations`: that is the one's
whose provider its lock names, without a lock schema.prisma's, and the other's is beside it, named after its provider.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safemigrate.config import Settings
from safemigrate.errors import ProjectError
from safemigrate.prisma import datasource, lock
from safemigrate.prisma.project import Beside, NoneAtDefault, Project, default, find
from safemigrate.prisma.schema.reader import parse, read

_DEFAULTS: Final = ("schema.prisma", "schema")


@dataclass(frozen=True, slots=True)
class Pair:
    """Both sides as projects."""

    production: Project
    development: Project


def side(start: Path, schema: Path | None, settings: Settings) -> Project:
    """Return the project that a command works on, as `find` does; of a pair, with that side's own history.

    Where a pair has neither schema at Prisma's default place, it is production's.
    """
    beside = _beside(settings) if settings.pair else None
    migrations = settings.migrations if beside is None else None
    try:
        return find(start, schema or settings.schema, migrations, beside)
    except NoneAtDefault as error:
        if settings.pair is None:
            raise
        if settings.pair.production is None:
            fix = (f'production = "PATH"   # under [pair] in {settings.path}',)
            raise ProjectError(error.summary, "The pair's other schema is not found by itself.", fix) from error
        return find(start, settings.pair.production, migrations, beside)


def pair(start: Path, settings: Settings, known: Project | None = None) -> Pair | None:
    """Return both sides, None where the settings name no pair; `known` is the one that `side` has found already.

    Raises ProjectError for what is no such pair.
    """
    named = settings.pair
    if named is None:
        return None
    for key, path in (("production", named.production), ("development", named.development)):
        if path and not path.exists():
            raise ProjectError(f"{settings.path}: pair.{key} names {path}, which does not exist")

    def found_at(path: Path | None) -> Project:
        main = known and known.schema.resolve() not in (named.production, named.development)
        if known and (main if path is None else known.schema.resolve() == path):
            return known
        return side(start, path, settings)

    found = Pair(found_at(named.production), found_at(named.development))
    for key, project, provider in (
        ("production", found.production, "postgresql"),
        ("development", found.development, "sqlite"),
    ):
        if project.provider != provider:
            raise ProjectError(
                f"{settings.path}: {project.schema} is for {project.provider}",
                f"It is the pair's {key} side, which is for {provider}.",
                (f'{key} = "PATH"   # under [pair]; one that is not named is the schema found by itself',),
            )
    return found


def other(project: Project) -> Path | None:
    """Find the schema file that makes a pair with a project's: beside it, or in a folder beside, with its models."""
    home = project.schema.parent
    wanted = {"postgresql": "sqlite", "sqlite": "postgresql"}[project.provider]
    models = read(project.files).models.keys()
    for path in sorted((*home.glob("*.prisma"), *home.glob("*/*.prisma"), *home.parent.glob("*/*.prisma"))):
        if path in project.files:
            continue
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        source = datasource.read(text)
        if source and lock.PROVIDERS.get(source.provider) == wanted:
            with suppress(ProjectError):  # what nobody can read is no pair
                theirs = parse({path: text}).models.keys()
                if 2 * len(models & theirs) >= min(len(models), len(theirs)):
                    return path
    return None


def naming(beside: Path, project: Project) -> str:
    """The command that makes a pair of a project's schema and the one beside it."""
    schemas = {"sqlite" if project.provider == "postgresql" else "postgresql": beside}
    if project.schema != ((project.config and project.config.schema) or default(project.root)):
        schemas[project.provider] = project.schema
    return lock.naming(schemas, project.root)


def _beside(settings: Settings) -> Beside:
    named = settings.pair
    assert named is not None

    def folder(schema: Path, provider: str, usual: Path) -> Path:
        develops = schema == named.development or (named.development is None and schema != named.production)
        if settings.migrations and (schema == settings.schema or schema not in (named.development, named.production)):
            return settings.migrations
        if own := named.development_migrations if develops else named.production_migrations:
            return own
        is_default = schema.name in _DEFAULTS
        default_there = any((schema.parent / name).exists() for name in _DEFAULTS)
        shared = usual.parent == schema.parent and not is_default and (develops or default_there)
        return lock.own_folder(usual, provider, shared=shared)

    return folder

"""Which database a project means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safemigrate.db.url import EXAMPLE, DatabaseUrl
from safemigrate.errors import ProjectError
from safemigrate.prisma.datasource import Value
from safemigrate.prisma.project import Project

OWN_VARIABLE: Final = "SAFEMIGRATE_DATABASE_URL"
_REFERENCE: Final = re.compile(r"(\\?)\$\{([A-Za-z0-9_]+)\}")


def effective_url(project: Project, *, url: str | None, environment: Mapping[str, str]) -> tuple[DatabaseUrl, str]:
    """Return the database a command works on, and where its URL came from, in words.

    --url, then SAFEMIGRATE_DATABASE_URL, then what Prisma itself would use for migrations (directUrl before url, each
    major's rules for .env), then DATABASE_URL where the project names none at all.
    A relative path of a SQLite file begins where it does for Prisma, and for --url in the working folder.
    Raises ProjectError naming the variable that is missing and where it was looked for.
    """
    text, source = _text(project, url, environment)
    try:
        return DatabaseUrl.parse(text).resolved(Path.cwd() if url else _base(project)), source
    except ProjectError as error:
        raise ProjectError(f"{error.summary} ({source})", error.why, error.fix) from None


def shadow_url(project: Project, environment: Mapping[str, str]) -> DatabaseUrl | None:
    """Return the database that Prisma itself empties for its diffs, None where the project names none."""
    value = project.datasource.shadow_url
    text = project.config.shadow_url if project.config else ""
    try:
        if not text and value:
            text = value.literal or _variable(project, environment, value, "shadowDatabaseUrl")[0]
        return DatabaseUrl.parse(text) if text else None
    except ProjectError:  # a variable that is set where Prisma runs, and not here
        return None


def _base(project: Project) -> Path:
    """Prisma 5 and 6 start their engine beside the datasource block, a config or not; 7 beside the config."""
    return project.root if project.major >= 7 else project.datasource_file.parent


def _text(project: Project, url: str | None, environment: Mapping[str, str]) -> tuple[str, str]:
    if url:
        return url, "--url"
    if environment.get(OWN_VARIABLE):
        return environment[OWN_VARIABLE], OWN_VARIABLE
    if project.config_problem:
        raise project.config_problem
    if found := _from_config(project) or _from_schema(project, environment):
        return found
    if environment.get("DATABASE_URL"):
        return environment["DATABASE_URL"], "DATABASE_URL"
    where = project.config.path if project.config else project.datasource_file
    raise ProjectError(
        f"{where} names no database URL, or reads it from a variable that is not set",
        f"Neither --url, {OWN_VARIABLE} nor DATABASE_URL is given.",
        _fixes(project, "DATABASE_URL"),
    )


def _from_config(project: Project) -> tuple[str, str] | None:
    config = project.config
    if config is None:
        return None
    for name, url in (("datasource.directUrl", config.direct_url), ("datasource.url", config.url)):
        if not url:
            continue
        if missing := next((variable for variable in config.missing if variable in url), None):
            raise _missing(project, missing, f"{name} in {config.path.name}", ["the environment, as that file left it"])
        return url, f"{name} in {config.path.name}"
    return None


def _from_schema(project: Project, environment: Mapping[str, str]) -> tuple[str, str] | None:
    file = project.datasource_file.name
    for name, value in (("directUrl", project.datasource.direct_url), ("url", project.datasource.url)):
        if value is None:
            continue
        if value.literal:
            return value.literal, f"{name} in {file}"
        return _variable(project, environment, value, f"{name} in {file}")
    return None


def _variable(project: Project, environment: Mapping[str, str], value: Value, place: str) -> tuple[str, str]:
    name = value.variable
    if project.config:  # beside a config Prisma loads no .env; the config itself may have
        found = project.config.variables.get(name) or environment.get(name)
        if found and name not in project.config.missing:
            return found, f"{name} ({place})"
        raise _missing(
            project,
            name,
            place,
            [f"the environment as {project.config.path.name} left it; no .env is loaded beside it"],
        )
    if environment.get(name):
        return environment[name], f"{name} ({place})"
    known = dict(environment)
    for path in _env_files(project):
        known |= _dotenv(path, known)
        if known.get(name):
            return known[name], f"{name} ({place}) from {path}"
    raise _missing(project, name, place, ["the environment", *map(str, _env_files(project))])


def _env_files(project: Project) -> list[Path]:
    """Prisma 5 and 6: the project's .env, then the first there is beside the schema or in prisma/ (getEnvPaths)."""
    beside = [project.schema / ".env"] if project.schema.is_dir() else []
    beside += [project.schema.parent / ".env", project.root / "prisma" / ".env"]
    second = next((path for path in beside if path.is_file()), beside[0])
    return list(dict.fromkeys([project.root / ".env", second]))


def _dotenv(path: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Return a file's variables as Prisma expands them: ${NAME} only, and what is known already wins."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        given = {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path} is not UTF-8", str(error)) from error

    def expand(text: str, seen: frozenset[str]) -> str:
        def replace(match: re.Match[str]) -> str:
            escaped, name = match.groups()
            if escaped:
                return match.group()[1:]
            return "" if name in seen else expand(known.get(name, given.get(name, "")), seen | {name})

        return _REFERENCE.sub(replace, text)

    return {name: expand(known.get(name, value), frozenset({name})) for name, value in given.items()}


def _missing(project: Project, name: str, place: str, looked: list[str]) -> ProjectError:
    why = f"Looked in {', '.join(looked)}."
    return ProjectError(f"{name} is not set; {place} asks for it", why, _fixes(project, name))


def _fixes(project: Project, name: str) -> tuple[str, ...]:
    example = "file:./dev.db" if project.provider == "sqlite" else EXAMPLE
    return (f"export {name}='{example}'", f"safemigrate COMMAND --url '{example}'")

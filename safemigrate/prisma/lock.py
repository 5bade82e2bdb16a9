"""migration_lock.toml: which provider the migrations of a folder are for. One folder holds the history of one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safemigrate.errors import ProjectError, word
from safemigrate.sql.split import Dialect

NAME: Final = "migration_lock.toml"
PROVIDERS: Final[dict[str, Dialect]] = {"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite"}


def provider(migrations: Path) -> str:
    """Return the provider that a folder's lock names, "" without one. Raises ProjectError where it cannot be read."""
    lock = migrations / NAME
    if not lock.is_file():
        return ""
    try:
        locked = str(tomllib.loads(lock.read_text(encoding="utf-8")).get("provider", ""))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"{lock} cannot be read", f"{error}; often a merge conflict left in the file.", (f"edit {word(lock)}",)
        ) from error
    return PROVIDERS.get(locked, locked)


def own_folder(usual: Path, wanted: str, *, shared: bool) -> Path:
    """Where the history of a provider is, whose schema may share its usual folder with another.

    Its lock says whose that is; without one it is the other's where it is `shared`. Prisma has no name for a second.
    """
    locked = provider(usual)
    if locked == wanted or not (locked or shared):
        return usual
    return usual.with_name(f"{usual.name}.{wanted}")


def refuse_other(migrations: Path, wanted: str, schema: Path, root: Path) -> None:
    """Raise ProjectError where a folder's migrations are for another provider than a schema."""
    locked = provider(migrations)
    if not locked or locked == wanted:
        return
    own = f"{migrations.name}.{wanted}"
    raise ProjectError(
        f"{migrations / NAME} says provider {locked}, {schema} says {wanted} (Prisma: P3019)",
        "These migrations were written for another database; their SQL does not run on this one.",
        (
            f"{naming({wanted: schema}, root)}    # two schemas, each with a history: this one's goes to {own}",
            "--schema PATH    # where the schema for this history is another file",
        ),
    )


def naming(schemas: Mapping[str, Path], root: Path) -> str:
    """The command that names schemas, each by its provider, as a pair or one of it."""
    lines = ""
    for provider_, side in (("postgresql", "production"), ("sqlite", "development")):
        if schema := schemas.get(provider_):
            shown = schema.relative_to(root) if schema.is_relative_to(root) else schema
            lines += f'{side} = "{shown.as_posix()}"\\n'
    return f"printf '\\n[pair]\\n{lines}' >> safemigrate.toml"

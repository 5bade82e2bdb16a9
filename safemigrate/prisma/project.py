"""Find the Prisma project: its schema, its migrations folder, its CLI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safemigrate.errors import ProjectError, word
from safemigrate.prisma import config as prisma_config
from safemigrate.prisma import datasource, lock
from safemigrate.prisma import package as prisma_package
from safemigrate.prisma.config import Config, ConfigUnreadable
from safemigrate.prisma.datasource import Datasource
from safemigrate.prisma.package import Package
from safemigrate.sql.split import Dialect

_SKIPPED: Final = frozenset({"node_modules", "dist", "build", "vendor", "coverage"})

# Of a schema, its provider and the usual folder of its migrations: the folder it has.
Beside = Callable[[Path, str, Path], Path]


@dataclass(frozen=True, slots=True)
class Project:
    """A Prisma project of major 5, 6 or 7.

    `root` is where its CLI runs. `schema` is a file or a folder, `files` the .prisma files in it. `migrations` need not
    exist. `provider` is "postgresql" or "sqlite". `config` is None without a prisma.config.*, or where it could not be
    read and a schema was named; `config_problem` is then the reason.
    """

    root: Path
    schema: Path
    files: tuple[Path, ...]
    migrations: Path
    provider: Dialect
    datasource: Datasource
    datasource_file: Path
    package: Package
    config: Config | None = None
    config_problem: ConfigUnreadable | None = None

    @property
    def major(self) -> int:
        """Prisma's major version; 0 where nobody says."""
        return self.package.major

    @property
    def command(self) -> tuple[str, ...]:
        """The words that start Prisma's CLI, in `root`."""
        return self.package.command


class NoneAtDefault(ProjectError):
    """Schemas are there, but none where Prisma looks without being told."""


def find(
    start: Path,
    schema: Path | None = None,
    history: Path | None = None,
    beside: Beside | None = None,
) -> Project:
    """Return the project of a folder, looking there as Prisma does and then upwards, as far as the repository goes.

    `schema` (a file or a folder, from the working folder or from `start`) names one of several, `history` the folder
    of its migrations where that is not Prisma's, and `beside` knows that of a schema with another at its side.
    Raises ProjectError, with the commands that lead on, for no project, several, or one that cannot be worked on.
    """
    start = start.resolve()
    if not start.is_dir():
        raise ProjectError(f"There is no folder {start}")
    named = _named(start, schema) if schema else None
    root = _root_of(named) if named else _root(start)
    package = prisma_package.read(root)
    if package.major >= 8:
        raise _prisma_8(root, f"prisma {package.version} is installed")
    config, problem = _config(root, package, named)
    path = named or (config and config.schema) or default(root)
    if path is None:
        raise _nothing(start)
    if not path.exists():
        raise ProjectError(f"{config.path if config else root} names the schema {path}, which does not exist")
    files = tuple(sorted(path.rglob("*.prisma"))) if path.is_dir() else (path,)
    source, source_file = _datasource(path, files)
    provider = _provider(source, source_file)
    migrations = history or (config and config.migrations) or _migrations(path, source_file, package.major)
    if beside:
        other = config and config.schema not in (None, path)  # then the config's folder is another schema's
        usual = _migrations(path, source_file, package.major) if other else migrations
        migrations = beside(path.resolve(), provider, usual)
    _refuse_prisma_8_folders(root, migrations)
    lock.refuse_other(migrations, provider, source_file, root)
    return Project(root, path, files, migrations, provider, source, source_file, package, config, problem)


def _named(start: Path, schema: Path) -> Path:
    for path in (schema, start / schema):
        if path.exists():
            return path.resolve()
    fix = tuple(f"--schema {_shown(found, start)}" for found in _below(start))
    raise ProjectError(
        f"There is no schema {schema}", "Looked for it from the working folder and from the project.", fix
    )


def _root_of(schema: Path) -> Path:
    """The folder Prisma would be run in for a schema: the nearest above it with a package.json or a config."""
    folder = schema if schema.is_dir() else schema.parent
    for above in prisma_package.upward(folder):
        if (above / "package.json").is_file() or prisma_config.locate(above):
            return above
    return next((above.parent for above in (folder, folder.parent) if above.name == "prisma"), folder)


def _root(start: Path) -> Path:
    for folder in prisma_package.upward(start):
        if prisma_config.locate(folder):
            return folder
        if found := default(folder):
            # Someone may stand in prisma/ itself; then the project is the folder above.
            inside = found.parent == folder and not (folder / "package.json").is_file()
            return _root_of(found) if inside else folder
    raise _nothing(start)


def default(folder: Path) -> Path | None:
    """Where Prisma looks without being told: package.json, then the two files, then 5.x's preview folder."""
    named = ((prisma_package.manifest(folder) or {}).get("prisma") or {}).get("schema")
    if named:
        path = folder / str(named)
        if not path.exists():
            raise ProjectError(f"{folder / 'package.json'} names the schema {named}, which does not exist")
        return path
    for candidate in ("schema.prisma", "prisma/schema.prisma"):
        if (folder / candidate).is_file():
            return folder / candidate
    preview = folder / "prisma" / "schema"
    return preview if preview.is_dir() and any(preview.rglob("*.prisma")) else None


def _config(root: Path, package: Package, named: Path | None) -> tuple[Config | None, ConfigUnreadable | None]:
    path = prisma_config.locate(root)
    if path is None or package.major == 5:  # 5.x knows no config
        return None, None
    try:
        asked = _variables(named or default(root))
        found = prisma_config.read(path, root, package, asked)
        # Only the config says where the schema is, and only when it has run what its .env says.
        moved = _variables(found.schema) if found.schema and not named and found.schema.exists() else asked
        return found if set(moved) <= {*asked} else prisma_config.read(path, root, package, moved), None
    except ConfigUnreadable as problem:
        # At three in the morning there may be no Node: a named schema with its migrations beside it is enough.
        if named is None:
            raise
        return None, problem


def _variables(schema: Path | None) -> tuple[str, ...]:
    if schema is None:
        return ()
    files = sorted(schema.rglob("*.prisma")) if schema.is_dir() else [schema]
    sources = [found for path in files if (found := datasource.read(_text(path)))]
    values = [value for source in sources for value in (source.url, source.direct_url) if value]
    return tuple(value.variable for value in values if value.variable)


def _datasource(path: Path, files: tuple[Path, ...]) -> tuple[Datasource, Path]:
    found = [(source, file) for file in files if (source := datasource.read(_text(file)))]
    if not found:
        raise ProjectError(
            f"No datasource block in {path}",
            "Without it nobody knows which database this schema is for.",
            ('datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}',),
        )
    if len(found) > 1:
        raise ProjectError(
            f"{len(found)} datasource blocks in {path}",
            "Prisma takes one; these are several schemas in one folder.",
            tuple(f"--schema {word(file)}" for _, file in found),
        )
    return found[0]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path} is not UTF-8", str(error)) from error


def _migrations(schema: Path, source_file: Path, major: int) -> Path:
    # 5.22: beside the schema, file or folder. From 6.6: beside the file with the datasource block.
    beside_schema = schema.parent / "migrations"
    beside_source = source_file.parent / "migrations"
    wanted, other = (beside_schema, beside_source) if major == 5 else (beside_source, beside_schema)
    return other if other.is_dir() and not wanted.is_dir() else wanted


def _provider(source: Datasource, file: Path) -> Dialect:
    if source.provider in lock.PROVIDERS:
        return lock.PROVIDERS[source.provider]
    raise ProjectError(
        f"Provider {source.provider or '(none)'} is not supported: {file}",
        "safemigrate works on PostgreSQL and SQLite.",
    )


def _refuse_prisma_8_folders(root: Path, migrations: Path) -> None:
    for pattern in ("*/ops.json", "*/*/ops.json"):
        if found := next(migrations.glob(pattern), None):
            raise _prisma_8(root, f"{found} is there")


def _prisma_8(root: Path, sign: str) -> ProjectError:
    return ProjectError(
        f"{root} is a Prisma 8 project: {sign}",
        "Prisma 8 keeps no migration.sql and runs its own verified transactions; safemigrate works with 5, 6 and 7.",
    )


def _nothing(start: Path) -> ProjectError:
    below = list(_below(start))
    if not below:
        return ProjectError(
            f"No Prisma schema in {start} or above it",
            "Looked for prisma.config.*, prisma.schema in package.json, schema.prisma and prisma/schema.prisma.",
            ("cd to the project, or name it: --project DIR or --schema PATH",),
        )
    return NoneAtDefault(
        f"No schema at Prisma's default place in {start}, but {len(below)} below it",
        "Say which one.",
        (*(f"--schema {_shown(path, start)}" for path in below), *_pair(start, below)),
    )


def _pair(start: Path, below: list[Path]) -> Iterator[str]:
    """The command that names the two sides of a pair, where there is one of each."""
    found = [(lock.PROVIDERS.get(source.provider), path) for path in below if (source := datasource.read(_text(path)))]
    sides: dict[str, Path] = {provider: path for provider, path in found if provider}
    if len(sides) == 2 == sum(provider is not None for provider, _ in found):
        yield f"{lock.naming(sides, start)}    # a pair: production and development"


def _below(start: Path) -> Iterator[Path]:
    """Schemas below a folder: files with a datasource block, at most five folders deep, a dozen at most."""
    count = 0
    for folder, folders, names in os.walk(start):
        depth = len(Path(folder).relative_to(start).parts)
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith(".")) if depth < 5 else []
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(".prisma") and datasource.read(_text(path)):
                yield path
                count += 1
                if count == 12:
                    return


def _shown(path: Path, start: Path) -> str:
    return word(path.relative_to(start) if path.is_relative_to(start) else path)

"""`safemigrate demo`.

The whole story on a throw-away project and a throw-away server, and the proof of it by digest.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.digest import differences, digest
from safemigrate.db.postgres import connect
from safemigrate.db.programs import server_installation
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import OnProgress, Outcome, Result
from safemigrate.shadow.local import running
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.request import Request
from safemigrate.workflow.rollback import rollback

MIGRATION = "20260301090000_tidy_up"
DATABASE = "research"


def demo(on_progress: OnProgress, say: Callable[[str], None]) -> Outcome:
    """Apply a history, fill it, apply a destructive migration, write on, roll back; nothing is left behind.

    The result is compared with a second database that has the same rows and never saw the destructive migration.
    NOT_OK where they differ.
    """
    began = time.perf_counter()
    installation = server_installation()
    with (
        as_file(files("safemigrate") / "demo") as content,
        tempfile.TemporaryDirectory(prefix="safemigrate-demo-") as folder,
        _cache_in(Path(folder) / "cache"),
        running(installation) as server,
    ):
        project = _project(content, Path(folder))
        live, never = server.url.with_database(DATABASE), server.url.with_database("never_migrated")
        with connect(server.url) as connection:
            for url in (live, never):
                session.run(connection, f'CREATE DATABASE "{url.database}"')
        options = ApplyOptions(generate=False)

        def agree(database: str, losses: Sequence[str]) -> bool:
            say("It was tried on a copy. What it would lose is named, and takes the database's name to agree to:")
            for loss in losses:
                say(f"  {loss.partition(': ')[2]}")
            return database == DATABASE

        request = _request(project, live, on_progress, agree)
        say(f"A research platform, on its own server (PostgreSQL {installation.version}). Its history is applied:")
        apply(request, options)
        _run(live, (content / "seed.sql").read_text())
        with connect(live) as connection:
            rows = sum(one.rows for one in digest(connection).values())
        say(f"People work with it: {rows:,} rows. Then somebody tidies up, with a migration that drops and narrows:")
        shutil.copytree(content / MIGRATION, project / "prisma" / "migrations" / MIGRATION)
        applied = apply(request, options)
        proof = applied.migrations[0].proof
        assert proof is not None
        say(
            f"Applied in {applied.seconds:.1f} s. The way back is proven, {proof.verdict.value}: "
            f"{proof.tables} tables and {proof.rows:,} rows compared on a copy."
        )
        _run(live, (content / "after.sql").read_text())
        say("People write on: new rows, changed rows, deleted rows. At 3 a.m. the migration turns out to be wrong:")
        back = rollback(request, RollbackOptions())
        say(f"Rolled back in {back.seconds:.1f} s.")

        for folder_ in sorted((project / "prisma" / "migrations").iterdir()):
            if folder_.is_dir() and folder_.name != MIGRATION:
                _run(never, (folder_ / "migration.sql").read_text())
        for name in ("seed.sql", "after.sql"):
            _run(never, (content / name).read_text())
        with connect(live) as connection, connect(never) as other:
            found, wanted = digest(connection), digest(other)
    different = differences(wanted, found)
    notes = [
        f"{name.split('.')[1]:20} {one.rows:>5,} rows  {_hex(one.sum)} {'=' if one == wanted.get(name) else '≠'} "
        f"{_hex(wanted[name].sum) if name in wanted else 'nothing'}"
        for name, one in found.items()
    ]
    verdict = (
        ("Each table's digest equals that of a database which never saw the migration, with all written since.",)
        if not different
        else tuple(different)
    )
    return Outcome(
        "demo",
        Result.NOT_OK if different else Result.OK,
        "a throw-away database, gone now",
        notes=(*notes, *verdict),
        next=("safemigrate doctor   # in your own project", "safemigrate apply --dry-run"),
        seconds=time.perf_counter() - began,
    )


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Keep the cache of data directories out of the user's own: a demo leaves nothing behind."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def _project(content: Path, folder: Path) -> Path:
    (folder / "prisma").mkdir()
    shutil.copy(content / "schema.prisma", folder / "prisma" / "schema.prisma")
    shutil.copytree(content / "migrations", folder / "prisma" / "migrations")
    (folder / "package.json").write_text('{"name": "research-platform", "devDependencies": {"prisma": "5.22.0"}}\n')
    return folder


def _hex(digest_sum: str) -> str:
    return f"{int(digest_sum) % 2**64:016x}"


def _request(
    project: Path, url: DatabaseUrl, on_progress: OnProgress, consent: Callable[[str, Sequence[str]], bool]
) -> Request:
    return Request(
        project=project,
        schema=None,
        url=url.prisma(),
        settings=Settings(),
        on_progress=on_progress,
        interactive=False,
        confirm=DATABASE,
        ask_name=None,
        consent=consent,
        proceed=lambda _question: True,
    )


def _run(url: DatabaseUrl, script: str) -> None:
    with connect(url) as connection:
        session.run(connection, script)

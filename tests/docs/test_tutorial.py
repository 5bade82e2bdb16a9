"""docs/tutorial.md, done as a reader does it, with the real Prisma; what it shows is what is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from safemigrate.db import session
from safemigrate.db.postgres import connect
from safemigrate.shadow.local import LocalServer
from tests.docs import page
from tests.prisma_cli import PrismaCli, only

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
URL = "postgresql://postgres:postgres@localhost:5432/blog"
# What differs from one run or machine to the next.
DIFFERS = (
    (r"\b\d+(?:\.\d+)? ?(?:ms|s)\b", "0 s"),
    (r"\b\d{14}_", "20260101000000_"),
    (r"\b\d{8}T\d{6}Z-[0-9a-f]{4}", "20260101T000000Z-0000"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-01 00:00"),
    (r"\bkept_[0-9a-f]{8}_", "kept_00000000_"),
    (r"PostgreSQL \d+(?:\.\d+)?(?: \([^)]*\))?", "PostgreSQL 15"),
    (r"\bpostgres = \d+", "postgres = 15"),
    (r"Python 3\.\d+\.\d+", "Python 3.11"),
    (r"\b\d+(?:\.\d+)? k?B\b", "1 kB"),
)


def same(said: str, printed: str) -> bool:
    """Whether both say the same, apart from that."""
    for pattern, instead in DIFFERS:
        said, printed = (re.sub(pattern, instead, text) for text in (said, printed))
    return page.matches(said, printed)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home as long as the one that the page shows, so that lines break alike."""
    with tempfile.TemporaryDirectory(prefix="a", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.prisma
@only("5.22.0")
def test_every_command_prints_what_the_page_says(
    prisma: PrismaCli, server: LocalServer, home: Path, tmp_path: Path
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    steps = page.read(text)
    url = server.url.with_database("blog")
    programs = (Path(sysconfig.get_path("scripts")), server.installation.folder, os.environ["PATH"])
    environment = {
        **prisma.environment,
        "HOME": str(home),
        "PATH": os.pathsep.join(map(str, programs)),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "SAFEMIGRATE_POSTGRES_BIN": str(server.installation.folder),
        # What was fetched or initialised before is not fetched again.
        "XDG_CACHE_HOME": str(platformdirs.user_cache_path()),
        "npm_config_cache": str(Path.home() / ".npm"),
        "npm_config_prefer_offline": "true",
        "npm_config_ignore_scripts": "true",  # Prisma's would download an engine
        "npm_config_update_notifier": "false",
    }
    try:
        done = subprocess.run(
            ["bash", "-c", page.script(steps, tmp_path).replace(URL, url.prisma())],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    finally:
        with connect(server.url) as connection:
            session.run(connection, 'DROP DATABASE IF EXISTS "blog" WITH (FORCE)')
    assert done.stderr == ""
    shown = {str(home): "/home/somebody", f"{url.user}@{url.host}:{url.port}": "postgres@localhost:5432"}
    printed = {}
    for number, step in enumerate(steps):
        if isinstance(step, page.Command):
            printed[number] = (tmp_path / str(number)).read_text()
            for actual, instead in shown.items():
                printed[number] = printed[number].replace(actual, instead)
    if os.environ.get("SAFEMIGRATE_GOLDEN") == "write":
        PAGE.write_text(page.rewritten(text, printed, same), encoding="utf-8")
        steps = page.read(PAGE.read_text(encoding="utf-8"))
    for number, step in enumerate(steps):
        if isinstance(step, page.Command):
            assert same(step.said, printed[number]), f"$ {step.line}\n{printed[number]}"

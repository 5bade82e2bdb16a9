"""Real PostgreSQL for the tests: one server a session and worker, one database a test.

SAFEMIGRATE_TEST_POSTGRES names the folder of programs to test with; without it the machine's newest, else the wheel's.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import psycopg
import pytest

from safemigrate.db.postgres import Connection, connect
from safemigrate.db.programs import Installation, installations, server_installation
from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.container import has_daemon
from safemigrate.shadow.local import LocalServer, running

_MEMORY = Path("/dev/shm")  # the kernel's own, on Linux
_ENOUGH = 4 << 30  # bytes


def _work_in_memory() -> None:
    """Put the thousands of databases and projects into memory, where that is large enough, for children too.

    A third of the time goes into ext4's search for inodes that were not deleted lately (fs/ext4/ialloc.c).
    """
    if "TMPDIR" in os.environ or not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return
    found = os.statvfs(_MEMORY)
    if found.f_bavail * found.f_frsize >= _ENOUGH and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


_work_in_memory()
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it ignored, children too


def _installation() -> Installation:
    folder = os.environ.get("SAFEMIGRATE_TEST_POSTGRES")
    if not folder:
        return server_installation()
    return next(one for one in installations() if one.folder == Path(folder).resolve())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Docker where there is none; SAFEMIGRATE_TEST_DOCKER=1 (CI) lets it fail instead."""
    if not has_daemon() and "SAFEMIGRATE_TEST_DOCKER" not in os.environ:
        for item in items:
            if item.get_closest_marker("docker"):
                item.add_marker(pytest.mark.skip(reason="no Docker daemon"))


def pytest_report_header() -> str:
    return f"server: {_installation()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many statements were read, and how many of them were not understood (tests/sql/test_understood.py)."""
    for report in terminalreporter.getreports("passed"):
        for name, said in report.user_properties:
            if name == "statements":
                terminalreporter.write_line(f"statements {said}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test in CI, where a missing tool is a mistake; what a server's major lacks may be skipped."""
    report = yield
    if os.environ.get("CI") and report.skipped and call.excinfo and call.excinfo.errisinstance(pytest.skip.Exception):
        reason = str(call.excinfo.value)
        if not re.match(r"PostgreSQL \d", reason):
            report.outcome = "failed"
            report.longrepr = f"skipped in CI: {reason}"
    return report


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """A server on the loopback address that trusts everyone; its superuser is `tester`."""
    with running(_installation(), user="tester", tcp=True) as started:
        yield started


@pytest.fixture
def database(server: LocalServer) -> Iterator[DatabaseUrl]:
    """A fresh, empty database."""
    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield server.url.with_database(name)
    with psycopg.connect(server.url.conninfo(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def connection(database: DatabaseUrl) -> Iterator[Connection]:
    """A connection to it."""
    with connect(database) as opened:
        yield opened

"""Files read one by one."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from safemigrate.errors import ProjectError, SafemigrateError, word
from safemigrate.lint import Facts, lint
from safemigrate.lint.history import History
from safemigrate.lint.policy import Policy
from safemigrate.model import Migration, MigrationOutcome, Severity
from safemigrate.prisma.migrations import decode
from safemigrate.sql import Dialect, Statement, split
from safemigrate.workflow.reading import files

if TYPE_CHECKING:
    from safemigrate.workflow.reading.rewriting import Offered
    from safemigrate.workflow.request import Request


class Reader:
    """Reads files in their order, each with what those before it in its history said of the schema.

    `provider` is that of a history whose lock is missing. `fixes` are commands for those that could not be read.
    """

    def __init__(self, policy: Policy, version: int | None, provider: str = "") -> None:
        self._policy = policy
        self._version = version
        self._provider = provider
        self._histories: dict[Path, History | ProjectError] = {}
        self.fixes: list[str] = []

    def read(self, path: Path, content: bytes | None = None) -> MigrationOutcome:
        """Read a file, or the bytes that stand for it, and judge it."""
        try:
            history = self._history(path)
            migration, statements = _split(path, _bytes(path) if content is None else content, history)
        except SafemigrateError as error:
            self.fixes += [fix for fix in error.fix if fix not in self.fixes]
            return MigrationOutcome(_name(path), "", "unreadable", detail=_said(error, path), path=str(path))
        found = lint(migration, statements, self._facts(history))
        # What the text itself has made harmless is not worth a word; notices are for facts of a database.
        findings = self._policy.judge(
            [each for each in found if each.severity is not Severity.NOTICE], statements, path
        )
        if history:
            history.note(statements)
        return MigrationOutcome(
            migration.name, migration.checksum, "read", tuple(findings), path=str(path), text=migration.sql
        )

    def note(self, path: Path) -> None:
        """Take note of a migration that nobody asked about, for those behind it."""
        with suppress(SafemigrateError):  # told where somebody asks
            if history := self._history(path):
                history.note(_split(path, _bytes(path), history)[1])

    def _history(self, path: Path) -> History | None:
        """The history that a file stands in, if any. Raises ProjectError for one of another provider."""
        folder = files.history_of(path)
        if folder is None:
            return None
        if folder not in self._histories:
            said = files.provider(folder) or self._provider
            schema = "main" if said == "sqlite" else "public"
            start = Facts(version=self._version, provider=said, folder=files.names(folder), schema=schema)
            self._histories[folder] = files.refused(folder) or History(start)
        found = self._histories[folder]
        if isinstance(found, ProjectError):
            raise found
        return found

    def _facts(self, history: History | None) -> Facts:
        return history.facts if history else Facts(version=self._version)

    def fix(self, path: Path, request: Request, *, committed: bool) -> Offered:
        """Offer what the rules would write instead; nothing for a file that cannot be read: reading it says why."""
        from safemigrate.lint.rewrite import rewrite
        from safemigrate.workflow.reading import rewriting

        try:
            history = self._history(path)
            migration, _ = _split(path, _bytes(path), history)
        except SafemigrateError:
            return rewriting.Offered()
        facts = self._facts(history)
        rewritten = rewrite(migration, facts, judge=partial(self._policy.judge, path=path))
        return rewriting.offer(request, migration, rewritten, committed=committed)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        there = next(each for each in (path, *path.absolute().parents) if os.path.exists(each))  # noqa: PTH110 a folder that may not be looked into is no error
        raise ProjectError(error.strerror or str(error), fix=(f"ls -l {word(there)}",)) from error


def _split(path: Path, content: bytes, history: History | None) -> tuple[Migration, list[Statement]]:
    migration = decode(_name(path), path, content)
    dialect: Dialect = "sqlite" if history and history.facts.provider == "sqlite" else "postgresql"
    return migration, split(migration.sql, str(path), strict=False, dialect=dialect)


def _name(path: Path) -> str:
    return path.parent.name if path.name == "migration.sql" else path.name


def _said(error: SafemigrateError, path: Path) -> str:
    summary = error.summary.removeprefix(f"{path}").removeprefix(":").strip()
    return ". ".join(part.rstrip(".") for part in (summary, error.why) if part) + "."

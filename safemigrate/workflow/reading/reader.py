"""Files read one by one."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
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
from safemigrate.sql.dialect import sign_of_sqlite
from safemigrate.workflow.reading import files

if TYPE_CHECKING:
    from safemigrate.workflow.reading.rewriting import Offered
    from safemigrate.workflow.request import Request


class Reader:
    """Reads files in their order, each with what those before it in its history said of the schema.

    `provider` is that of files that no lock is beside of; where it is not known either, they tell by what they have.
    `fixes` are commands for those that could not be read, `notes` what was taken for granted.
    """

    def __init__(self, policy: Policy, version: int | None, provider: str = "") -> None:
        self._policy = policy
        self._version = version
        self._provider = provider
        self._histories: dict[Path, History | ProjectError] = {}
        self._stated: dict[Path, str] = {}
        self.fixes: list[str] = []
        self.notes: list[str] = []

    def read(self, path: Path, content: bytes | None = None) -> MigrationOutcome:
        """Read a file, or the bytes that stand for it, and judge it."""
        try:
            history = self._history(path)
            migration, facts, statements = self._split(path, _bytes(path) if content is None else content, history)
        except SafemigrateError as error:
            self.fixes += [fix for fix in error.fix if fix not in self.fixes]
            return MigrationOutcome(_name(path), "", "unreadable", detail=_said(error, path), path=str(path))
        found = lint(migration, statements, facts)
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
                history.note(self._split(path, _bytes(path), history)[2])

    def _history(self, path: Path) -> History | None:
        """The history that a file stands in, if any. Raises ProjectError for one of another provider."""
        folder = files.history_of(path)
        if folder is None:
            return None
        if folder not in self._histories:
            said = files.provider(folder) or self._provider or files.stated(path)
            start = replace(self._start(said), folder=files.names(folder))
            self._histories[folder] = files.refused(folder) or History(start)
        found = self._histories[folder]
        if isinstance(found, ProjectError):
            raise found
        return found

    def _start(self, provider: str) -> Facts:
        schema = "main" if provider == "sqlite" else "public"
        return Facts(version=self._version, provider=provider, schema=schema)

    def _said(self, path: Path, text: str) -> str:
        """What a file without a lock is for: the project says, or its text does."""
        if path.parent not in self._stated:
            self._stated[path.parent] = files.stated(path)
        if (said := self._stated[path.parent]) or not (sign := sign_of_sqlite(text)):
            return said
        self.notes.append(
            f"{path} is read as SQLite's, for it has {sign}; --schema, or a schema.prisma near it, would say"
        )
        return "sqlite"

    def _split(self, path: Path, content: bytes, history: History | None) -> tuple[Migration, Facts, list[Statement]]:
        migration = decode(_name(path), path, content)
        facts = history.facts if history else self._start(self._provider)
        if not facts.provider and (said := self._said(path, migration.sql)):
            facts = replace(facts, provider=said, schema=self._start(said).schema)
        dialect: Dialect = "sqlite" if facts.provider == "sqlite" else "postgresql"
        return migration, facts, split(migration.sql, str(path), strict=False, dialect=dialect)

    def fix(self, path: Path, request: Request, *, committed: bool) -> Offered:
        """Offer what the rules would write instead; nothing for a file that cannot be read: reading it says why."""
        from safemigrate.lint.rewrite import rewrite
        from safemigrate.workflow.reading import rewriting

        try:
            history = self._history(path)
            migration, facts, _ = self._split(path, _bytes(path), history)
        except SafemigrateError:
            return rewriting.Offered()
        rewritten = rewrite(migration, facts, judge=partial(self._policy.judge, path=path))
        return rewriting.offer(request, migration, rewritten, committed=committed)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        there = next(each for each in (path, *path.absolute().parents) if os.path.exists(each))  # noqa: PTH110 a folder that may not be looked into is no error
        raise ProjectError(error.strerror or str(error), fix=(f"ls -l {word(there)}",)) from error


def _name(path: Path) -> str:
    return path.parent.name if path.name == "migration.sql" else path.name


def _said(error: SafemigrateError, path: Path) -> str:
    summary = error.summary.removeprefix(f"{path}").removeprefix(":").strip()
    return ". ".join(part.rstrip(".") for part in (summary, error.why) if part) + "."

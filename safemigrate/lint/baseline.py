"""Findings of old that are not told again: a file with one entry each, known by what it says and not by its line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from safemigrate.errors import ProjectError, word
from safemigrate.model import Finding

_VERSION = 1


class Known(NamedTuple):
    """An entry. `statement` is a hash of the statement's text, whatever its spaces and line ends."""

    migration: str
    rule: str
    subject: str
    statement: str


def known(finding: Finding, text: str) -> Known:
    """The entry of a finding in a text."""
    sql = text[finding.span.start : finding.span.end] if finding.span else ""
    digest = sha256(" ".join(sql.split()).encode()).hexdigest()[:16]
    return Known(finding.migration, finding.rule, finding.subject, digest)


class Baseline:
    """The entries of a file, each used up by one finding."""

    def __init__(self, entries: Iterable[Known]) -> None:
        self._left = Counter(entries)
        self.used = 0

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a file; raises ProjectError where it is missing or is no baseline."""
        fix = (f"safemigrate check --offline --write-baseline {word(path)}",)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["version"] != _VERSION:
                raise ProjectError(f"{path} is a baseline of version {document['version']}", "This one writes 1.", fix)
            return cls(Known(**entry) for entry in document["findings"])
        except OSError as error:
            raise ProjectError(f"The baseline {path} cannot be read", error.strerror or str(error), fix) from error
        except (ValueError, TypeError, KeyError) as error:
            raise ProjectError(f"{path} is not a baseline", str(error), fix) from error

    def new(self, findings: Sequence[Finding], text: str) -> list[Finding]:
        """The findings that no entry knows; one that a comment allows needs none."""
        left = []
        for finding in findings:
            entry = known(finding, text)
            if not finding.allowed and self._left[entry]:
                self._left[entry] -= 1
                self.used += 1
            else:
                left.append(finding)
        return left

    def stale(self, migrations: Sequence[str]) -> list[Known]:
        """Entries of these migrations that no finding has used up."""
        return sorted(entry for entry in self._left.elements() if entry.migration in migrations)


def write(path: Path, entries: Iterable[Known]) -> None:
    """Write a baseline, in an order that gives small diffs."""
    from safemigrate.disk import write_whole

    findings = [entry._asdict() for entry in sorted(entries)]
    write_whole(path, json.dumps({"version": _VERSION, "findings": findings}, indent=1) + "\n")

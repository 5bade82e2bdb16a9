"""How bad a finding is in this project: what its settings say about rules, families, paths and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

from safemigrate.config import Levels
from safemigrate.errors import ProjectError
from safemigrate.lint.of_project import OF_PROJECT
from safemigrate.lint.registry import RULES
from safemigrate.lint.rule import Family
from safemigrate.lint.seen import SEEN
from safemigrate.model import Confirmation, Finding, Severity, Span
from safemigrate.sql import Name, Statement
from safemigrate.sql.actions import flatten

FAMILIES: tuple[str, ...] = get_args(Family)
_FAMILY_OF = {rule.name: rule.family for rule in RULES}
_FAMILY_OF |= {name: family for name, (family, *_) in (SEEN | OF_PROJECT).items()}


class Policy:
    """The levels of a project. Of those that fit a finding the last counts, and a rule's comes before its family's.

    `source` names the file for errors. Raises ProjectError for a name that is no rule and no family.
    """

    def __init__(self, levels: Sequence[Levels], source: str = "") -> None:
        self._levels = levels
        for each in levels:
            for name in each.levels:
                if name not in _FAMILY_OF and name not in FAMILIES:
                    raise unknown(name, source)

    def judge(
        self, findings: Sequence[Finding], statements: Sequence[Statement], path: Path, *, asks: bool = False
    ) -> list[Finding]:
        """The findings at the level of the project, without those that are off.

        Where nobody `asks` for consent, what loses rows or values is an error unless the project says else. Where
        somebody does, no level takes the question away: that is for a comment at the statement. What a rehearsal has
        cleared stays as it is.
        """
        by_span = {statement.span: statement for statement in statements} if self._levels else {}
        judged = []
        for finding in findings:
            level = self._level(finding, path, by_span)
            if finding.loses and asks:
                level = "notice" if level == "off" else level
            elif finding.loses and level is None:
                level = "error"
            if finding.verdict is Confirmation.CLEARED and level != "off":
                level = None  # a notice, whatever the rule's level
            if level != "off":
                judged.append(replace(finding, severity=Severity(level)) if level else finding)
        return judged

    def _level(self, finding: Finding, path: Path, statements: dict[Span, Statement]) -> str | None:
        found = None
        for each in self._levels:
            level = each.levels.get(finding.rule) or each.levels.get(_FAMILY_OF.get(finding.rule, ""))
            if level and _in_paths(each, path) and _in_tables(each, finding, statements):
                found = level
        return found


def unknown(name: str, source: str = "") -> ProjectError:
    """The error for a name that is no rule and no family."""
    near = get_close_matches(name, [*_FAMILY_OF, *FAMILIES], n=2, cutoff=0.5)
    why = f"Did you mean {' or '.join(near)}?" if near else ""
    summary = f'{source}: there is no rule "{name}"' if source else f'There is no rule "{name}"'
    return ProjectError(summary, why, ("safemigrate rules",))


def _in_paths(each: Levels, path: Path) -> bool:
    if not each.paths:
        return True
    try:
        inside = path.resolve().relative_to(each.root.resolve()).as_posix() if each.root else path.as_posix()
    except ValueError:  # the file is outside the project
        return False
    patterns = (pattern.removeprefix("./").rstrip("/") for pattern in each.paths)
    return any(fnmatchcase(inside, pattern) or fnmatchcase(inside, f"{pattern}/*") for pattern in patterns)


def _in_tables(each: Levels, finding: Finding, statements: dict[Span, Statement]) -> bool:
    """Whether every table that the finding speaks of is among the patterns."""
    if not each.tables:
        return True
    statement = statements.get(finding.span) if finding.span else None
    tables = set(_tables(statement)) if statement else set()
    about = {table for table in tables if finding.subject.startswith(str(table))} or tables
    return bool(about) and all(any(_is(table, pattern) for pattern in each.tables) for table in about)


def _is(table: Name, pattern: str) -> bool:
    return fnmatchcase(f"{table.schema or 'public'}.{table.name}" if "." in pattern else table.name, pattern)


def _tables(statement: Statement) -> Iterator[Name]:
    for action in flatten(statement.actions):
        for attribute in ("table", "tables", "owner"):
            value = getattr(action, attribute, None)
            yield from (value if isinstance(value, tuple) else (value,) if value else ())
        if getattr(action, "kind", "") == "table":
            yield from (name for name in (getattr(action, "old", None), getattr(action, "name", None)) if name)

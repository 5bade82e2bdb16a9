"""Every statement of the SQL in this repository is understood, but for those that are written not to be.

SAFEMIGRATE_TEST_HISTORIES names folders of real histories, which are not in the repository, by the colon of a PATH.
The report ends with how many statements were read, and how many of them were not understood.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from safemigrate.lint import RULES
from safemigrate.sql import split
from safemigrate.sql.actions import Opaque, flatten
from tests.lint.label import cases

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "tests/golden", "tests/rollback", "tests/shadow", "safemigrate/demo")


def _repository() -> Iterator[tuple[str, str]]:
    """SQL that PostgreSQL takes, by the name of where it stands."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.sql")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for rule in RULES:
        if rule.name != "opaque-statement":
            yield rule.name, f"{rule.setup}\n;{rule.good}\n;{'' if rule.fails else rule.bad}"
    for case in cases():
        meant = any("opaque-statement" in label.rules for label in case.labels)
        if not meant and not case.sqlite and not case.fails:
            yield case.id, case.sql


def _history(folder: str) -> Iterator[tuple[str, str]]:
    texts = {path.read_text(encoding="utf-8"): str(path) for path in Path(folder).rglob("migration.sql")}
    return ((path, text) for text, path in texts.items())


HISTORIES = [folder for folder in os.environ.get("SAFEMIGRATE_TEST_HISTORIES", "").split(":") if folder]
CORPORA: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "the repository": _repository,
    **{folder: partial(_history, folder) for folder in HISTORIES},
}


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_statement_is_understood_or_another_database_s(
    corpus: str, record_property: Callable[[str, object], None]
) -> None:
    understood, opaque = 0, []
    for name, text in CORPORA[corpus]():
        for statement in split(text, name, strict=False):
            reasons = [action.reason for action in flatten(statement.actions) if isinstance(action, Opaque)]
            understood += not reasons
            opaque += [f"{name}:{statement.span.line}: {reason}" for reason in reasons[:1]]
    record_property("statements", f"of {corpus}: {understood:,} understood, {len(opaque):,} not")
    assert understood
    assert not [line for line in opaque if not line.endswith("not PostgreSQL's")]

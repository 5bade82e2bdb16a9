from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.config import Levels
from safemigrate.errors import ProjectError
from safemigrate.lint import lint
from safemigrate.lint.policy import Policy
from safemigrate.model import Confirmation, Finding, Severity
from safemigrate.sql import split
from tests.lint.conftest import migration

DROP = 'ALTER TABLE "User" DROP COLUMN "bio";'
INDEX = 'CREATE INDEX "i" ON audit_log (at);'


def judge(sql: str, *levels: Levels, path: str = "prisma/migrations/1_a/migration.sql") -> list[tuple[str, str]]:
    statements = split(sql)
    judged = Policy(levels).judge(lint(migration(sql), statements), statements, Path(path))
    return [(finding.rule, finding.severity.value) for finding in judged]


def test_without_settings_a_loss_is_an_error_and_the_rest_is_as_it_is() -> None:
    assert judge(DROP + INDEX) == [("drop-column", "error"), ("index-not-concurrent", "warning")]


def test_a_rule_comes_before_its_family_and_the_last_that_fits_counts() -> None:
    levels = Levels({"drop-column": "notice", "data-loss": "off"})
    assert judge(DROP, levels) == [("drop-column", "notice")]
    assert judge(DROP, levels, Levels({"data-loss": "error"})) == [("drop-column", "error")]
    assert judge(DROP, Levels({"data-loss": "error"}), levels, Levels({"data-loss": "off"})) == []


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("prisma/migrations/1*", True),
        ("prisma", True),
        ("./prisma/", True),
        ("*/1_a/*", True),
        ("migrations", False),
        ("prisma/migrations/2*", False),
    ],
)
def test_paths(pattern: str, fits: bool) -> None:
    levels = Levels({"drop-column": "off"}, paths=(pattern,))
    assert judge(DROP, levels) == ([] if fits else [("drop-column", "error")])


def test_paths_are_from_the_settings_on(tmp_path: Path) -> None:
    levels = Levels({"drop-column": "off"}, paths=("old",), root=tmp_path)
    assert judge(DROP, levels, path=str(tmp_path / "old" / "a.sql")) == []
    assert judge(DROP, levels, path="old/a.sql") == [("drop-column", "error")]


@pytest.mark.parametrize(
    ("sql", "pattern", "left"),
    [
        (INDEX, "audit_*", 0),
        (INDEX, "public.audit_*", 0),
        (INDEX, "other.audit_*", 1),
        (INDEX, "Audit_*", 1),
        ('CREATE INDEX "i" ON other.audit_log (at);', "other.*", 0),
        ("DROP TABLE audit_log, audit_old;", "audit_*", 0),
        ("DROP TABLE audit_log, users;", "audit_*", 1),
        ("TRUNCATE audit_log;", "audit_*", 0),
        ('ALTER TABLE "User" DROP COLUMN "audit_x";', "audit_*", 1),
    ],
)
def test_tables(sql: str, pattern: str, left: int) -> None:
    found = judge(sql, Levels({"lock": "off", "data-loss": "off"}, tables=(pattern,)))
    assert len(found) == left


def test_a_name_that_is_no_rule_is_an_error_with_what_was_meant() -> None:
    with pytest.raises(ProjectError) as caught:
        Policy([Levels({"drop-colum": "off"})], "safemigrate.toml")
    assert 'safemigrate.toml: there is no rule "drop-colum"' in caught.value.summary
    assert "drop-column" in caught.value.why


def test_where_somebody_asks_no_level_takes_the_question_away() -> None:
    statements = split(DROP + INDEX)
    found = lint(migration(DROP + INDEX), statements)
    asked = Policy([]).judge(found, statements, Path("a.sql"), asks=True)
    assert asked == found
    off = Policy([Levels({"data-loss": "off", "lock": "off"})]).judge(found, statements, Path("a.sql"), asks=True)
    assert [(each.rule, each.severity.value, each.loses) for each in off] == [("drop-column", "notice", True)]


def test_what_a_rehearsal_cleared_stays_a_notice_and_what_it_saw_has_a_family() -> None:
    span = split("SELECT 1;", "")[0].span
    cleared = Finding("index-not-concurrent", Severity.NOTICE, "", "", span, verdict=Confirmation.CLEARED)
    seen = Finding("seen-lock", Severity.WARNING, "", "", span, verdict=Confirmation.SEEN)
    judged = Policy((Levels({"lock": "error"}),)).judge([cleared, seen], (), Path("migration.sql"))
    assert [one.severity for one in judged] == [Severity.NOTICE, Severity.ERROR]

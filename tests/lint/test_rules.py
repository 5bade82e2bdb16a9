from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from safemigrate.lint import RULES, Facts, Rule, lint
from safemigrate.model import Finding, Migration
from safemigrate.sql import split

TEXTUAL = [rule for rule in RULES if not rule.of_history]


def read(sql: str, facts: Facts | None = None, name: str = "20260101000000_change") -> list[Finding]:
    migration = Migration(name, Path("migrations") / name / "migration.sql", sql, sha256(sql.encode()).hexdigest())
    return lint(migration, split(sql), facts)


def test_rules_are_sorted_and_named_once() -> None:
    names = [rule.name for rule in RULES]
    assert names == sorted(set(names))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_a_name_and_a_page(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.check.__module__.endswith("." + rule.name.replace("-", "_"))
    assert rule.summary.endswith(".")
    assert rule.docs.count("\n\n") >= 1, "the page says more than its first sentence"


@pytest.mark.parametrize("rule", TEXTUAL, ids=lambda rule: rule.name)
def test_bad_fires_the_rule_alone_and_good_nothing(rule: Rule) -> None:
    assert {finding.rule for finding in read(rule.bad)} == {rule.name}
    assert read(rule.good) == []


@pytest.mark.parametrize("rule", TEXTUAL, ids=lambda rule: rule.name)
def test_the_rule_allows_its_own_name(rule: Rule) -> None:
    first, *_ = split(rule.bad)
    sql = f"-- safemigrate: allow {rule.name} seen\n\n{rule.bad}"
    assert {finding.allowed for finding in read(sql)} == {"seen"}
    assert first.sql in sql

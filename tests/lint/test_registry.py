from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from safemigrate.lint import RULES, Facts, Rule
from safemigrate.lint.history import History
from safemigrate.sql import split
from tests.lint.conftest import Read

# What only a target can show: no text is an example of it, tests/lint/test_target.py has them.
OF_TARGET = ("foreign-key-without-index",)
TEXTUAL = [rule for rule in RULES if not rule.of_history and rule.name not in OF_TARGET]
FAMILY = {rule.name: rule.family for rule in RULES}
by_name = pytest.mark.parametrize("rule", TEXTUAL, ids=lambda rule: rule.name)


def test_rules_are_sorted_and_named_once() -> None:
    names = [rule.name for rule in RULES]
    assert names == sorted(set(names))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_a_name_and_a_page(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.check.__module__.endswith("." + rule.name.replace("-", "_"))
    assert rule.summary.endswith(".")
    assert rule.docs.count("\n\n") >= 1, "the page says more than its first sentence"


def _facts(rule: Rule) -> Facts:
    """What is known of a database that the examples of a rule run on: for SQLite, what the setup has made of it."""
    if rule.provider != "sqlite":
        return Facts()
    history = History(Facts(provider="sqlite", schema="main"))
    history.note(split(rule.setup, dialect="sqlite"))
    return history.facts


@by_name
def test_bad_fires_no_other_rule_of_the_family_and_good_nothing(rule: Rule, read: Read) -> None:
    found = [finding for finding in read(rule.bad, _facts(rule)) if FAMILY[finding.rule] == rule.family]
    assert {finding.rule for finding in found} == {rule.name}
    assert {finding.loses for finding in found} == {rule.family == "data-loss"}
    assert read(rule.good, _facts(rule)) == []


@pytest.mark.parametrize("rule", [rule for rule in TEXTUAL if rule.provider == "sqlite"], ids=lambda rule: rule.name)
def test_the_examples_are_sqlite(rule: Rule, tmp_path: Path) -> None:
    for name, example in (("bad", rule.bad), ("good", rule.good)):
        with closing(sqlite3.connect(tmp_path / f"{name}.db", isolation_level=None)) as connection:
            connection.executescript(f"PRAGMA foreign_keys=ON; {rule.setup}")
            if rule.fails and name == "bad":
                with pytest.raises(sqlite3.Error):
                    connection.executescript(example)
            else:
                connection.executescript(example)


@pytest.mark.parametrize("rule", [rule for rule in TEXTUAL if rule.provider != "sqlite"], ids=lambda rule: rule.name)
def test_the_examples_are_postgresql(rule: Rule, target: psycopg.Connection) -> None:
    for example in (rule.bad, rule.good):
        target.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        target.execute(rule.setup.encode())
        if rule.fails and example == rule.bad:
            with pytest.raises(psycopg.errors.Error):
                target.execute(example.encode())
        else:
            for statement in split(example):  # VACUUM and its like stand alone
                target.execute(statement.sql.encode())

"""docs/rules: a page for each rule and an index, written from the registry."""

from __future__ import annotations

from itertools import groupby

import pytest

from safemigrate.model import RulePage
from safemigrate.workflow import rules
from tests.golden.pages import DOCS, current

PAGES = DOCS / "rules"
ENDING = "\nWritten from the rule's own file: `SAFEMIGRATE_GOLDEN=write pytest tests/golden/test_rules.py`.\n"


def page_of(rule: RulePage) -> str:
    parts = [f"# {rule.name}\n\n*{rule.family}, {rule.severity}*\n\n{rule.page}\n"]
    for title, sql in (("It finds", rule.bad), ("It has nothing against", rule.good)):
        if sql:
            parts.append(f"\n{title}\n\n```sql\n{sql}\n```\n")
    if rule.allowable:
        parts.append(f"\nWhere it is meant, say why above the statement\n\n```sql\n{rule.allow}\n```\n")
    parts.append(f'\nIn `safemigrate.toml`, for all\n\n```toml\n[rules]\n{rule.name} = "off"\n```\n')
    return "".join(parts) + ENDING


@pytest.mark.parametrize("rule", rules.pages(), ids=lambda rule: rule.name)
def test_its_page_is_current(rule: RulePage) -> None:
    current(PAGES / f"{rule.name}.md", page_of(rule))


def test_the_index_is_current() -> None:
    found = rules.rules().rules
    lines = ["# Rules\n\n", "What they are, and how to set them: [reading.md](../reading.md).\n"]
    for family, members in groupby(found, key=lambda rule: rule.family):
        lines.append(f"\n## {family}\n\n| rule | severity | |\n|---|---|---|\n")
        lines += [f"| [{each.name}]({each.name}.md) | {each.severity} | {each.summary} |\n" for each in members]
    current(PAGES / "README.md", "".join(lines) + ENDING)


def test_there_is_no_page_of_a_rule_that_is_gone() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *(rule.name for rule in rules.pages())}

"""The catalogue of rules."""

from __future__ import annotations

from safemigrate.lint import RULES, Rule
from safemigrate.lint.policy import FAMILIES, unknown
from safemigrate.model import Outcome, Result, RulePage


def rules() -> Outcome:
    """Every rule, by family."""
    found = sorted(RULES, key=lambda rule: FAMILIES.index(rule.family))
    return Outcome("rules", Result.OK, rules=tuple(page(rule) for rule in found))


def explain(name: str) -> Outcome:
    """One rule; raises ProjectError for a name that is none."""
    for rule in RULES:
        if rule.name == name.strip().lower():
            return Outcome("explain", Result.OK, rules=(page(rule),))
    raise unknown(name)


def page(rule: Rule) -> RulePage:
    """What users read about a rule."""
    return RulePage(
        rule.name,
        rule.family,
        rule.severity,
        rule.summary,
        rule.docs.strip(),
        rule.bad.strip(),
        rule.good.strip(),
        rule.of_text,
    )

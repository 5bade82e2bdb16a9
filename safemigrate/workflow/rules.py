"""The catalogue of rules."""

from __future__ import annotations

from safemigrate.lint import RULES, Rule
from safemigrate.lint.of_project import OF_PROJECT
from safemigrate.lint.policy import FAMILIES, unknown
from safemigrate.lint.seen import SEEN
from safemigrate.model import Outcome, Result, RulePage


def rules() -> Outcome:
    """Every rule, by family."""
    return Outcome("rules", Result.OK, rules=tuple(sorted(pages(), key=lambda one: FAMILIES.index(one.family))))


def explain(name: str) -> Outcome:
    """One rule; raises ProjectError for a name that is none."""
    for one in pages():
        if one.name == name.strip().lower():
            return Outcome("explain", Result.OK, rules=(one,))
    raise unknown(name)


def pages() -> list[RulePage]:
    """What users read about every rule, and about what only a rehearsal sees."""
    seen = [
        RulePage(name, family, severity, page.partition("\n")[0], f"{page.strip()}\n\n{_REHEARSED}")
        for name, (family, severity, page) in SEEN.items()
    ]
    whole = [
        RulePage(name, family, severity, page.partition("\n")[0], f"{page.strip()}\n\n{_WHOLE}", allowable=False)
        for name, (family, severity, page) in OF_PROJECT.items()
    ]
    return sorted([*map(_page, RULES), *seen, *whole], key=lambda one: one.name)


_REHEARSED = "No rule reads it from the text: `apply`, `check` and `prove` see it when they rehearse the migration."
_WHOLE = "`check` finds it where it compares a branch with its base; docs/check.md says how."


def _page(rule: Rule) -> RulePage:
    written = "\n\n`check --fix` and `apply --fix` write the safe form, where they can." if rule.fix else ""
    return RulePage(
        rule.name,
        rule.family,
        rule.severity,
        rule.summary,
        rule.docs.strip() + written,
        rule.bad.strip(),
        rule.good.strip(),
        rule.of_text,
    )

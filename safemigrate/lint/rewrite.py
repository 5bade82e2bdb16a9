"""A migration rewritten by the rules that know how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from safemigrate.lint.context import Context
from safemigrate.lint.facts import Facts
from safemigrate.lint.fix import ALONE, Fix, Later, edited
from safemigrate.lint.folded import described
from safemigrate.lint.registry import RULES
from safemigrate.lint.run import lint
from safemigrate.model import Finding, Migration, Severity
from safemigrate.model.value import dataclass
from safemigrate.sql import Statement, split

# Each rewrite takes a finding away; this ends what would not.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new text of a file, the migrations that come after it, and the rules that asked for it."""

    sql: str
    later: tuple[Later, ...]
    rules: tuple[str, ...]


Judge = Callable[[Sequence[Finding], Sequence[Statement]], Sequence[Finding]]


def rewrite(
    migration: Migration,
    facts: Facts | None = None,
    earlier: Sequence[Statement] | None = None,
    judge: Judge = lambda findings, _statements: findings,
) -> Rewritten | None:
    """Rewrite what can be; None where nothing can. What a comment allows, or the facts clear, stays as it is.

    `judge` gives the findings the level of the project, and leaves out those that it does not want to hear of.
    """
    facts = described(facts or Facts(), split(migration.sql, strict=False))
    if facts.provider == "sqlite":
        return None  # nothing waits there, and what the rules write is PostgreSQL's
    later: list[Later] = []
    rules: dict[str, None] = {}
    for _ in range(_MOST):
        found = next(_fixes(migration, facts, earlier, judge), None)
        if found is None:
            break
        rule, fix = found
        migration = replace(migration, sql=edited(migration.sql, fix.edits))
        rules[rule] = None
        later += fix.later
    return Rewritten(migration.sql, tuple(_joined(later)), tuple(rules)) if rules else None


def _fixes(
    migration: Migration, facts: Facts, earlier: Sequence[Statement] | None, judge: Judge
) -> Iterator[tuple[str, Fix]]:
    statements = split(migration.sql)
    wanted = {
        (finding.rule, finding.span)
        for finding in judge(lint(migration, statements, facts, earlier), statements)
        if finding.severity is not Severity.NOTICE and not finding.allowed
    }
    context = Context(migration, statements, facts, earlier)
    for statement in statements:
        for rule in RULES:
            if rule.fix and (rule.name, statement.span) in wanted:
                context.rule = rule.name
                for fix in rule.fix(context):
                    yield rule.name, fix
        context.advance()


def _joined(later: Sequence[Later]) -> Iterator[Later]:
    """Those of one name as one, in the order in which they have to run."""
    ordered = sorted(later, key=lambda one: one.order)
    together = [one for one in ordered if one.order != ALONE]
    for name in dict.fromkeys(one.name for one in together):
        pieces = [one for one in together if one.name == name]
        yield Later(name, "".join(dict.fromkeys(one.sql for one in pieces)), pieces[0].order)
    alone = ordered[len(together) :]
    names = {one.name for one in alone}
    # An index that is made anew under its name goes first.
    again = [one for one in alone if one.name.startswith("drop_") and one.name.removeprefix("drop_") in names]
    yield from again
    yield from (one for one in alone if one not in again)

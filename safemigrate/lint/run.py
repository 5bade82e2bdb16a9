"""Running the rules over one migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from safemigrate.lint.allow import Allow, allows, apply
from safemigrate.lint.context import Context
from safemigrate.lint.facts import Facts
from safemigrate.lint.folded import described, folded
from safemigrate.lint.header import warnings
from safemigrate.lint.registry import RULES
from safemigrate.lint.rule import Rule
from safemigrate.lint.seen import SEEN
from safemigrate.model import Finding, Migration
from safemigrate.sql import Action, Statement

_OF_TEXT = tuple(rule for rule in RULES if rule.of_text)
_OF_HISTORY = tuple(rule for rule in RULES if rule.of_history)


def lint(
    migration: Migration,
    statements: Sequence[Statement],
    facts: Facts | None = None,
    earlier: Sequence[Statement] | None = None,
) -> list[Finding]:
    """Everything the rules say about a migration, in the order of the file; allowed findings are among it, marked.

    `facts` describe the target as it is; `earlier` are the statements of the migrations that are pending before this
    one. Without them a table that the target lacks is taken to come from such a migration, and to be empty.
    Of a migration that is applied, only the history is judged.
    """
    facts = described(facts or Facts(), statements)
    found = list(of_history(migration, facts))
    if facts.applied is not None and migration.name in facts.applied:
        return found
    in_text = list(_text(migration, statements, facts, earlier))
    allowed = allows(statements)
    if allowed:
        # What only the data has cleared stays allowed: the next database may hold other rows.
        nothing = Facts(schema=facts.schema, version=facts.version, provider=facts.provider)
        without_target = in_text if facts == nothing else list(_text(migration, statements, nothing, earlier))
        in_text = apply(in_text, allowed)
        in_text += _last(Context(migration, statements, facts), allowed, [*in_text, *without_target])
        in_text.sort(key=lambda finding: finding.span.start if finding.span else 0)
    return found + in_text


def of_history(migration: Migration, facts: Facts) -> Iterator[Finding]:
    """What the rules say about where a migration stands in its history."""
    context = Context(migration, (), facts)
    for rule in _OF_HISTORY:
        context.rule = rule.name
        yield from rule.check(context)


def _text(
    migration: Migration, statements: Sequence[Statement], facts: Facts, earlier: Sequence[Statement] | None
) -> Iterator[Finding]:
    if facts.provider == "sqlite":
        warned = () if facts.tables is not None and facts.complete else warnings(migration.sql)
        told, before = folded(statements, facts, earlier or (), warned)
        statements, earlier = told, None if earlier is None else before
    context = Context(migration, statements, facts, earlier)
    for position in range(len(statements)):
        if position:
            context.advance()
        for rule in _asked(frozenset(map(type, context.actions)), facts.provider):
            context.rule = rule.name
            yield from rule.check(context)


@cache
def _asked(kinds: frozenset[type[Action]], provider: str) -> tuple[Rule, ...]:
    """The rules that may have something to say about a statement which does things of these kinds."""
    spoken = (rule for rule in _OF_TEXT if rule.is_for(provider))
    return tuple(rule for rule in spoken if not rule.on or not kinds.isdisjoint(rule.on))


def _last(context: Context, allowed: Sequence[Allow], found: Sequence[Finding]) -> Iterator[Finding]:
    context.allows, context.found = allowed, found
    context.allowable = [*(rule.name for rule in RULES if rule.of_text), *SEEN]
    for rule in RULES:
        if rule.last:
            context.rule = rule.name
            yield from rule.check(context)

"""What was found, the worst first, each with the SQL it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safemigrate.model import Confirmation, Finding, MigrationOutcome, Outcome, RulePage, Severity
from safemigrate.report.html.element import Element, add, pre, tag
from safemigrate.report.place import line_of
from safemigrate.report.told import findings_of
from safemigrate.report.words import many, rank, said, worst_first

Rules = Mapping[str, RulePage]
_MARK = {Severity.ERROR: "✖", Severity.WARNING: "!", Severity.NOTICE: "·"}
_CLASS = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTICE: "note"}
# Lines of a statement that are shown at once.
_LINES = 14
# Findings of a migration that are shown at once, beside all errors.
_SHOWN = 6


class Pages:
    """The rules' pages, each told once, where its rule comes first."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._told: set[str] = set()

    def of(self, rule: str) -> Element | None:
        """Write the page of a rule, or the way to it."""
        page = self._rules.get(rule)
        if page is None or rule not in self._told:
            self._told.add(rule)
            return _page(page) if page else None
        # A browser opens the fold that an address leads into.
        return tag("p", tag("a", "Why, and what to do", href=f"#rule-{rule}"), class_="why")


def findings(outcome: Outcome, rules: Rules) -> Element:
    """Write the section: of the migrations those first that have the worst."""
    section = tag("section", tag("h2", "Findings"), id="findings")
    pages = Pages(rules)
    if outcome.findings:
        add(section, tag("article", tag("h3", "The project"), *_cards(outcome.findings, None, pages)))
    told = [(found, one) for one in outcome.migrations if (found := worst_first(findings_of(one)))]
    for found, migration in sorted(told, key=lambda pair: rank(pair[0][0])[:2]):
        path = tag("p", tag("bdi", migration.path), class_="path") if migration.path else None
        add(section, tag("article", tag("h3", tag("bdi", migration.name)), path, *_cards(found, migration, pages)))
    if len(section) == 1:
        add(section, tag("p", "Nothing was found.", class_="calm"))
    return section


def _cards(found: Sequence[Finding], migration: MigrationOutcome | None, pages: Pages) -> list[Element]:
    quiet = [one for one in found if one.allowed or one.verdict is Confirmation.CLEARED]
    loud = [one for one in worst_first(found) if one not in quiet]
    shown = max(_SHOWN, sum(one.severity is Severity.ERROR for one in loud))
    cards = [_card(one, migration, pages) for one in loud[:shown]]
    allowed = f"{many(len(quiet), 'finding')} allowed by a comment, or cleared by the rehearsal"
    for title, folded in ((many(len(loud[shown:]), "more finding"), loud[shown:]), (allowed, worst_first(quiet))):
        if folded:
            cards.append(tag("details", tag("summary", title), *(_card(one, migration, pages) for one in folded)))
    return cards


def _card(finding: Finding, migration: MigrationOutcome | None, pages: Pages) -> Element:
    quiet = finding.allowed or finding.verdict is Confirmation.CLEARED
    kind = "quiet" if quiet else _CLASS[finding.severity]
    label = "allowed" if finding.allowed else "cleared" if quiet else str(finding.severity)
    number = line_of(finding, migration.text.split("\n")) if migration else 0
    line = f"line {number}" if number else ""
    title = tag(
        "p",
        tag("span", f"{_MARK[finding.severity]} {label}", class_=f"label {kind}"),
        " ",
        tag("code", finding.rule),
        tag("span", line, class_="line"),
        class_="title",
    )
    card = tag("div", title, tag("p", finding.message, class_="message"), class_=f"card {kind}")
    if verdict := said(finding):
        add(card, tag("p", verdict, class_="measured"))
    if migration and finding.span and migration.text:
        add(card, _excerpt(migration.text, finding))
    if finding.allowed:
        add(card, tag("p", "Allowed: ", tag("q", finding.allowed), class_="help"))
    elif finding.help:
        add(card, tag("p", tag("span", "→", class_="arrow", aria_hidden="true"), f" {finding.help}", class_="help"))
    add(card, pages.of(finding.rule))
    return card


def _excerpt(text: str, finding: Finding) -> Element:
    """The lines of the statement; the one that names what the finding is about is marked."""
    span = finding.span
    assert span is not None
    lines = text.split("\n")
    last, marked = min(span.end_line, len(lines)), line_of(finding, lines)
    first = span.line if last - span.line < _LINES else max(span.line, min(marked - 3, last - _LINES + 1))
    block = pre(f"SQL from line {first}")
    if first > span.line:
        add(block, tag("span", f"     … {first - span.line} lines\n", class_="number"))
    shown = range(first, min(last, first + _LINES - 1) + 1)
    for number in shown:
        words = lines[number - 1].removeprefix("\ufeff") if number <= len(lines) else ""
        at = tag("span", f"{number:>4} ", class_="number", aria_hidden="true")
        add(block, tag("mark" if number == marked else "span", at, words), "\n")
    if shown and shown[-1] < last:
        add(block, tag("span", f"     … {last - shown[-1]} lines\n", class_="number"))
    return block


def _page(page: RulePage) -> Element:
    details = tag("details", tag("summary", "Why, and what to do"), class_="why")
    add(details, tag("p", tag("code", page.name), f": {page.family}", id=f"rule-{page.name}"))
    for paragraph in page.page.split("\n\n"):
        if paragraph.startswith(" "):
            add(details, pre("SQL", paragraph))
        else:
            add(details, tag("p", " ".join(paragraph.split())))
    for title, sql in (("It finds", page.bad), ("It has nothing against", page.good)):
        if sql:
            add(details, tag("p", f"{title}:"), pre("SQL", sql))
    if page.allowable:
        add(details, tag("p", "Where it is meant, say why above the statement:"), pre("SQL", page.allow))
    return details

"""An outcome as one page: what is wrong and what to do first, the evidence below; no network and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

from safemigrate import __version__
from safemigrate.errors import SafemigrateError
from safemigrate.model import Confirmation, Outcome, RulePage, Severity, Verdict
from safemigrate.report.ending import Tone, ending, findings_of, headline
from safemigrate.report.html.element import Element, add, tag, write
from safemigrate.report.html.findings import findings
from safemigrate.report.html.rollback import risks, rollback
from safemigrate.report.html.schema import schema
from safemigrate.report.html.timeline import Hold, has_rows, holds, new_tables, time_of, timeline, who_waits
from safemigrate.report.words import about, many

_MARK = {Tone.GOOD: "✔", Tone.WARN: "!", Tone.BAD: "✖"}
# Nothing is loaded from anywhere, whatever a name in the page would like.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(outcome: Outcome, rules: Mapping[str, RulePage] | None = None) -> str:
    """Write the page; `rules` are the pages of the rules, by name."""
    tone, title = headline(outcome)
    _, sentence = ending(outcome)
    sections = [
        findings(outcome, rules or {}) if findings_of(outcome) or outcome.command != "rollback" else None,
        _conflicts(outcome),
        schema(outcome),
        timeline(outcome),
        risks(outcome),
        rollback(outcome),
        _notes(outcome.notes),
    ]
    told = [section for section in sections if section is not None]
    header = tag(
        "header",
        tag("p", f"safemigrate {outcome.command}", class_="command"),
        tag("h1", tag("span", _MARK[tone], class_="mark", aria_hidden="true"), f" {title}"),
        tag("p", sentence, class_="sentence"),
        _context(outcome),
        _facts(outcome),
        _next(outcome.next),
        class_=f"verdict {tone}",
    )
    return _page(f"{title}: safemigrate {outcome.command}", header, _contents(told), told)


def render_error(command: str, error: SafemigrateError) -> str:
    """Write what stopped the command."""
    header = tag(
        "header",
        tag("p", f"safemigrate {command}", class_="command"),
        tag("h1", tag("span", "✖", class_="mark", aria_hidden="true"), f" {error.summary}"),
        tag("p", error.why, class_="sentence") if error.why else None,
        _next(error.fix),
        class_="verdict bad",
    )
    return _page(f"{error.summary}: safemigrate {command}", header, None, [])


def _page(title: str, header: Element, contents: Element | None, sections: Sequence[Element]) -> str:
    style = files("safemigrate.report.html").joinpath("style.css").read_text(encoding="utf-8")
    return write(
        tag(
            "html",
            tag(
                "head",
                tag("meta", charset="utf-8"),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
                tag("meta", name="color-scheme", content="light dark"),
                tag("title", title),
                tag("style", style),
            ),
            tag(
                "body",
                header,
                contents,
                tag("main", *sections),
                tag(
                    "footer",
                    f"Written by safemigrate {__version__}. All times are those of the rehearsal, on the copy.",
                ),
            ),
            lang="en",
        )
    )


def _context(outcome: Outcome) -> Element | None:
    said = []
    if outcome.database:
        said.append(tag("span", "Database ", tag("bdi", outcome.database)))
    if outcome.base:
        said.append(tag("span", "Compared with ", tag("bdi", outcome.base)))
    return tag("p", *said, class_="context") if said else None


def _facts(outcome: Outcome) -> Element | None:
    """The few numbers that a reader asks for first."""
    tiles: list[tuple[str, str, str, str]] = []
    told = [one for one in findings_of(outcome) if not one.allowed and one.verdict is not Confirmation.CLEARED]
    errors = sum(one.severity is Severity.ERROR for one in told)
    warnings = sum(one.severity is Severity.WARNING for one in told)
    if told or outcome.command == "check":
        value = " · ".join(many(count, word) for count, word in ((errors, "error"), (warnings, "warning")) if count)
        kind = "bad" if errors else "warn" if warnings else "good"
        tiles.append(("Findings", value or "none", kind, "findings"))
    new = new_tables(outcome)
    held = [one for migration in outcome.migrations for one in holds(migration, new)]
    if any(migration.traces for migration in outcome.migrations):
        tiles.append(("Locks", *_locks(outcome, held), "rehearsal"))
    verdicts = [migration.proof.verdict for migration in outcome.migrations if migration.proof]
    losing = [one for one in told if one.loses]
    if losing:
        counted = sum(one.count or 0 for one in losing)
        value = f"{counted:,} rows or values" if counted else many(len(losing), "loss").replace("losss", "losses")
        tiles.append(("At risk", value, "warn" if verdicts and set(verdicts) == {Verdict.EXACT} else "bad", "rows"))
    if verdicts:
        worst_verdict = max(verdicts, key=list(Verdict).index)
        kind = {"exact": "good", "lossy": "warn", "impossible": "bad"}[worst_verdict]
        tiles.append(("Way back", {"exact": "proven exact"}.get(worst_verdict, worst_verdict), kind, "rollback"))
    if not tiles:
        return None
    facts = tag("div", class_="facts")
    for title, value, kind, target in tiles:
        add(
            facts,
            tag(
                "a",
                tag("span", title, class_="what"),
                tag("span", value, class_="value"),
                href=f"#{target}",
                class_=kind,
            ),
        )
    return facts


def _locks(outcome: Outcome, held: Sequence[Hold]) -> tuple[str, str]:
    """Who waits, and how bad that is: a short lock is a short queue."""
    if not held:
        return "nobody waits", "good"
    kind, words = held[0].waits
    if not has_rows(outcome):
        return words, "warn"
    longest = max(one.seconds for one in held if one.waits[0] == kind)
    measured = [one.measured for one in findings_of(outcome) if one.measured]
    estimates = [one.estimate or 0 for one in measured if who_waits(one.lock) == kind]
    grave = "bad" if kind == "reads" and max(longest, *estimates, 0) >= 1 else "warn"
    if max(estimates, default=0) > longest:
        return f"{words}, about {about(max(estimates))} at the target's size", grave
    return f"{words}, {time_of(longest)}", grave


def _next(commands: Sequence[str]) -> Element | None:
    if not commands:
        return None
    listed = [tag("li", tag("code", command)) for command in commands]
    return tag("div", tag("h2", "What to do"), tag("ul", *listed), class_="next")


def _contents(sections: Sequence[Element]) -> Element | None:
    links = [tag("a", section[0].text or "", href=f"#{section.get('id')}") for section in sections if section.get("id")]
    return tag("nav", *links, aria_label="Sections") if len(links) > 1 else None


def _conflicts(outcome: Outcome) -> Element | None:
    if not outcome.conflicts:
        return None
    section = tag("section", tag("h2", "Conflicts"), id="conflicts")
    for one in outcome.conflicts:
        title = tag(
            "p", tag("span", many(one.count, "row"), class_="label bad"), " ", tag("code", one.subject), class_="title"
        )
        card = tag("div", title, tag("p", one.message, class_="message"), class_="card bad")
        if one.sample:
            add(
                card,
                tag(
                    "p",
                    f"Keys: {', '.join(one.sample)}{', …' if one.count > len(one.sample) else ''}",
                    class_="measured",
                ),
            )
        for name, way in (("keep-new", one.keep_new), ("keep-old", one.keep_old)):
            if way:
                add(card, tag("p", tag("code", name), f" {way}"))
        add(card, *(tag("p", note) for note in one.notes))
        if one.choices:
            add(card, tag("ul", *(tag("li", tag("code", choice)) for choice in one.choices), class_="choices"))
        add(section, card)
    return section


def _notes(notes: Sequence[str]) -> Element | None:
    if not notes:
        return None
    return tag("section", tag("h2", "Notes"), tag("ul", *(tag("li", note) for note in notes)), id="notes")

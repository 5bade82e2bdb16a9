"""What reading said, for people: findings by file, rules and their pages.

No rich here: a check of one file would spend most of its time on importing it.
"""

from __future__ import annotations

from itertools import groupby

from safemigrate.model import Confirmation, Finding, MigrationOutcome, Outcome, Proof, RulePage, Severity, Verdict
from safemigrate.report import CONTROL
from safemigrate.report.ending import Tone, ending
from safemigrate.report.place import line_of, place_of
from safemigrate.report.words import many, said

_COLOUR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_EDIT = {"+": "green", "-": "red"}
_MARK = {Severity.ERROR: ("✖", "red"), Severity.WARNING: ("!", "yellow"), Severity.NOTICE: ("·", "cyan")}
_TONE = {Tone.GOOD: ("✔", "green"), Tone.WARN: ("!", "yellow"), Tone.BAD: ("✖", "red")}
_VERDICT = {Verdict.EXACT: Tone.GOOD, Verdict.LOSSY: Tone.WARN, Verdict.IMPOSSIBLE: Tone.BAD}
_WIDEST = 100


def render(outcome: Outcome, *, verbose: bool = False, width: int = 80, colour: bool = False) -> str:
    """Write the outcome of check, rules or explain; `verbose` adds what comments allow."""
    page = _Page(min(max(width, 40), _WIDEST), colour=colour)
    if outcome.command == "rules":
        _catalogue(page, outcome.rules)
    elif outcome.command == "explain":
        _explain(page, *outcome.rules)
    else:
        _findings(page, outcome, verbose=verbose)
    return "".join(f"{line.rstrip()}\n" for line in page.lines)


class _Page:
    def __init__(self, width: int, *, colour: bool) -> None:
        self.lines: list[str] = []
        self.width = width
        self._colour = colour

    def paint(self, words: str, style: str) -> str:
        words = words if words.isprintable() else words.translate(CONTROL)
        return f"\x1b[{_COLOUR[style]}m{words}\x1b[0m" if self._colour and style else words

    def put(self, *parts: str) -> None:
        """One line as it is."""
        self.lines.append("".join(parts))

    def wrap(self, words: str, indent: int, mark: str = "", style: str = "") -> None:
        """Words, wrapped under their own start."""
        lead = indent + (len(mark) + 1 if mark else 0)
        for number, line in enumerate(_wrapped(words, self.width - lead)):
            first = " " * indent + (self.paint(mark, "cyan") + " " if mark else "")
            self.put(" " * lead if number else first, self.paint(line, style))

    def blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.put()


def _wrapped(words: str, width: int) -> list[str]:
    """Lines of whole words, as wide as they may be; `textwrap` takes four times as long."""
    lines, line = [], ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = ""
        line += f" {word}" if line else word
    return [*lines, line]


def _findings(page: _Page, outcome: Outcome, *, verbose: bool) -> None:
    if outcome.base:
        page.put(page.paint(f"against {outcome.base}", "dim"))
    if outcome.findings:
        page.blank()
    for finding in outcome.findings:
        _finding(page, finding, [])
    for read in outcome.migrations:
        shown = [finding for finding in read.findings if verbose or not (finding.allowed or _cleared(finding))]
        if shown or read.proof or read.state == "unreadable":
            page.blank()
            page.put(page.paint(read.path, "bold"))
        if read.state == "unreadable":
            page.put("  ", page.paint("✖ cannot be read", "red"))
            page.wrap(read.detail, 4)
        lines = read.text.split("\n") if shown else []
        for finding in shown:
            _finding(page, finding, lines)
        if read.proof:
            _proof(page, read, read.proof, verbose=verbose)
    if outcome.notes:
        page.blank()
    for note in outcome.notes:
        page.wrap(note, 0, "·")
    page.blank()
    tone, words = ending(outcome)
    mark, style = _TONE[tone]
    page.put(page.paint(f"{mark} ", style), page.paint(words, "bold"))
    for command in outcome.next:
        page.put("  ", page.paint("→ ", "cyan"), command)


def _cleared(finding: Finding) -> bool:
    return finding.verdict is Confirmation.CLEARED


def _proof(page: _Page, migration: MigrationOutcome, proof: Proof, *, verbose: bool) -> None:
    cleared = sum(_cleared(finding) for finding in migration.findings)
    if cleared and not verbose:
        page.put("  ", page.paint("✔", "green"), f" {many(cleared, 'finding')} cleared by the rehearsal; -v lists them")
    mark, style = _TONE[_VERDICT[proof.verdict]]
    rows = f"{many(proof.tables, 'table')}, {many(proof.rows, 'row')} compared" if proof.tables else "schema compared"
    page.put("  ", page.paint(mark, style), f" rollback is {proof.verdict}: {rows} on {proof.server}")
    for words in (*proof.reasons, *migration.detail.splitlines()):
        page.wrap(words, 4, style="dim")


def _finding(page: _Page, finding: Finding, lines: list[str]) -> None:
    mark, style = ("·", "dim") if finding.allowed else _MARK[finding.severity]
    number = 0 if finding.path else line_of(finding, lines)
    place = f"line {number}" if number else place_of(finding)
    space = " " * max(page.width - 4 - len(finding.rule) - len(place), 2)
    page.put("  ", page.paint(mark, style), f" {finding.rule}{space}", page.paint(place, "dim"))
    page.wrap(finding.message, 4)
    if number:
        line = lines[number - 1].strip().removeprefix("\ufeff")
        room = page.width - 6
        page.put("    ", page.paint(f"│ {line if len(line) <= room else f'{line[: room - 1]}…'}", "dim"))
    if verdict := said(finding):
        page.wrap(verdict, 4, style="dim")
    if finding.allowed:
        page.wrap(f"allowed: {finding.allowed}", 4, style="dim")
    elif finding.help:
        page.wrap(finding.help, 4, "→")
    for line in finding.edit.splitlines():
        page.put("    ", page.paint(line.translate(CONTROL), _EDIT.get(line[:1], "dim")))


def _catalogue(page: _Page, rules: tuple[RulePage, ...]) -> None:
    for family, members in groupby(rules, key=lambda rule: rule.family):
        page.blank()
        page.put(page.paint(family, "bold"))
        for rule in members:
            mark, style = _MARK[rule.severity]
            page.put("  ", page.paint(mark, style), f" {rule.name}")
            page.wrap(rule.summary, 4, style="dim")
    page.blank()
    loses = "What loses rows or values takes consent, and fails a check."
    page.wrap(f"{many(len(rules), 'rule')}; ✖ error, ! warning. {loses}", 0)
    page.put("  ", page.paint("→ ", "cyan"), "safemigrate explain RULE")


def _explain(page: _Page, rule: RulePage) -> None:
    page.put(page.paint(rule.name, "bold"), page.paint(f"   {rule.family}, {rule.severity}", "dim"))
    for paragraph in rule.page.split("\n\n"):
        page.blank()
        if paragraph.startswith(" "):  # SQL to paste
            page.lines += paragraph.translate(CONTROL).split("\n")
        else:
            page.wrap(" ".join(paragraph.split()), 0)
    for title, sql in (("It finds", rule.bad), ("It has nothing against", rule.good)):
        if sql:
            page.blank()
            page.put(title)
            page.lines += [f"  {line}" for line in sql.translate(CONTROL).split("\n")]
    page.blank()
    if rule.allowable:
        page.put("Where it is meant, say why above the statement")
        page.put(f"  {rule.allow}")
        page.blank()
    page.put("In safemigrate.toml, for all")
    page.lines += ["  [rules]", f'  {rule.name} = "off"   # or notice, warning, error']

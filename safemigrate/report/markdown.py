"""An outcome as markdown: the comment on a pull request, and the summary of a CI step.

GitHub takes 65,536 characters in a comment and 1 MiB in a summary: what does not fit is left out from the end of what
matters least, and said to be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from safemigrate.errors import SafemigrateError
from safemigrate.model import Finding, MigrationOutcome, Outcome, Proof, Result, Severity, Trace, Verdict
from safemigrate.model.value import dataclass
from safemigrate.report.ending import Tone, ending, headline
from safemigrate.report.markup import block, code, folded, plain
from safemigrate.report.place import line_of, place_of
from safemigrate.report.told import findings_of
from safemigrate.report.words import cut, did, many, said, short, worst_first

# The mark stays below the limit together with what a workflow may put around it.
LIMIT = 65_000

_TONE = {Tone.GOOD: "✔", Tone.WARN: "⚠", Tone.BAD: "✖"}
_SEVERITY = {Severity.ERROR: "✖", Severity.WARNING: "⚠", Severity.NOTICE: "·"}
_VERDICT = {Verdict.EXACT: "✔", Verdict.LOSSY: "⚠", Verdict.IMPOSSIBLE: "✖"}


@dataclass(frozen=True, slots=True)
class _Room:
    """How much of everything is written: characters of SQL and of a message, rows of tables, migrations."""

    sql: int = 1_000_000
    words: int = 1_000_000
    statements: int = 1_000_000
    findings: int = 1_000_000
    migrations: int = 1_000_000


# What is given up, one after another, until the page fits.
_ROOMS = (
    _Room(),
    _Room(sql=4_000, words=2_000),
    _Room(sql=0, words=2_000),
    _Room(sql=0, words=1_000, statements=20),
    _Room(sql=0, words=600, statements=0, findings=50),
    _Room(sql=0, words=300, statements=0, findings=20, migrations=150),
    _Room(sql=0, words=300, statements=0, findings=10, migrations=60),
    _Room(sql=0, words=200, statements=0, findings=3, migrations=30),
    _Room(sql=0, words=100, statements=0, findings=0, migrations=20),
)


def marker(command: str) -> str:
    """The invisible line that a workflow finds its own comment by, to update it."""
    return f"<!-- safemigrate:{command} -->"


def render(outcome: Outcome) -> str:
    """Write the verdict first, then each migration: findings, statements with locks and times, rollback, SQL."""
    for room in _ROOMS:
        page = _page(outcome, room)
        if len(page) <= LIMIT:
            break
    return page[:LIMIT]


def render_error(command: str, error: SafemigrateError) -> str:
    """Write what stopped the command."""
    parts = [marker(command), f"## ✖ {plain(cut(error.summary, 1_000))}"]
    if error.why:
        parts.append(plain(cut(error.why, 10_000)))
    if error.fix:
        parts.append(block(cut("\n".join(error.fix), 10_000), "sh"))
    return "\n\n".join(parts) + "\n"


def _page(outcome: Outcome, room: _Room) -> str:
    tone, title = headline(outcome)
    _, sentence = ending(outcome)
    left: Counter[str] = Counter()
    facts = [plain(sentence)]
    if outcome.base:
        facts.append(f"Compared with {code(outcome.base)}.")
    if outcome.database:
        facts.append(f"Database {code(outcome.database)}.")
    parts = [marker(outcome.command), f"## {_TONE[tone]} {title}", " ".join(facts)]
    if outcome.findings:
        parts += ["### The project", *_findings(outcome.findings, room, left)]
    quiet = [each for each in outcome.migrations if not _speaks(each)]
    speaking = [each for each in outcome.migrations if _speaks(each)]
    length = 0
    for migration in speaking[: room.migrations]:
        own = _migration(migration, outcome, room, left)
        parts += own
        length += sum(map(len, own))
        if length > LIMIT:  # it does not fit: the next room is tried
            break
    left["migrations"] += len(speaking[room.migrations :])
    if quiet:
        names = ", ".join(code(cut(each.path or each.name, 200)) for each in quiet[: room.migrations])
        more = f" and {len(quiet) - room.migrations:,} more" if len(quiet) > room.migrations else ""
        parts.append(f"✔ Nothing found in {names}{more}.")
    parts += _conflicts(outcome, room, left)
    notes = outcome.notes[: room.findings or 5]
    left["notes"] += len(outcome.notes) - len(notes)
    if notes:
        parts.append("\n".join(f"- {plain(cut(note, room.words))}" for note in notes))
    if outcome.next:
        parts.append("Next:\n\n" + block(cut("\n".join(outcome.next), 10_000), "sh"))
    if gone := [f"{count:,} {what}" for what, count in left.items() if count]:
        parts.append(f"*Left out, for GitHub shows no more in one comment: {', '.join(gone)}. The command shows all.*")
    return "\n\n".join(parts) + "\n"


def _speaks(migration: MigrationOutcome) -> bool:
    return bool(findings_of(migration) or migration.traces or migration.proof or migration.detail)


def _migration(migration: MigrationOutcome, outcome: Outcome, room: _Room, left: Counter[str]) -> list[str]:
    parts = [f"### {code(migration.name)} {plain('' if migration.state == 'read' else migration.state)}".rstrip()]
    if migration.path:
        parts.append(f"{code(migration.path)}")
    if migration.detail and migration.state != "unreadable":
        parts.append(plain(cut(migration.detail, room.words)))
    parts += _findings(findings_of(migration), room, left, migration.text.split("\n"))
    parts += _statements(migration.traces, room, left)
    if migration.proof:
        parts.append(_proof(migration.proof, migration.state, room))
    if migration.returns:
        verb = "Came back" if outcome.result is Result.ROLLED_BACK else "A rollback brings back"
        parts.append(f"{verb}: {', '.join(code(cut(words, 200)) for words in migration.returns[:50])}.")
    for title, sql in (("migration.sql", migration.text), ("down.sql, the way back", migration.script)):
        if sql:
            parts += _sql(title, sql, room, left)
    return parts


def _findings(findings: tuple[Finding, ...], room: _Room, left: Counter[str], lines: Sequence[str] = ()) -> list[str]:
    shown = worst_first(findings)[: room.findings]
    left["findings"] += len(findings) - len(shown)
    if not shown:
        return []
    rows = ["| | rule | finding | line |", "|---|---|---|--:|"]
    for one in shown:
        words = [plain(cut(one.message, room.words))]
        if verdict := said(one):
            words.append(f"*{plain(cut(verdict, room.words))}*")
        if one.allowed:
            words.append(f"Allowed: {plain(cut(one.allowed, room.words))}")
        elif one.help:
            words.append(f"→ {plain(cut(one.help, room.words))}")
        mark = "allowed" if one.allowed else f"{_SEVERITY[one.severity]} {one.severity}"
        line = place_of(one) or line_of(one, lines) or ""
        rows.append(f"| {mark} | {code(cut(one.rule, 100))} | {'<br>'.join(words)} | {line} |")
    return ["\n".join(rows)]


def _statements(traces: tuple[Trace, ...], room: _Room, left: Counter[str]) -> list[str]:
    shown = traces[: room.statements]
    left["statements"] += len(traces) - len(shown)
    if not shown:
        return []
    rows = ["| line | statement | time | on tables |", "|--:|---|--:|---|"]
    for trace in shown:
        facts = [f"{code(cut(short(table), 100))} {plain(', '.join(words))}" for table, words in did(trace).items()]
        sql = code(cut(" ".join(trace.sql.split()), 80))
        rows.append(f"| {trace.line} | {sql} | {trace.seconds:.3f} s | {'<br>'.join(facts[:20])} |")
    seconds = sum(trace.seconds for trace in traces)
    return [folded(f"Rehearsed: {many(len(traces), 'statement')} in {seconds:.3f} s", "\n".join(rows))]


def _proof(proof: Proof, state: str, room: _Room) -> str:
    if state == "does not run":
        return ""
    compared = (
        f"{many(proof.tables, 'table')}, {many(proof.rows, 'row')} compared" if proof.tables else "schema compared"
    )
    server = f" on {plain(proof.server)}" if proof.server_version else ""
    lines = [f"{_VERDICT[proof.verdict]} **Rollback is {proof.verdict}**: {compared}{server}."]
    return "\n".join([*lines, *(f"- {plain(cut(reason, room.words))}" for reason in proof.reasons)])


def _conflicts(outcome: Outcome, room: _Room, left: Counter[str]) -> list[str]:
    shown = outcome.conflicts[: room.findings or 3]
    left["conflicts"] += len(outcome.conflicts) - len(shown)
    parts = []
    for conflict in shown:
        parts.append(f"✖ **{plain(conflict.subject)}**: {plain(cut(conflict.message, room.words))}")
        if conflict.choices:
            parts.append(block(cut("\n".join(conflict.choices), 4_000), "sh"))
    return parts


def _sql(title: str, sql: str, room: _Room, left: Counter[str]) -> list[str]:
    shown = sql[: room.sql]
    left["characters of SQL"] += len(sql) - len(shown)
    if not shown:
        return []
    cut = f"\n\n*{len(sql) - len(shown):,} of {len(sql):,} characters are left out.*" if len(shown) < len(sql) else ""
    return [folded(title, block(shown) + cut)]

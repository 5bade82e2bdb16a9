"""The rehearsal against time: statements from left to right, below them the tables that others wait for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from safemigrate.model import MigrationOutcome, Outcome, Trace
from safemigrate.model.value import dataclass
from safemigrate.report.html.element import Element, add, table, tag, wide
from safemigrate.report.words import cut, did, lock_words, many, short

# PostgreSQL docs 13.3: what a lock of this mode makes wait. Weaker ones stop nobody but those who change the schema.
_WAITS = {
    "ACCESS EXCLUSIVE": ("reads", "reads and writes wait"),
    "EXCLUSIVE": ("writes", "writes wait"),
    "SHARE ROW EXCLUSIVE": ("writes", "writes wait"),
    "SHARE": ("writes", "writes wait"),
}
# As many migrations are shown at once; of more, those that stop nobody are folded.
_FEW = 4
# Of more tables, or statements, only the list is left.
_LANES, _STATEMENTS = 24, 400
# A statement with this share of the time has it written on it.
_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Hold:
    """A lock on a table that others wait for, from one statement (by number) to the end of its transaction."""

    table: str
    mode: str
    first: int
    last: int
    seconds: float

    @property
    def waits(self) -> tuple[str, str]:
        """Who waits, as a word for style and in words."""
        return _WAITS[self.mode]


def who_waits(mode: str) -> str:
    """Who waits for a lock, as a word for style; "" for nobody who reads or writes."""
    return _WAITS.get(lock_words(mode), ("", ""))[0]


def holds(migration: MigrationOutcome, new: frozenset[str]) -> list[Hold]:
    """The locks that stop reads or writes, the strongest and longest first; of `new` tables nobody knows yet."""
    found: dict[str, list[Hold]] = {}
    traces = migration.traces
    new |= {name for trace in traces for name in trace.born}
    ends = _ends(migration)
    for number, trace in enumerate(traces):
        for name, lock in trace.locks.items():
            mode, last = lock_words(lock), ends[number]
            if mode not in _WAITS or name in new:
                continue
            mine = found.setdefault(name, [])
            if not any(number <= one.last and _rank(one.mode) <= _rank(mode) for one in mine):
                mine.append(Hold(name, mode, number, last, sum(one.seconds for one in traces[number : last + 1])))
    held = [one for mine in found.values() for one in mine]
    return sorted(held, key=lambda one: (_rank(one.mode), -one.seconds, one.table))


def _rank(mode: str) -> int:
    return list(_WAITS).index(mode)


def _ends(migration: MigrationOutcome) -> list[int]:
    """The number of the last statement of each statement's transaction."""
    count = len(migration.traces)
    if sum(migration.transactions) != count:
        return [count - 1] * count
    bounds = list(accumulate(migration.transactions))
    return [bound - 1 for bound, size in zip(bounds, migration.transactions, strict=True) for _ in range(size)]


def new_tables(outcome: Outcome) -> frozenset[str]:
    """The tables that were not there before, as far as that is known."""
    tables = outcome.change.tables if outcome.change else ()
    return frozenset(table.name for table in tables if not table.before)


def has_rows(outcome: Outcome) -> bool:
    """Whether the copy had the rows of a real database, so that times say something."""
    return outcome.command not in ("check", "prove")


def timeline(outcome: Outcome) -> Element | None:
    """Draw the section; None where nothing was tried."""
    traced = [migration for migration in outcome.migrations if migration.traces]
    if not traced:
        return None
    section = tag("section", tag("h2", "Rehearsal"), id="rehearsal")
    real = has_rows(outcome)
    if not real:
        words = (
            "The copy had a few made-up rows: who waits is certain, for how long depends on how many rows there are."
        )
        add(section, tag("p", words, class_="calm"))
    new = new_tables(outcome)
    held = [(migration, holds(migration, new)) for migration in traced]
    quiet = [one for one, locks in held if not locks] if len(traced) > _FEW else []
    add(section, *(_migration(one, locks, timed=real) for one, locks in held if one not in quiet))
    if quiet:
        title = f"{many(len(quiet), 'migration')} for which nobody waits"
        add(section, tag("details", tag("summary", title), *(_migration(one, (), timed=real) for one in quiet)))
    return section


def _migration(migration: MigrationOutcome, held: Sequence[Hold], *, timed: bool) -> Element:
    seconds = sum(trace.seconds for trace in migration.traces)
    article = tag("article", tag("h3", tag("bdi", migration.name)))
    took = f"{many(len(migration.traces), 'statement')} in {time_of(seconds)} on a copy."
    add(article, tag("p", f"{took} {_waiting(held, timed=timed)}", class_="lead"))
    if len(migration.traces) <= _STATEMENTS:
        add(article, _grid(migration.traces, held, timed=timed))
    add(article, _statements(migration.traces))
    return article


def _waiting(held: Sequence[Hold], *, timed: bool) -> str:
    for kind, words in (("reads", "reads and writes of"), ("writes", "writes to")):
        tables = list(dict.fromkeys(short(one.table) for one in held if one.waits[0] == kind))
        if tables:
            longest = max(one.seconds for one in held if one.waits[0] == kind)
            names = ", ".join(tables[:3]) + (f" and {len(tables) - 3} more" if len(tables) > 3 else "")
            long = f", for {time_of(longest)} at most with the rows that were there" if timed else ""
            return f"Meanwhile {words} {names} would wait{long}."
    return "Nobody else would have to wait."


def _grid(traces: Sequence[Trace], held: Sequence[Hold], *, timed: bool) -> Element:
    """A column a statement: as wide as it took long, but never too narrow to be seen."""
    longest = max((trace.seconds for trace in traces), default=0) or 1
    least = "26px" if len(traces) <= 40 else "7px"
    widths = " ".join(f"minmax({least}, {max(trace.seconds / longest, 0.02):.3f}fr)" for trace in traces)
    grid = tag("div", class_="grid", style=f"--steps: {widths}")
    add(grid, tag("div", "statement", class_="lane", style="grid-row: 1; grid-column: 1"))
    whole = sum(trace.seconds for trace in traces)
    for number, trace in enumerate(traces):
        title = f"{number + 1}. line {trace.line}, {time_of(trace.seconds)}: {' '.join(trace.sql.split())[:200]}"
        label = str(number + 1) if least == "26px" else ""
        if label and trace.seconds >= _SHARE * whole:
            label += f" · {time_of(trace.seconds)}"
        shade = "slow" if trace.seconds >= longest / 3 and trace.seconds >= 0.05 else "quick"
        place = f"grid-row: 1; grid-column: {number + 2}"
        add(grid, tag("div", label, class_=f"step {shade}", style=place, title=title))
    lanes: dict[str, int] = {}
    for one in held:
        if one.table not in lanes and len(lanes) == _LANES:
            continue
        row = lanes.setdefault(one.table, len(lanes) + 2)
        style = f"grid-row: {row}; grid-column: {one.first + 2} / {one.last + 3}"
        words = f"{one.waits[1]}{f', {time_of(one.seconds)}' if timed else ''} · {one.mode}"
        title = f"{short(one.table)}: {words}"
        add(grid, tag("div", words, class_=f"hold {one.waits[0]}", style=style, title=title))
    for name, row in lanes.items():
        add(grid, tag("div", tag("bdi", short(name)), class_="lane", style=f"grid-row: {row}; grid-column: 1"))
    rest = len({one.table for one in held}) - len(lanes)
    return tag(
        "div",
        wide("Statements and locks against time", grid),
        tag("p", f"and {many(rest, 'more table')} locked", class_="calm") if rest > 0 else None,
    )


def _statements(traces: Sequence[Trace]) -> Element:
    rows = []
    for number, trace in enumerate(traces):
        facts = tag("div")
        for name, words in did(trace).items():
            add(facts, tag("div", tag("bdi", short(name)), f" {', '.join(words)}"))
        sql = tag("code", cut(" ".join(trace.sql.split()), 300))
        rows.append((str(number + 1), str(trace.line), sql, time_of(trace.seconds), facts))
    shown = table("Statements", ("", "line", "statement", "time", "on tables"), rows, class_="statements")
    return tag("details", tag("summary", "Each statement, its time and its locks"), shown)


def time_of(seconds: float) -> str:
    """Write a time."""
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"

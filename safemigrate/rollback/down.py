"""down.sql: the inverse as a person reads it, beside the migration that it takes back."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill, indent

from safemigrate import __version__
from safemigrate.errors import word
from safemigrate.model import KeptKind, Plan, Step
from safemigrate.rollback.layout import laid_out

NAME = "down.sql"

# Kept values were written as text under these, and are compared as text.
SETTINGS = {
    "TimeZone": "'UTC'",
    "DateStyle": "'ISO, MDY'",
    "IntervalStyle": "'postgres'",
    "extra_float_digits": "1",
    "bytea_output": "'hex'",
}


@dataclass(frozen=True, slots=True)
class ByHand:
    """How a person runs the script: the `command`, and the statements that stand around all others.

    `settings` are for the transaction, where kept values are written as text. `verbatim`: the database remembers the
    texts of what it creates, so that they are written as they were. `whole`: the first step takes back all of them.
    """

    command: str
    settings: Mapping[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    verbatim: bool = False
    whole: bool = False


SERVER = ByHand('psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql', SETTINGS)


def of_file(database: Path, side: Path, root: Path) -> ByHand:
    """Return how the script of a SQLite file is run, in the project's folder `root`; `side` has what was kept."""
    here, beside = (path.relative_to(root) if path.is_relative_to(root) else path for path in (database, side))
    kept = f"file:{urllib.parse.quote(str(beside))}?mode=rw"
    return ByHand(
        f"sqlite3 -bail {word(here)} < down.sql   # in the project's folder, with the path of down.sql",
        first=(f"ATTACH '{kept}' AS safemigrate", "PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"),
        last=("PRAGMA foreign_key_check", "COMMIT"),
        verbatim=True,
        whole=True,
    )


def render(plan: Plan, by_hand: ByHand = SERVER) -> str:
    """Write the script.

    A header with verdict and proof, then one commented block per statement, last statement first; or the team's own.
    """
    if plan.down:
        return plan.down
    steps = [step for step in reversed(plan.steps) if step.inverse]
    blocks = [_block(step, by_hand, alone=by_hand.whole and len(plan.steps) > 1) for step in steps]
    if any(one.kind in (KeptKind.COLUMN, KeptKind.ROWS) for one in plan.kept):
        settings = "\n".join(f"SET LOCAL {name} = {value};" for name, value in by_hand.settings.items())
        blocks[:0] = [f"-- kept values are compared as they were written\n{settings}"] if settings else []
    around = ("\n".join(f"{sql};" for sql in some) for some in (by_hand.first, by_hand.last))
    first, last = around
    return "\n\n".join(filter(None, [_header(plan, by_hand), first, *blocks, last])) + "\n"


def is_ours(script: str) -> bool:
    """Whether safemigrate wrote this script, so that it may write it anew; a team's own is left alone."""
    return "Written by safemigrate" in script.partition("\n")[0]


_WHAT = {
    KeptKind.TABLE: "",
    KeptKind.TYPE: "type ",
    KeptKind.COLUMN: "values of ",
    KeptKind.ROWS: "rows of ",
    KeptKind.SEQUENCE: "where it stood: ",
}


def _header(plan: Plan, by_hand: ByHand) -> str:
    proof = plan.proof
    lines = [
        f"Takes back {plan.migration}. Written by safemigrate {__version__}.",
        "",
        f"migration.sql: sha256 {plan.checksum}",
        f"verdict: {proof.verdict.value}",
    ]
    if proof.server_version:
        lines.append(
            f"proof: up, down and up again on {proof.server}; {proof.tables:,} tables with {proof.rows:,} rows compared"
        )
    lines += [f"not brought back: {reason}" for reason in proof.reasons]
    kept: dict[tuple[KeptKind, str], dict[str, None]] = {}
    for one in (one for one in plan.kept if one.kind in _WHAT):
        kept.setdefault((one.kind, one.place), {})[one.subject] = None
    lines += [
        f"brings back {_WHAT[kind]}{', '.join(subjects)}, kept in {place}" for (kind, place), subjects in kept.items()
    ]
    lines += [
        "",
        "Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.",
        f"By hand: {by_hand.command}",
    ]
    return "\n".join(_commented(line) if line else "--" for line in lines)


def _commented(line: str) -> str:
    return indent(fill(line, 116, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False), "-- ")


def _block(step: Step, by_hand: ByHand, *, alone: bool) -> str:
    """Write one step's inverse; `alone` where it takes back the other steps too."""
    said = " ".join(step.sql.split())
    said = f"{said[:100]}…" if len(said) > 100 else said
    lines = [] if alone else [f"-- line {step.line}: {said}"]
    for sql in step.inverse:
        if comment := _comment(sql, step):
            lines.append(_commented(comment))
        as_written = by_hand.verbatim and sql.startswith("CREATE")
        lines.append(f"{sql if as_written else laid_out(sql)};")
    return "\n".join(lines)


def _comment(sql: str, step: Step) -> str:
    """Say what a statement does with what was kept; "" for one that speaks for itself."""
    if sql.startswith("DO $carry$"):
        return "changes the type in what is kept, too"
    kept = [one for one in step.kept if one.place in sql]
    if not kept:
        return ""
    named = [one for one in kept if one.kind is KeptKind.COLUMN and f'"{one.subject.rpartition(_DOT)[2]}' in sql]
    what = ", ".join(dict.fromkeys(one.subject for one in named or kept))
    said = (text for kind, pattern, text in _SAID if kind is kept[0].kind and re.search(pattern, sql, re.DOTALL))
    return next(said, "").format(what)


_DOT = '."'
# The first that fits counts.
_SAID = (
    (
        KeptKind.ROWS,
        r"^INSERT.*\nLEFT JOIN\b",
        "fills {} from its rows of today, with kept values where they stand as then",
    ),
    (KeptKind.COLUMN, r"^INSERT.*\nLEFT JOIN\b", "fills {} from its rows of today, with the kept values"),
    (KeptKind.TABLE, "^ALTER TABLE", "moves {} back, with its rows"),
    (KeptKind.TABLE, "^INSERT", "puts the kept rows of {} back"),
    (KeptKind.TYPE, "^ALTER", "moves {} back"),
    (KeptKind.COLUMN, "^CREATE TABLE", "remembers what {} holds that was written since"),
    (KeptKind.COLUMN, "^UPDATE.*safemigrate_now", "puts what was written since back into {}"),
    (KeptKind.COLUMN, r"^UPDATE.*\bcurrent_setting\(", "gives rows written since the value that was given for {}"),
    (
        KeptKind.COLUMN,
        r"^UPDATE.*\bback_\d",
        "puts the kept values of {} back where they stand as the migration left them",
    ),
    (KeptKind.COLUMN, r"^UPDATE.*\n(FROM|JOIN)\b", "puts the kept values of {} back where the row still exists"),
    (KeptKind.COLUMN, "^UPDATE", "gives rows written since the default"),
    (KeptKind.ROWS, "^INSERT", "puts back the rows of {} that went, unless their key is taken"),
    (KeptKind.ROWS, "^UPDATE", "gives rows of {} their old values where they are as the migration left them"),
    (KeptKind.ROWS, "^DELETE", "takes out the rows of {} that came, unless they were changed since"),
    (KeptKind.SEQUENCE, "^SELECT setval", "sets {} to where it stood, never back"),
)

"""The rules beside other linters, on the labelled set of the tests; writes rules.md.

python benchmarks/rules.py SCRATCH [--time FOLDER]

Peers are installed into SCRATCH. FOLDER holds a whole history of migrations to time all of them on.
"""

from __future__ import annotations

import argparse
import compileall
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from linters import Linter, Said, Squawk, install

import safemigrate
from safemigrate.errors import NotSql
from safemigrate.lint import lint
from safemigrate.model import Span
from safemigrate.sql import split
from tests.lint.conftest import migration
from tests.lint.label import Case, Label, cases

OURS = "safemigrate"
RUNS = 10

_HEAD = """\
# What the rules find, beside other linters

{date}, Python {python}, {machine}, {cores} cores. Made again by `python benchmarks/rules.py`.

{hazards} labelled hazards in {files} migrations, and {safe} migrations with none, in `tests/lint/labelled`; every one
runs on PostgreSQL, or fails there as its label says. They were labelled before the rules were tried on them, but by
the same project: read other tools' columns as what they do not look at, not as how good they are.

Every tool reads files alone, without a database. Counted for all alike: a finding of any rule on the statement that
has the label is a hit, whatever it says; for {ours} alone the family must be right too. Not counted, for none: rules
that ask for time limits or for `IF NOT EXISTS`, rules of taste (types, names, key sizes), and advice that every
statement of a kind gets, the safe ones too (`benchmarks/linters.py` lists them). What pgfence rates low is its word for
harmless; the version is what npm has. squawk is told that a file is one transaction. SQLite is left out here: no other
tool reads it.

"""


@dataclass
class Score:
    """What one tool said."""

    hits: set[int] = field(default_factory=set)  # positions in the list of all labels
    alarms: list[str] = field(default_factory=list)  # safe migrations with a finding
    beside: int = 0  # findings on statements without a label, in migrations with hazards
    said: int = 0
    rules: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))  # by rule: right or not


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--time", type=Path, help="a folder of migrations")
    parser.add_argument("--report", type=Path, default=Path(__file__).with_suffix(".md"))
    arguments = parser.parse_args()
    scratch: Path = arguments.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    linters = install(scratch)
    read = [case for case in cases() if not case.sqlite]
    files = _written(scratch / "project" / "prisma" / "migrations", read)
    scores = {OURS: _score(read, files, list(_ours(read, files)), families=True)}
    for linter in linters:
        said = [one for one in _said(linter, files, scratch) if not linter.noise.match(one.rule)]
        scores[linter.name] = _score(read, files, said)
        print(f"{linter.name}: {len(scores[linter.name].hits)}", file=sys.stderr)
    text = _report(read, scores)
    if arguments.time:
        text += _timed(arguments.time, linters)
    arguments.report.write_text(text, encoding="utf-8")


def _written(folder: Path, read: Sequence[Case]) -> list[Path]:
    """Each case as a migration of a Prisma project."""
    files = []
    shutil.rmtree(folder, ignore_errors=True)
    for number, case in enumerate(read):
        name = f"{20260101000000 + number}_case"
        files.append(folder / name / "migration.sql")
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        files[-1].write_text(case.sql, encoding="utf-8")
    return files


def _said(linter: Linter, files: Sequence[Path], scratch: Path) -> Iterator[Said]:
    """What a linter says about the files, remembered by their text: some of them take a second for each."""
    kept = scratch / f"{type(linter).__name__}.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    texts = {file: sha256(file.read_bytes()).hexdigest() for file in files}
    new = [file for file in files if texts[file] not in known]
    known |= {texts[file]: [] for file in new}
    for one in linter.read(new) if new else ():
        if one.file in new:
            known[texts[one.file]].append((one.line, one.rule))
    kept.write_text(json.dumps(known))
    for file in files:
        yield from (Said(file, line, rule) for line, rule in known[texts[file]])


def _ours(read: Sequence[Case], files: Sequence[Path]) -> Iterator[Said]:
    from safemigrate.lint import RULES

    families = {rule.name: str(rule.family) for rule in RULES}
    for case, file in zip(read, files, strict=True):
        try:
            earlier = [one for text in case.earlier for one in split(text)] if case.earlier else None
            found = lint(migration(case.sql), split(case.sql), earlier=earlier)
        except NotSql:
            yield Said(file, 1, "correctness not-sql")
            continue
        for one in found:
            yield Said(file, one.span.line if one.span else 1, f"{families[one.rule]} {one.rule}")


def _score(read: Sequence[Case], files: Sequence[Path], said: Sequence[Said], *, families: bool = False) -> Score:
    score = Score(said=len(said))
    by_file = defaultdict(list)
    for one in said:
        by_file[one.file.parent.name].append(one)
    first = 0
    for case, file in zip(read, files, strict=True):
        spans = _spans(case)
        heard = by_file[file.parent.name]
        right: set[int] = set()
        for position, label in enumerate(case.labels, first):
            for one in heard:
                if _is_on(one, label, spans) and (not families or one.rule.split()[0] in label.families):
                    right.add(id(one))
                    if label.must:
                        score.hits.add(position)
        first += len(case.labels)
        if case.is_safe and heard:
            score.alarms.append(f"{case.id} ({', '.join(sorted({one.rule for one in heard}))})")
        elif not case.is_safe:
            score.beside += sum(id(one) not in right for one in heard)
        for one in heard:
            score.rules[one.rule].append(id(one) in right)
    return score


def _spans(case: Case) -> list[Span]:
    try:
        return [one.span for one in split(case.sql)]
    except NotSql:
        return []


def _is_on(said: Said, label: Label, spans: Sequence[Span]) -> bool:
    """Whether a line is of a statement that the label means, or of the comments before it."""
    if not spans:
        return True
    first = next(number for number, span in enumerate(spans) if span.line >= label.line)
    starts = spans[first - 1].end_line + 1 if first else 1
    last = spans[min(first + label.within, len(spans)) - 1]
    return min(starts, spans[first].line) <= said.line <= last.end_line


def _report(read: Sequence[Case], scores: dict[str, Score]) -> str:
    labels = [label for case in read for label in case.labels]
    must = [position for position, label in enumerate(labels) if label.must]
    safe = [case for case in read if case.is_safe]
    lines = [
        "| tool | hazards found | safe migrations flagged | findings beside a label |",
        "|---|--:|--:|--:|",
    ]
    for name, score in scores.items():
        found = len(score.hits)
        lines.append(
            f"| {name} | {found} of {len(must)}, {100 * found / len(must):.0f} % "
            f"| {len(score.alarms)} of {len(safe)}, {100 * len(score.alarms) / len(safe):.0f} % | {score.beside} |"
        )
    lines += ["", "## By hazard", "", "Found of labelled, by the rule that should name it.", ""]
    lines += [f"| hazard | {' | '.join(scores)} |", f"|---|{'--:|' * len(scores)}"]
    classes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position in must:
        label = labels[position]
        classes[label.families[0], label.rules[0] if label.rules else "other"].append(position)
    for (family, rule), positions in sorted(classes.items()):
        cells = [f"{len(score.hits & set(positions))} of {len(positions)}" for score in scores.values()]
        lines.append(f"| {family}: {rule} | {' | '.join(cells)} |")
    lines += ["", f"## Precision of {OURS}, by rule", "", "| rule | findings | right |", "|---|--:|--:|"]
    for rule, right in sorted(scores[OURS].rules.items()):
        lines.append(f"| {rule.split()[-1]} | {len(right)} | {100 * sum(right) / len(right):.0f} % |")
    lines += ["", "## Safe migrations flagged", ""]
    for name, score in scores.items():
        lines += [f"{name}: " + ("; ".join(score.alarms) or "none") + ".", ""]
    head = _HEAD.format(
        date=datetime.datetime.now(tz=datetime.UTC).date(),
        python=platform.python_version(),
        machine=platform.machine(),
        cores=os.cpu_count(),
        hazards=len(must),
        files=len(read) - len(safe),
        safe=len(safe),
        ours=OURS,
    )
    return head + "\n".join(lines)


def _timed(folder: Path, linters: Sequence[Linter]) -> str:
    compileall.compile_dir(Path(safemigrate.__file__).parent, quiet=1)  # as pip leaves it
    files = sorted(folder.glob("*/migration.sql"))
    squawk = next(one for one in linters if isinstance(one, Squawk))
    ours: list[str | Path] = [sys.executable, "-m", "safemigrate"]
    check = [*ours, "check", "--offline", "--exit-zero"]
    one = max(files, key=lambda file: file.stat().st_size)
    runs: list[list[Sequence[str | Path]]] = [
        [[squawk.program, *files], [squawk.program, one], [squawk.program, "--help"]],
        [[*check, *files], [*check, one], [*ours, "--help"]],
    ]
    load = os.getloadavg()[0]
    taken = [_taken(commands) for commands in zip(*runs, strict=True)]
    table = "".join(
        f"| {name} | {' | '.join(cells)} |\n"
        for name, cells in zip(("squawk", OURS), zip(*taken, strict=True), strict=True)
    )
    return (
        f"## Time\n\nWhole processes, start and all, of each tool in turn, {RUNS} times: the best by the clock, "
        f"the median, and the best of the processor. Load before: {load:.1f}, on {os.cpu_count()} processors.\n\n"
        f"| tool | {len(files)} files | the largest one | `--help` |\n|---|--:|--:|--:|\n{table}"
    )


def _taken(commands: Sequence[Sequence[str | Path]]) -> list[str]:
    clock: list[list[float]] = [[] for _ in commands]
    processor: list[list[float]] = [[] for _ in commands]
    for _ in range(RUNS):
        for command, seconds, worked in zip(commands, clock, processor, strict=True):
            start, used = time.perf_counter(), _processor()
            words = [str(word) for word in command]
            subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            seconds.append(time.perf_counter() - start)
            worked.append(_processor() - used)
    return [
        f"{min(seconds):.2f} s, {median(seconds):.2f} s, {min(worked):.2f} s"
        for seconds, worked in zip(clock, processor, strict=True)
    ]


def _processor() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()

"""What is said of whole Prisma histories when each migration is read with the schema known and rehearsed with rows.

    python benchmarks/reading.py [--project SCHEMA ...] [--work DIR] [--report FILE]

`safemigrate prove` runs every migration in a shadow; its findings are the text's, with the facts of the catalog as it
stands before each (how many rows a target has is unknown), held against what the trace saw. Counted are the files that
would be held up, and what the catalog shows to be lost without a rule that said so. Prisma's own warnings at the head
of a file serve as labels. Without `--project` the projects are cloned, as for histories.py.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histories import cloned, local
from table import Project

from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.project import find

Found = dict[str, Any]

_WARNINGS = re.compile(r"\A\s*/\*\s*Warnings:(?P<lines>.*?)\*/", re.DOTALL)
_LOSS = ("seen-loss", "rows-deleted", "rows-updated")  # what the trace adds to the rules

_HEAD = """\
# Whole histories, read

Made again by `python benchmarks/reading.py`. Each migration is read with the schema as it stands before it and no
knowledge of how many rows a target holds, and rehearsed with a few made ones. *Held up*: an error, or a loss that takes
consent. *Of these errors*: it fails or leaves something wrong. *Locks*: what the rehearsal confirmed, cleared, and saw
without a rule (of which warnings). *Losses*: named by a rule, and seen by the catalog alone. *Prisma warns*: of the
warnings in the files' heads, those whose object a finding names.

"""
_COLUMNS = (
    "project",
    "migrations",
    "held up",
    "of these errors",
    "with a warning",
    "locks confirmed / cleared / seen",
    "losses named / seen only",
    "Prisma warns",
)


@dataclass
class Reading:
    """What was said of one history."""

    project: Project
    outcomes: list[Found] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> list[Found]:
        return [finding for outcome in self.outcomes for finding in outcome["findings"]]

    @property
    def missed(self) -> list[tuple[str, Found]]:
        """The losses that no rule named, each with its migration; values overwritten are among them."""
        return [(one["name"], each) for one in self.outcomes for each in one["findings"] if each["rule"] in _LOSS]

    @property
    def unheeded(self) -> list[tuple[str, str]]:
        """Prisma's warnings, by migration, whose object no finding of the file names."""
        return [
            (one["name"], line)
            for one in self.outcomes
            for line in warnings(self.files[one["name"]])
            if not any(_names(each, line) for each in one["findings"])
        ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--project", type=Path, action="append", help="a schema.prisma, or a folder of them; repeatable"
    )
    options.add_argument("--work", type=Path, default=Path("histories"), help="clones")
    options.add_argument("--report", type=Path, help="write the table there too")
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    projects = [local(schema) for schema in given.project or ()] or list(cloned(given.work))
    readings = []
    for project in projects:
        print(project.name, file=sys.stderr)
        readings.append(read(project))
        text = report(readings)
        if given.report:
            given.report.write_text(text, encoding="utf-8")
    print(text)


def read(project: Project) -> Reading:
    """Run `prove` over a history."""
    command = [sys.executable, "-m", "safemigrate", "prove", "--require", "any", "--json", "--no-interactive", "-q"]
    done = subprocess.run(
        [*command, "--project", str(project.schema.parent), "--schema", str(project.schema)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    files = {one.name: one.sql for one in migrations(find(project.schema.parent, project.schema))}
    return Reading(project, json.loads(done.stdout)["migrations"], files)


def warnings(sql: str) -> list[str]:
    """Return what Prisma itself warns of at the head of a file."""
    head = _WARNINGS.match(sql)
    lines = re.split(r"^\s*-\s+", head["lines"], flags=re.MULTILINE)[1:] if head else []
    return [" ".join(line.split()) for line in lines]


def _names(finding: Found, warning: str) -> bool:
    said = f"{finding['subject']} {finding['message']}"
    first = re.findall(r"`\[?([^`\]]+)\]?`", warning)[:1]
    return bool(first) and all(f'"{name.strip()}"' in said for name in first[0].split(","))


def report(readings: list[Reading]) -> str:
    """Write the table, and below it what was missed."""
    lines = [_HEAD.rstrip(), "", f"| {' | '.join(_COLUMNS)} |", f"|---|{'--:|' * (len(_COLUMNS) - 1)}"]
    lines += [_row(f"{one.project.name} `{one.project.commit[:9]}`", [one]) for one in readings]
    lines += [_row("all", readings), "", "## Held up, by rule", "", "| rule | files |", "|---|--:|"]
    rules = Counter(
        rule
        for one in readings
        for outcome in one.outcomes
        for rule in {each["rule"] for each in outcome["findings"] if _holds_up(each)}
    )
    lines += [f"| {rule} | {count} |" for rule, count in rules.most_common()]
    lines += ["", "## Lost, and no rule said so", ""]
    lines += [
        f"- {one.project.name} `{name}`, line {each['span']['line']}: {each['message']}"
        for one in readings
        for name, each in one.missed
    ] or ["None."]
    lines += ["", "## Prisma warns, and no finding names it", ""]
    lines += [f"- {one.project.name} `{name}`: {line}" for one in readings for name, line in one.unheeded] or ["None."]
    return "\n".join(lines) + "\n"


def _row(label: str, readings: list[Reading]) -> str:
    outcomes = [outcome for one in readings for outcome in one.outcomes]
    findings = [finding for one in readings for finding in one.findings]
    verdicts = Counter(each["verdict"] for each in findings if each["measured"] or each["verdict"] == "cleared")
    seen = sum(each["rule"] == "seen-lock" and each["severity"] == "warning" for each in findings)
    named = sum(each["loses"] and each["verdict"] != "seen" for each in findings)
    warned = sum(len(warnings(one.files[each["name"]])) for one in readings for each in one.outcomes)
    cells = [
        label,
        f"{len(outcomes):,}",
        _share(sum(any(map(_holds_up, each["findings"])) for each in outcomes), len(outcomes)),
        _share(sum(any(one["blocks"] for one in each["findings"]) for each in outcomes), len(outcomes)),
        _share(sum(any(one["severity"] != "notice" for one in each["findings"]) for each in outcomes), len(outcomes)),
        f"{verdicts['confirmed']} / {verdicts['cleared']} / {verdicts['seen']} ({seen})",
        f"{named} / {sum(len(one.missed) for one in readings)}",
        f"{warned - sum(len(one.unheeded) for one in readings)} of {warned}",
    ]
    return f"| {' | '.join(cells)} |"


def _holds_up(finding: Found) -> bool:
    return bool(finding["blocks"] or (finding["loses"] and not finding["allowed"]))


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / max(whole, 1):.0f} %)"


if __name__ == "__main__":
    main()

"""What was measured of whole histories, and the table of it."""

from __future__ import annotations

import datetime
import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OURS = "safemigrate"
PROVE = "safemigrate prove"

Fact = dict[str, Any]

_HEAD = """\
# Whole histories, taken back

{date}, PostgreSQL {server}, Python {python}, {machine}, {cores} cores. Made again by `python benchmarks/histories.py`.

Schema, judged by `pg_dump --schema-only` for all alike: of the migrations that change the schema, after how many does
it print after up and down what it printed before (the order of columns aside), and the seconds to write all the ways
back, without the start of the program where it can stay up. Tables are empty. `{ours}` is the `down.sql` it writes,
run by psql as one transaction; the others' SQL runs statement by statement. Fewer than the others: not run to the end.

Schema and rows, `{prove}`: the migrations that it proves `exact` with rows that it makes for each table, of all
that change something; its seconds are for up, down, compared and up again.
"""


@dataclass(frozen=True)
class Project:
    """A checked-out project, its schema, and the commit."""

    name: str
    schema: Path
    commit: str


class Results:
    """What was measured, a line a fact, in a file that a later run goes on with."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.facts: list[Fact] = [json.loads(line) for line in lines]

    def add(self, **fact: Any) -> None:
        self.facts.append(fact)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fact) + "\n")

    def of(self, project: str, tool: str | None = None) -> list[Fact]:
        return [one for one in self.facts if one["project"] == project and tool in (None, one["tool"])]


def report(projects: list[Project], results: Results, server: str, cores: int | None) -> str:
    """Write the table, and below it what did not come back."""
    measured = [one for one in projects if results.of(one.name)]
    facts = [fact for one in measured for fact in results.of(one.name)]
    tools = [PROVE, OURS, *sorted({one["tool"] for one in facts} - {OURS, PROVE, ""})]
    lines = [
        _HEAD.format(
            date=datetime.datetime.now(tz=datetime.UTC).date(),
            server=server,
            python=platform.python_version(),
            machine=platform.machine(),
            cores=cores,
            ours=OURS,
            prove=PROVE,
        ),
        f"| project | {' | '.join(tools)} |",
        f"|---|{'--:|' * len(tools)}",
    ]
    rows = [(f"{one.name} `{one.commit[:9]}`", results.of(one.name)) for one in measured]
    for label, some in [*rows, ("all", facts)]:
        lines.append(
            f"| {label} | {' | '.join(_cell([one for one in some if one['tool'] == tool]) for tool in tools)} |"
        )
    for tool, title in ((PROVE, "Not proven exact"), (OURS, "Schema not restored by `down.sql`"), ("", "Ends early")):
        lines += ["", f"## {title}", ""]
        lost = [one for one in facts if one["tool"] == tool and not one["restored"]]
        lines += [f"- {one['project']} `{one['migration']}`: {_short(one['why'])}" for one in lost] or ["None."]
    bare = [one for one in facts if one.get("rows")]
    lines += ["", "## Proven without rows in some tables", ""]
    lines += [f"- {one['project']} `{one['migration']}`: {_short(one['rows'])}" for one in bare] or ["None."]
    return "\n".join(lines) + "\n"


def _cell(facts: list[Fact]) -> str:
    if not facts:
        return "–"
    restored = sum(one["restored"] for one in facts)
    if facts[0]["tool"] == PROVE:  # one run for all of a project's
        seconds = sum({one["project"]: one["seconds"] for one in facts}.values())
    else:
        seconds = sum(one["seconds"] for one in facts)
    return f"{restored} of {len(facts)}, {100 * restored / len(facts):.1f} %, {seconds:,.0f} s"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 400 else words[:399] + "…"

"""docs/conflicts.md, made from what these runs show; SAFEMIGRATE_GOLDEN=write writes it anew."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from safemigrate.db.postgres import connect
from safemigrate.model import Outcome, Result
from safemigrate.report import text
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.conftest import CHANGE, Project
from tests.workflow.stories import STORIES, Story

PAGE = Path(__file__).parents[2] / "docs" / "conflicts.md"
HEAD = """# Conflicts: what was written since, and what comes back

Made from real runs by tests/workflow/test_stories.py. Each part shows the rows before, the migration, what users wrote after it, what
`safemigrate rollback` said, and the rows after each choice, with what is kept in schema `safemigrate`.
"""


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_reads_as_it_runs(project: Project, story: Story) -> None:
    number = STORIES.index(story) + 1
    project.baseline(story.setup)
    parts = [f"## {number}. {story.title}", *([story.says] if story.says else []), "Before:", shown(project, story)]
    project.write(CHANGE, story.migration)
    assert project.apply().result is Result.APPLIED
    project.run(story.since)
    parts += ["The migration, and what was written since:", fenced(f"{story.migration}\n\n{lines(story.since)}", "sql")]
    parts += ["Which makes:", shown(project, story)]
    for number, options in enumerate((RollbackOptions(), *story.choices)):
        another = project.copy(number)
        outcome = another.rollback(options)
        said = options.again
        parts += [f"`{said}`", fenced(plain(outcome, another))]
        if outcome.result is Result.ROLLED_BACK:
            parts += ["After:", shown(another, story, kept=True)]
        assert (outcome.result is Result.ROLLED_BACK) or outcome.conflicts
    section = "\n\n".join(parts) + "\n"
    if os.environ.get("SAFEMIGRATE_GOLDEN") == "write":
        write(section)
    assert section.rstrip() in PAGE.read_text(encoding="utf-8"), "run with SAFEMIGRATE_GOLDEN=write and read the diff"


def shown(project: Project, story: Story, *, kept: bool = False) -> str:
    """The rows of the story's tables, and what a rollback left."""
    there = "SELECT to_regclass('{}') IS NOT NULL"
    tables = [name for name in story.tables if project.rows(there.format(name)) == [(True,)]]
    if kept:
        left = (
            "SELECT 'safemigrate.' || relname FROM pg_class WHERE relname LIKE 'left\\_%' AND relkind = 'r' ORDER BY 1"
        )
        tables += [str(name) for (name,) in project.rows(left)]
    return fenced("\n\n".join(rows(project, table) for table in tables))


def rows(project: Project, table: str) -> str:
    """A table as a person reads it."""
    with connect(project.url) as connection:
        columns = "last_value, is_called" if table.endswith("_seq") else "*"
        cursor = connection.execute(f"SELECT {columns} FROM {table} AS t ORDER BY 1, 2".encode())
        names = [column.name for column in cursor.description or ()]
        found = [["NULL" if value is None else str(value) for value in row] for row in cursor.fetchall()]
    widths = [max(len(cell) for cell in column) for column in zip(names, *found, strict=True)]
    said = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (names, *found)]
    return "\n".join([table, *(f"  {line}".rstrip() for line in said)])


def plain(outcome: Outcome, project: Project) -> str:
    """What the user saw, without what differs from run to run and without the SQL."""
    shorter = tuple(replace(each, script="") for each in outcome.migrations)
    said = text.render(replace(outcome, migrations=shorter), width=100)
    said = said.replace(str(project.url), "postgresql://app@db.example:5432/shop")
    place = f"-h {project.url.host} -p {project.url.port} -U {project.url.user} -d {project.url.database}"
    said = said.replace(place, "-h db.example -p 5432 -U app -d shop")
    return re.sub(r" in \d+\.\d s", " in 0.1 s", re.sub(r" on PostgreSQL [\d.]+", "", said)).rstrip()


def lines(sql: str) -> str:
    """One statement a line."""
    return sql.replace("; ", ";\n")


def fenced(said: str, language: str = "text") -> str:
    """A block that is shown as it is."""
    return f"```{language}\n{said}\n```"


def write(section: str) -> None:
    """Put a section in its place on the page."""
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    found = {title(part): part for part in re.split(r"\n(?=## \d)", written)[1:]}
    found[title(section)] = section
    wanted = [f"## {number}. {story.title}" for number, story in enumerate(STORIES, start=1)]
    PAGE.write_text(
        "\n".join([HEAD, *(found[one].rstrip() + "\n" for one in wanted if one in found)]), encoding="utf-8"
    )


def title(section: str) -> str:
    return section.partition("\n")[0]

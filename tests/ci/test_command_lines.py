"""Every command line of safemigrate that a reader may copy, from pages, examples and hooks, is one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from safemigrate.cli.app import application

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / ".pre-commit-hooks.yaml",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / ".github").rglob("*.md")),
    *sorted((ROOT / "examples" / "ci").iterdir()),
]
# In a block: after spaces, a prompt, a key of YAML, or what starts it.
LINE = re.compile(r"^(?: {4,}|\$ | *- | *exec | *entry: | *(?:- )?run: )+(?:npx )?safemigrate ((?:[a-z]|--).*)$")


def lines(page: Path) -> Iterator[str]:
    """What stands behind `safemigrate`, with lines that a backslash continues put together."""
    for line in re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8")).splitlines():
        if found := LINE.match(line):
            yield found[1]


@cache
def program() -> Any:
    return get_command(application())


def parse(line: str) -> None:
    """Parse as the program does, and run nothing; of alternatives the first, and N is a number."""
    words = shlex.split(re.sub(r"\|.*|[\[\]]", "", line).replace(" N ", " 1 "), comments=True)
    command = program()
    name = ""
    while hasattr(command, "commands") and not words[0].startswith("--"):
        name = words.pop(0)
        assert name in command.commands, f"{name} is no command"
        command = command.commands[name]
    command.make_context(name, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_is_one(page: Path) -> None:
    for line in lines(page):
        try:
            parse(line)
        except typer.Exit:  # --version
            continue
        except typer.TyperException as error:
            pytest.fail(f"safemigrate {line}\n{error.format_message()}")


def test_lines_are_found_wherever_they_stand() -> None:
    found = {page.name: list(lines(page)) for page in PAGES}
    for name in (
        "README.md",
        "ci.md",
        "tutorial.md",
        "vercel.md",
        "circleci.yml",
        "check.sh",
        ".pre-commit-hooks.yaml",
    ):
        assert found[name], name
    with pytest.raises(typer.TyperException):
        parse("check --no-such-option")

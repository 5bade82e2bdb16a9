"""A page whose commands run: ```console blocks with their output, and blocks with a title, which are files.

One shell runs the whole page, so what is exported or changed into lasts, as it does for a reader.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL
)
_ELLIPSIS = "…"  # alone on a line


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the page and what the page says it prints."""

    line: str
    said: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that the reader writes."""

    name: str
    text: str


def read(page: str) -> list[Command | File]:
    """What a reader does, in its order."""
    return [step for block in _BLOCK.finditer(page) for step in _steps(block)]


def script(steps: list[Command | File], outputs: Path) -> str:
    """What does it in bash; each command's output goes to a file of its own, numbered."""
    parts = []
    for number, step in enumerate(steps):
        if isinstance(step, File):
            path = shlex.quote(step.name)
            parts.append(f'mkdir -p "$(dirname {path})"\nprintf %s {shlex.quote(step.text)} > {path}')
        else:
            parts.append(f"{{ {step.line}\n}} > {shlex.quote(str(outputs / str(number)))} 2>&1")
    return "\n".join(parts)


def rewritten(page: str, outputs: dict[int, str], same: Callable[[str, str], bool]) -> str:
    """The page with what its commands print now; what says the same is left as it is."""
    number = -1

    def block(found: re.Match[str]) -> str:
        nonlocal number
        lines = []
        for step in _steps(found):
            number += 1
            if isinstance(step, File):
                return found[0]
            now = outputs[number]
            lines.append(f"$ {step.line}\n{step.said if same(step.said, now) else now}")
        return f"```{found['language']}\n{''.join(lines)}```" if lines else found[0]

    return _BLOCK.sub(block, page)


def matches(said: str, printed: str) -> bool:
    """Whether this is what was printed, word by word; where lines break is the terminal's, `…` stands for any words."""
    parts = [re.escape(_words(part)) for part in re.split(rf"^{_ELLIPSIS}$", said, flags=re.MULTILINE)]
    return re.fullmatch("(?:.* )?".join(parts), _words(printed)) is not None


def _words(text: str) -> str:
    return "".join(f"{word} " for word in text.split())


def _steps(block: re.Match[str]) -> Iterator[Command | File]:
    if block["title"]:
        yield File(block["title"], block["body"])
    elif block["language"] == "console":
        for line, said in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block["body"], flags=re.MULTILINE):
            yield Command(line, said)

"""A page of text: lines with a hanging indent under their mark, tables, commands to paste."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safemigrate.model import Verdict
from safemigrate.report import CONTROL

Mark = tuple[str, str]

GOOD, BAD, WARN, MORE = ("✔ ", "green"), ("✖ ", "red"), ("! ", "yellow"), ("· ", "cyan")
VERDICT = {Verdict.EXACT: GOOD, Verdict.LOSSY: WARN, Verdict.IMPOSSIBLE: BAD}


class Page:
    """Lines with a hanging indent under their mark."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._out = StringIO()
        self._console = Console(
            file=self._out,
            width=max(width, 40),
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def line(self, words: str, mark: Mark = ("", ""), *, indent: int = 0, style: str = "", end: str = "") -> None:
        """Write words, wrapped under their own start; `end` stands at the right edge of the first line."""
        text = words_of(words, style)
        lead = " " * indent + mark[0]
        room = self._console.width - len(lead) - (len(end) + 2 if end else 0)
        for number, line in enumerate(text.wrap(self._console, room)):
            line.rstrip()
            if number:
                self._print(Text(" " * len(lead)), line)
            else:
                fill = " " * (room - line.cell_len + 2) if end else ""
                self._print(Text(" " * indent), Text(*mark), line, words_of(fill + end, "dim"))

    def paste(self, command: str, *, indent: int = 2) -> None:
        """Write a command as it is to be typed, however long."""
        self._print(Text(" " * indent + "→ ", "cyan"), words_of(command))

    def verbatim(self, text: str) -> None:
        """Write text as it is."""
        self._print(words_of(text))

    def blank(self) -> None:
        """Leave one line empty, never two, never at the top."""
        if (written := self._out.getvalue()) and not written.endswith("\n\n"):
            self._console.print()

    def table(self, table: Table) -> None:
        """Write a table."""
        self._console.print(table)

    def text(self) -> str:
        """All of it, without spaces at line ends."""
        return "".join(f"{line.rstrip()}\n" for line in self._out.getvalue().splitlines())

    def _print(self, *parts: Text) -> None:
        self._console.print(Text.assemble(*parts), soft_wrap=True)


def mark_of(mark: Mark) -> Text:
    """Return the mark for a cell of a table."""
    return Text(mark[0].strip(), mark[1])


def words_of(words: str, style: str = "") -> Text:
    """Return words that cannot write to the reader's terminal by themselves."""
    return Text(words.translate(CONTROL), style)

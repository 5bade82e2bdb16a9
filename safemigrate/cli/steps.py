"""Progress made visible: a live table of steps in a terminal, one line per finished step elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from safemigrate.cli.console import Console
from safemigrate.model import Progress

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table


# Seconds after which a counted step says how far it is, where nothing is drawn: CI ends a job that is silent for long.
_SILENT = 30.0


@dataclass(slots=True)
class _Step:
    progress: Progress
    began: float
    said: float
    ended: float | None = None
    failed: bool = False


class Steps:
    """Takes Progress and shows it; used as a context manager, so that the last step gets its end, good or bad."""

    def __init__(self, console: Console, *, verbose: bool = False, now: Callable[[], float] = monotonic) -> None:
        self._console = console
        self._verbose = verbose
        self._now = now
        self._steps: list[_Step] = []
        self._live: Live | None = None

    def __enter__(self) -> Steps:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.pause(failed=kind is not None)

    def __call__(self, progress: Progress) -> None:
        """Show one sign of life; a new `step` ends the one before."""
        if self._console.quiet:
            return
        current = self._steps[-1] if self._steps and self._steps[-1].ended is None else None
        if current is None or current.progress.step != progress.step:
            self._end()
            began = self._now()
            self._steps.append(_Step(progress, began, began))
        elif current.progress != progress:
            current.progress = progress
            self._beat(current)
        else:
            return
        if self._console.live:
            self._draw()
        elif self._verbose and progress.detail:
            self._console.say(f"  {progress.step}: {progress.detail}")

    def _beat(self, step: _Step) -> None:
        if self._console.live or self._verbose or not step.progress.total:
            return
        now = self._now()
        if now - step.said >= _SILENT:
            step.said = now
            self._console.say(f"  {step.progress.step}: {_detail(step)} ({now - step.began:.0f}s)")

    def pause(self, *, failed: bool = False) -> None:
        """End the current step and leave the terminal to others: a prompt, a report."""
        self._end(failed=failed)
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._steps.clear()

    def _end(self, *, failed: bool = False) -> None:
        if not self._steps or self._steps[-1].ended is not None:
            return
        step = self._steps[-1]
        step.ended, step.failed = self._now(), failed
        if not self._console.live:
            mark, detail = "✖" if failed else "✔", f": {step.progress.detail}" if step.progress.detail else ""
            self._console.say(f"{mark} {step.progress.step}{detail} ({step.ended - step.began:.1f}s)")

    def _draw(self) -> None:
        if self._live is None:
            from rich.console import Console as RichConsole
            from rich.live import Live

            stderr = self._console.stderr
            screen = RichConsole(
                file=stderr,  # type: ignore[arg-type]  # rich only writes, flushes and asks isatty and encoding
                force_terminal=True,
                no_color=not self._console.colour(stderr),
                highlight=False,
            )
            self._live = Live(console=screen, get_renderable=self._table, refresh_per_second=8, redirect_stdout=False)
            self._live.start()

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim", ratio=1)
        table.add_column(no_wrap=True, justify="right", style="dim")
        for step in self._steps:
            mark = ("·", "cyan") if step.ended is None else ("✖", "red") if step.failed else ("✔", "green")
            seconds = (step.ended or self._now()) - step.began
            table.add_row(Text(*mark), Text(step.progress.step), Text(_detail(step)), f"{seconds:.1f}s")
        return table


def _detail(step: _Step) -> str:
    progress = step.progress
    if step.ended is not None or not progress.total:
        return progress.detail
    return f"{progress.done / progress.total:.0%} {progress.detail}".rstrip()

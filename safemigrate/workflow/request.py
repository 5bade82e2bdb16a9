"""What every command asks of a workflow, and the questions it may ask back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from safemigrate.config import Settings
from safemigrate.model import OnProgress
from safemigrate.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One command's common input.

    `consent(database, losses)` agrees to a loss; the CLI makes the user type the database's name. `proceed(question)`
    is a harmless yes or no. `ask_name(default)` names a new migration; None where nobody can be asked.
    `rewrite(difference)` shows what would be written to files, and agrees to it. `show(text)` says something at once.
    """

    project: Path
    schema: Path | None
    url: str | None
    settings: Settings
    on_progress: OnProgress
    interactive: bool
    confirm: str | None
    ask_name: Callable[[str], str] | None
    consent: Callable[[str, Sequence[str]], bool]
    proceed: Callable[[str], bool]
    rewrite: Callable[[str], bool] = lambda _difference: True
    show: Callable[[str], None] = lambda _text: None

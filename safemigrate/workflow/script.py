"""A migration as it is tried: its statements, and the way back that its team wrote."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.model import Migration
from safemigrate.sql import Statement


@dataclass(frozen=True, slots=True)
class Script:
    """A migration with its statements, and the down.sql that its team wrote, "" where there is none to be tried.

    `takes_back` says that the statements are not the migration's own, but what takes its rollback back.
    """

    migration: Migration
    statements: tuple[Statement, ...]
    down: str = ""
    takes_back: bool = False

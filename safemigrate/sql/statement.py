"""A statement of a migration file, and the comments around it."""

from __future__ import annotations

from typing import Literal

from safemigrate.model import Span
from safemigrate.model.value import dataclass
from safemigrate.sql.actions import Action


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its delimiters."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, as written.

    `sql` is the exact slice of the file that `span` names: no `;`, no comment before or behind it.
    `kind` is its leading keywords: "ALTER TABLE".
    `comments` are those before it, inside it and behind it on its last line; the last one has those that end the file.
    `actions` is never empty: what is not understood is an `Opaque`.
    `commit` says what becomes of a COMMIT of the file's own before it: "kept", it begins a transaction; "folded", it
    does not need to; "" where there is none.
    """

    sql: str
    span: Span
    kind: str
    comments: tuple[Comment, ...]
    actions: tuple[Action, ...]
    commit: Literal["", "folded", "kept"] = ""

"""A statement's tokens into actions."""

from __future__ import annotations

from safemigrate.sql.actions import Action, Opaque
from safemigrate.sql.tokens import Token


def kind_of(tokens: list[Token]) -> str:
    """The leading keywords of a statement: "ALTER TABLE", "CREATE INDEX", "UPDATE"."""
    return " ".join(token.word for token in tokens[:2] if token.word.isalpha())


def read(tokens: list[Token], text: str) -> tuple[Action, ...]:
    """What a statement does."""
    return (Opaque(f"{kind_of(tokens)}: not read"),)

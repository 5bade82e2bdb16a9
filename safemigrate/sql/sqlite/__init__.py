"""SQLite's own SQL: its tokens, where a statement ends, what it does."""

from __future__ import annotations

from safemigrate.sql.sqlite.read import kind_of, read, together
from safemigrate.sql.sqlite.tokens import lex, pieces

__all__ = ["kind_of", "lex", "pieces", "read", "together"]

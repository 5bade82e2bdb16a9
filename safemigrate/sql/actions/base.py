"""What every action is made of."""

from __future__ import annotations

from safemigrate.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the server reads it: unquoted words are folded to lower case. `str()` gives it quoted."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        quoted = quote(self.name)
        return quoted if self.schema is None else f"{quote(self.schema)}.{quoted}"


def quote(identifier: str) -> str:
    """One identifier, always quoted."""
    return '"' + identifier.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a statement does; an ALTER TABLE has as many as it lists."""

"""Tables under another name, wherever an action names them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from safemigrate.sql import Name

V = TypeVar("V")


def respelled(value: V, spell: Callable[[Name], Name]) -> V:
    """The same with every name as `spell` gives it; what has none stays the same object."""
    return _respelled(value, spell)  # type: ignore[no-any-return]


def _respelled(value: Any, spell: Callable[[Name], Name]) -> Any:
    if isinstance(value, Name):
        return spell(value)
    if isinstance(value, tuple):
        parts = tuple(_respelled(part, spell) for part in value)
        return value if all(one is other for one, other in zip(parts, value, strict=True)) else parts
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        new = {}
        for field in dataclasses.fields(value):
            old = getattr(value, field.name)
            changed = _respelled(old, spell)
            if changed is not old:
                new[field.name] = changed
        return dataclasses.replace(value, **new) if new else value
    return value

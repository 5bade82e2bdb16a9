"""Every case of `cases/*.sql`: setup, change, and back again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.rollback.inverse import Inverse


def _cases() -> list[object]:
    found: list[object] = []
    for path in sorted((Path(__file__).parent / "cases").glob("*.sql")):
        _, *parts = re.split(r"^-- case: (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            setup, change = re.split(r"^-- change$", text, flags=re.MULTILINE)
            found.append(pytest.param(setup, change, id=f"{path.stem}: {name}"))
    return found


@pytest.mark.parametrize(("setup", "change"), _cases())
def test_the_change_is_taken_back(takes_back: Callable[[str, str], Inverse], setup: str, change: str) -> None:
    inverse = takes_back(setup, change)
    assert inverse.reasons == ()

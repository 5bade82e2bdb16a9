"""Every case of `cases/*.sql`: setup, change, and back again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.rollback.inverse import Inverse
from safemigrate.shadow.local import LocalServer


def _cases() -> list[object]:
    found: list[object] = []
    for path in sorted((Path(__file__).parent / "cases").glob("*.sql")):
        _, *parts = re.split(r"^-- case: (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            setup, change = re.split(r"^-- change$", text, flags=re.MULTILINE)
            title, _, since = name.partition(", since ")
            found.append(pytest.param(setup, change, int(since or 0), id=f"{path.stem}: {title}"))
    return found


@pytest.mark.parametrize(("setup", "change", "since"), _cases())
def test_the_change_is_taken_back(
    takes_back: Callable[[str, str], Inverse], server: LocalServer, setup: str, change: str, since: int
) -> None:
    if server.major < since:
        pytest.skip(f"PostgreSQL {since} is the first that has it")
    inverse = takes_back(setup, change)
    assert inverse.reasons == ()

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[str, str], None]


@pytest.fixture
def golden() -> Golden:
    """Compare what a user reads with a file; SAFEMIGRATE_GOLDEN=write writes the file instead, for git diff to show."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / name
        if os.environ.get("SAFEMIGRATE_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), "SAFEMIGRATE_GOLDEN=write rewrites the golden files"

    return compare

"""Pages of docs/ that are written from the code."""

from __future__ import annotations

import os
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def current(path: Path, text: str) -> None:
    """Compare a page with what the code says; SAFEMIGRATE_GOLDEN=write writes it instead."""
    if os.environ.get("SAFEMIGRATE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"SAFEMIGRATE_GOLDEN=write writes {path.name}"
    assert text == path.read_text(encoding="utf-8"), "SAFEMIGRATE_GOLDEN=write rewrites the pages"

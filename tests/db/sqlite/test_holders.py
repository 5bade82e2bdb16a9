from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from safemigrate.db.sqlite.holders import holders

OTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2]).fetchall()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("held", ["BEGIN IMMEDIATE", "SELECT count(*) FROM t"])
def test_another_process_is_named(mode: str, held: str, tmp_path: Path) -> None:
    path = tmp_path / "dev.db"
    plain = sqlite3.connect(path)
    plain.execute(f"PRAGMA journal_mode = {mode}")
    plain.execute("CREATE TABLE t (a)")
    assert holders(path) == []
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, path, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        [said] = holders(path)
        other.kill()
    assert said.pid == other.pid
    assert said.program.startswith(f"{Path(sys.executable).name} -c")
    plain.close()

from __future__ import annotations

import pytest

from safemigrate.rollback.sqlite import own


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("-- nothing to do", "it has no statement"),
        (".bail on\nSELECT 1;", "line 1: .bail on is a command of sqlite3, not SQL"),
        ("SELECT 1;\nBEGIN;", "line 2: BEGIN begins or ends a transaction"),
        ("ATTACH 'a.db' AS a;", "line 1: ATTACH 'a.db' AS a cannot run in a transaction"),
        ("PRAGMA journal_mode = WAL;", "cannot run in a transaction"),
        ("SELECT 'x", "never closed"),
    ],
)
def test_what_cannot_be_run_on_sqlite(script: str, says: str) -> None:
    assert says in own.unfit(script)


def test_what_switches_foreign_keys_is_left_out() -> None:
    script = "PRAGMA foreign_keys = OFF;\nDELETE FROM a;\nPRAGMA foreign_keys = ON;"
    assert own.unfit(script) == ""
    assert own.statements(script) == [("DELETE FROM a", 2)]

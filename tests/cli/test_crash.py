from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.cli.crash import record, redact, redact_arguments


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://u:hunter2@h:5432/db?x=1", "postgresql://u:***@h:5432/db?x=1"),
        ("postgresql://u:hun@ter2@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        (
            "postgresql://h/db?user=u&password=hunter2&sslmode=require",
            "postgresql://h/db?user=u&password=***&sslmode=require",
        ),
        ("host=h password=hunter2 user=u", "host=h password=*** user=u"),
        ("host=h password='hun ter2' user=u", "host=h password=*** user=u"),
        ("PGPASSWORD=hunter2", "PGPASSWORD=***"),
        ("prisma+postgres://accelerate.example/?api_key=hunter2", "prisma+postgres://accelerate.example/?api_key=***"),
    ],
)
def test_redact(text: str, hidden: str) -> None:
    assert redact(text) == hidden


def test_redact_arguments() -> None:
    given = ["apply", "--url", "postgres://u:p@h/d", "--shadow", "local", "--shadow-url=a://b", "--name", "x", "--url"]
    assert redact_arguments(given) == ["apply", "--url", "***", "--shadow", "local", "--shadow-url=***", *given[-3:]]


def test_a_folder_that_cannot_be_written_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / ".safemigrate").mkdir()
    (tmp_path / ".safemigrate" / "log").touch()
    log = record(ValueError("x"), [], tmp_path)
    assert log.is_relative_to(tmp_path / "state")
    assert "ValueError: x" in log.read_text()

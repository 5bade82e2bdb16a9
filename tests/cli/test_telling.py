"""--format and --output: what is written where, when, and what is refused before any work."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from safemigrate import disk
from safemigrate.errors import RollbackError
from safemigrate.model import Finding, MigrationOutcome, Outcome, Result, Severity, Span

DROP = 'DROP TABLE "User";\n'


def blocked(*_: object) -> Outcome:
    finding = Finding("drop-table", Severity.ERROR, '"User" is dropped', "m", Span(0, 17, 1, 1, 1, 18), '"User"')
    migration = MigrationOutcome("m", "", "pending", (finding,), path="prisma/m/migration.sql", text=DROP)
    return Outcome("apply", Result.BLOCKED, migrations=(migration,))


def test_several_at_once_beside_what_stdout_gets(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    workflows.act = blocked
    (tmp_path / "out").mkdir()
    ran = invoke("apply", "--output", "sarif=out/a.sarif", "--output", "junit=out/a.xml", "--output", "text=a=b.txt")
    assert ran.code == 1
    assert "Blocked by 1 finding" in ran.stdout
    (result,) = json.loads((tmp_path / "out" / "a.sarif").read_text())["runs"][0]["results"]
    assert result["ruleId"] == "drop-table"
    assert "<failure" in (tmp_path / "out" / "a.xml").read_text()
    assert (tmp_path / "a=b.txt").read_text() == ran.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.sarif", "a.xml"]


def test_rules_are_explained_where_the_format_does(invoke: Any, workflows: Any) -> None:
    workflows.act = blocked
    (rule,) = json.loads(invoke("apply", "--format", "sarif").stdout)["runs"][0]["tool"]["driver"]["rules"]
    assert "safemigrate: allow drop-table" in rule["help"]["markdown"]


def test_what_stops_the_command_is_told_in_every_format(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    def fail(*_: object) -> Outcome:
        raise RollbackError("nothing to take back", "why", ("safemigrate status",))

    workflows.act = fail
    ran = invoke("rollback", "--format", "markdown", "--output", "json=a.json", "--project", "web app")
    assert ran.code == 2
    assert "## ✖ nothing to take back" in ran.stdout
    assert "nothing to take back" in ran.stderr
    assert json.loads((tmp_path / "a.json").read_text())["error"]["fix"] == ["safemigrate status --project 'web app'"]


def test_a_bug_leaves_no_report_of_an_earlier_run(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    def fail(*_: object) -> Outcome:
        raise KeyError("x")

    workflows.act = fail
    (tmp_path / "a.json").write_text("of an earlier run")
    assert invoke("apply", "--output", "json=a.json").code == 70
    assert json.loads((tmp_path / "a.json").read_text())["outcome"] == "error"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "pdf=x"), "it is FORMAT=PATH, with a format of text, json,"),
        (("--output", "json"), "it is FORMAT=PATH"),
        (("--output", "json=a", "--output", "sarif=./a"), "two of them have this path"),
        (("--output", "json=missing/a.json"), "→ mkdir -p"),
        (("--output", "json=folder"), "is a folder"),
        (("--output", "json=file/a.json"), "is no folder"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(
    invoke: Any, workflows: Any, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    ran = invoke("apply", *arguments)
    assert (ran.code, workflows.calls) == (2, [])
    assert said in " ".join(ran.stderr.split())


@pytest.mark.parametrize("form", ["sarif", "gitlab", "junit", "markdown"])
def test_a_format_that_has_no_words_for_a_command_is_refused(invoke: Any, workflows: Any, form: str) -> None:
    ran = invoke("status", "--format", form)
    assert (ran.code, workflows.calls) == (2, [])
    assert "status is told as text, json, github" in " ".join(ran.stderr.split())


def test_a_folder_that_is_not_writable_is_refused(
    invoke: Any, workflows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who writes everywhere
    ran = invoke("apply", "--output", "json=locked/a.json")
    assert (ran.code, workflows.calls) == (2, [])
    assert "is not writable" in " ".join(ran.stderr.split())


def test_a_report_that_cannot_be_written_hides_neither_the_outcome_nor_the_others(
    invoke: Any, workflows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        if path.name == "a.json":
            raise OSError(28, "No space left on device")
        replace(path, text)

    replace = disk.write_whole
    monkeypatch.setattr(disk, "write_whole", full)
    workflows.act = blocked
    ran = invoke("apply", "--output", "json=a.json", "--output", "markdown=b.md")
    assert ran.code == 1
    assert "Blocked" in ran.stdout
    assert "a.json could not be written: No space left on device" in ran.stderr
    assert (tmp_path / "b.md").exists()


def test_a_file_is_readable_as_any_other(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        invoke("apply", "--output", "json=a.json")
    finally:
        os.umask(before)
    assert oct((tmp_path / "a.json").stat().st_mode & 0o777) == oct(0o644)

"""What an unchanged branch came to is known without a server; whatever it rests on, changed, is tried anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safemigrate.model import Confirmation, Finding, MigrationOutcome, Proof, Severity, Trace, Verdict
from safemigrate.prisma.migrations import migrations
from safemigrate.prisma.project import Project, find
from safemigrate.workflow.gate.changes import Changes, changes
from safemigrate.workflow.gate.effort import Effort
from safemigrate.workflow.gate.seen import Recollection, Seen
from tests.repositories import NEW, TAG, migration, project


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("original") / "repository")


@pytest.fixture
def root(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copy: Path = shutil.copytree(original, tmp_path / "repository", symlinks=True)
    migration(copy, NEW, TAG)
    return copy


def branch(root: Path) -> tuple[Project, Changes]:
    found = find(root, None, None)
    return found, changes(found, migrations(found), None)


def memory(root: Path, effort: Effort | None = None) -> Recollection:
    return Recollection(*branch(root), effort or Effort())


def seen(root: Path) -> Seen:
    """Something with a value in every field that a report shows."""
    (new,) = branch(root)[1].runs
    finding = Finding("drop-table", Severity.WARNING, "it goes", NEW, loses=True, verdict=Confirmation.CONFIRMED)
    trace = Trace(1, new.sql, 0.5, {'"Tag"': "SHARE"}, rows={'"Tag"': (1, 2, 3)}, scans={'"Tag"': 4})
    proof = Proof(Verdict.LOSSY, ("a column",), 2, 10, "15.1", 0.25)
    outcome = MigrationOutcome(
        NEW, new.checksum, "proven", (finding,), (trace,), proof, script="-- down", detail="more", text=new.sql
    )
    return Seen((outcome,), (replace(finding, rule="schema-drift"),), ("a note",), ("a fix",))


def test_what_was_seen_is_known_again(root: Path) -> None:
    assert memory(root).get() is None
    memory(root).put(seen(root))
    assert memory(root).get() == seen(root)


def _edit(name: str) -> Callable[[Path], object]:
    def edit(root: Path) -> None:
        (path,) = root.glob(f"prisma/**/{name}")
        path.write_text(path.read_text() + "\n// more\n")

    return edit


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_edit("schema.prisma"), id="the schema"),
        pytest.param(_edit(f"{NEW}/migration.sql"), id="the migration"),
        pytest.param(lambda root: migration(root, f"{NEW}_2", TAG), id="another one"),
    ],
)
def test_another_branch_is_not_known(root: Path, change: Callable[[Path], object]) -> None:
    memory(root).put(seen(root))
    change(root)
    assert memory(root).get() is None


@pytest.mark.parametrize("more", [{"rows": 6}, {"require": "exact"}, {"drift": False}, {"shadow": "local"}])
def test_another_effort_finds_something_else(root: Path, more: dict[str, Any]) -> None:
    memory(root).put(seen(root))
    assert memory(root, Effort(**more)).get() is None


@pytest.mark.parametrize(
    "more", [{"cache": False}, {"change": True}, {"shadow": "docker"}, {"shadow": "postgresql://one@host/shadow"}]
)
def test_what_may_change_behind_us_is_not_remembered(root: Path, more: dict[str, Any]) -> None:
    memory(root, Effort(**more)).put(seen(root))
    assert memory(root, Effort(**more)).get() is None


def test_what_is_not_complete_or_does_not_run_is_not_remembered(root: Path) -> None:
    whole = seen(root)
    memory(root).put(replace(whole, complete=False))
    memory(root).put(replace(whole, outcomes=(replace(whole.outcomes[0], state="does not run", proof=None),)))
    assert memory(root).get() is None


def test_a_file_cut_short_is_as_good_as_none(root: Path, tmp_path: Path) -> None:
    memory(root).put(seen(root))
    (path,) = (tmp_path / "cache").rglob("*.json")
    path.write_text(path.read_text()[:-20])
    assert memory(root).get() is None

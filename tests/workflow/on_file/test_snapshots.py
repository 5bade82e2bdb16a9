"""The snapshot commands on a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.errors import ConsentRequired
from safemigrate.workflow import snapshot
from tests.workflow.on_file.conftest import Project


@pytest.fixture
def taken(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Project:
    """A project with a snapshot of its file, which has lost a row since; the working folder is another."""
    project.run("CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2)")
    snapshot.create(project.request(), "full")
    project.run("DELETE FROM t WHERE a = 2")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return project


def test_name_is_that_of_a_file_beside_as_it_is_of_the_same_server(taken: Project) -> None:
    taken.agrees = False
    with pytest.raises(ConsentRequired, match=r"nobody agreed to replace dev\.db") as caught:
        snapshot.restore(taken.request(), "latest", "dev.db")
    assert str(taken.file.with_name("dev_restored.db")) in caught.value.fix[1]
    assert taken.rows("SELECT count(*) FROM t") == [(1,)]
    outcome = snapshot.restore(taken.request(), "latest", "other.db")
    assert outcome.database == str(taken.file.with_name("other.db"))
    taken.agrees = True
    snapshot.restore(taken.request(), "latest", "dev.db")
    assert taken.rows("SELECT count(*) FROM t") == [(2,)]


@pytest.mark.parametrize("into", ["file:new.db", "./new.db", "file:./new.db?connection_limit=1"])
def test_path_and_url_begin_in_the_working_folder(taken: Project, into: str) -> None:
    snapshot.restore(taken.request(), "latest", into)
    assert Path("new.db").is_file()

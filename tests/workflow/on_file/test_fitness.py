"""`doctor` on a SQLite file."""

from __future__ import annotations

from safemigrate.db.sqlite.connection import connect
from safemigrate.model import Result
from safemigrate.workflow.doctor import doctor

from .conftest import Project


def test_a_file_in_order(project: Project) -> None:
    outcome = doctor(project.request())
    said = {one.subject: one for one in outcome.diagnoses}
    assert [one.subject for one in outcome.diagnoses if not one.ok] == []
    assert "in order" in said["file"].detail
    assert "1 applied, 0 pending" in said["history"].detail
    assert "holds everything" in said["backups"].detail
    assert outcome.result is Result.OK
    assert not any("PostgreSQL" in one.detail for one in outcome.diagnoses)


def test_rows_that_point_nowhere_and_a_file_nobody_copies(project: Project) -> None:
    project.run("PRAGMA foreign_keys = OFF", "INSERT INTO Post (title, authorId) VALUES ('lost', 99)")
    for snapshot in (project.folder / ".safemigrate" / "snapshots").iterdir():
        (snapshot / "manifest.json").unlink()
    said = {one.subject: one for one in doctor(project.request()).diagnoses}
    assert '1 row of "Post" points to no row of "User"' in said["file"].detail
    assert said["backups"].fix == ("safemigrate snapshot create",)


def test_a_file_that_is_held_is_one_line_of_many(project: Project) -> None:
    schema = project.folder / "prisma" / "schema.prisma"
    schema.write_text(schema.read_text().replace("dev.db", "dev.db?socket_timeout=0"))
    with connect(project.file) as other:
        other.execute("BEGIN IMMEDIATE")
        said = {one.subject: one for one in doctor(project.request()).diagnoses}
    assert (said["file"].ok, said["rights"].ok, said["history"].ok) == (True, False, True)
    assert "dev.db is in use" in said["rights"].detail

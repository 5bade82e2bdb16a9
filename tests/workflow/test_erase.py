"""Taking one row's values out of what is kept."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from safemigrate.errors import ConsentRequired, HistoryError
from safemigrate.model import Outcome, Result
from safemigrate.workflow.erase import erase
from safemigrate.workflow.options import EraseOptions, RollbackOptions
from tests.workflow.cases import POSTS, USERS
from tests.workflow.conftest import CHANGE, Project

SQL = """
ALTER TABLE "User" ADD COLUMN bio text;
UPDATE "User" SET age = age + 1;
ALTER TABLE "User" DROP COLUMN nick;
DELETE FROM "User" WHERE id = 3;
DROP TABLE "Post";
"""


@pytest.fixture
def kept(project: Project) -> Project:
    project.baseline(USERS + POSTS)
    project.write(CHANGE, SQL)
    project.apply()
    project.asked.clear()
    return project


def erased(project: Project, table: str, key: Mapping[str, str], *, dry_run: bool = False) -> Outcome:
    return erase(project.request(), EraseOptions(table, key, dry_run=dry_run))


def test_a_row_is_gone_from_every_place_and_does_not_come_back(kept: Project) -> None:
    places = [str(place) for (place,) in kept.rows("SELECT DISTINCT place FROM safemigrate.kept ORDER BY 1")]
    assert sum(
        "c''x" in str(kept.rows(f"SELECT * FROM {place}")) or "c'x" in str(kept.rows(f"SELECT * FROM {place}"))
        for place in places
    )
    kept.agrees = False
    with pytest.raises(ConsentRequired):
        erased(kept, '"public"."User"', {"id": "3"})
    kept.agrees = True
    outcome = erased(kept, "User", {"id": "3"})
    assert outcome.result is Result.ERASED
    assert sum(note.endswith(": 1 rows") for note in outcome.notes) == 3
    assert all("c'x" not in str(kept.rows(f"SELECT * FROM {place}")) for place in places)
    assert any(note.startswith("snapshot ") and '"public"."User"' in note for note in outcome.notes)
    assert any("point to it" in note for note in outcome.notes)
    assert erased(kept, "Post", {"userId": "3"}).result is Result.ERASED
    assert kept.rollback().result is Result.ROLLED_BACK
    assert kept.rows('SELECT id, nick, age FROM "User" ORDER BY id') == [(1, "A", 1), (2, None, 2), (4, "", 4)]


def test_a_row_of_a_moved_table(kept: Project) -> None:
    assert erased(kept, '"public"."Post"', {"userId": "1"}).result is Result.ERASED
    kept.run('DELETE FROM "User" WHERE id = 1')
    assert kept.rollback().result is Result.ROLLED_BACK
    assert kept.rows('SELECT count(*) FROM "Post"') == [(9,)]


def test_what_a_rollback_left(kept: Project) -> None:
    kept.run("UPDATE \"User\" SET bio = 'mine' WHERE id = 1")
    kept.rollback()
    assert erased(kept, '"public"."User"', {"id": "1"}).result is Result.ERASED
    left = [place for (place,) in kept.rows("SELECT place FROM safemigrate.kept WHERE kind = 'left'")]
    assert all("mine" not in str(kept.rows(f"SELECT * FROM {place}")) for place in left)
    assert kept.rollback(RollbackOptions(undo=True)).result is Result.APPLIED
    assert kept.rows('SELECT bio FROM "User" WHERE id = 1') == [(None,)]


def test_what_cannot_be_searched_is_named(kept: Project) -> None:
    outcome = erased(kept, '"public"."User"', {"email": "a@x"}, dry_run=True)
    assert outcome.result is Result.REHEARSED
    assert any("cannot be searched by this key" in note for note in outcome.notes)
    assert erased(kept, '"public"."User"', {"id": "99"}).result is Result.NOTHING
    with pytest.raises(HistoryError, match="nothing is kept of table"):
        erased(kept, '"public"."Nobody"', {"id": "1"})

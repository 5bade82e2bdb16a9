"""What something else changed since apply and a rollback needs: said before anything changes, with what leads out."""

from __future__ import annotations

from safemigrate.model import OnConflict, Result
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.conftest import Project

SETUP = """
CREATE TABLE "User" (id serial PRIMARY KEY, bio text);
INSERT INTO "User" (bio) VALUES ('hello'), (NULL);
CREATE TABLE "Post" (id serial PRIMARY KEY, "userId" integer CONSTRAINT fk REFERENCES "User");
"""
CHANGE = """
ALTER TABLE "User" DROP COLUMN bio;
ALTER TABLE "User" ADD COLUMN extra text;
CREATE TABLE "New" (id serial PRIMARY KEY);
ALTER TABLE "Post" DROP CONSTRAINT fk;
"""


def test_what_stands_in_the_way_and_what_the_way_back_can_do_without(project: Project) -> None:
    project.changed(SETUP, CHANGE, 'DROP TABLE "New", "Post"; CREATE VIEW v AS SELECT extra FROM "User";')
    found = project.rollback(RollbackOptions(dry_run=True))
    said = {one.subject: (one.message, one.keep_new) for one in found.conflicts}
    gone = "is not there any more: something else dropped or renamed it since apply"
    assert said == {
        'table "public"."Post"': (gone, "1 statement of the rollback is left out"),
        'table "public"."New"': (gone, "1 statement of the rollback is left out"),
        'column "public"."User"."extra"': (
            'view "public"."v" needs it, which something else made since apply',
            "",
        ),
    }
    keep_new = RollbackOptions(on_conflict=OnConflict.KEEP_NEW)
    again = project.rollback(keep_new)
    assert [one.subject for one in again.conflicts] == [*said]
    project.run("DROP VIEW v;")
    done = project.rollback(keep_new)
    assert done.result is Result.ROLLED_BACK
    assert project.rows('SELECT id, bio FROM "User" ORDER BY id') == [(1, "hello"), (2, None)]
    assert [one.partition(",")[0] for one in done.notes[:2]] == ["left out", "left out"]

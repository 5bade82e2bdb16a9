"""Shapes that real projects' histories have, and that went wrong once."""

from __future__ import annotations

from safemigrate.model import Result, Verdict
from tests.workflow.cases import USERS
from tests.workflow.conftest import Project

PROFILE = """
CREATE TABLE "Profile" (id int PRIMARY KEY, bio text,
  CONSTRAINT "Profile_id_fkey" FOREIGN KEY (id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO "Profile" SELECT id, 'about ' || id FROM "User";
"""


def test_a_key_that_loses_its_foreign_key_and_then_its_type(project: Project) -> None:
    project.baseline(USERS + PROFILE)
    before, rows = project.state()
    project.write(
        "20240601000000_change",
        'ALTER TABLE "Profile" DROP CONSTRAINT "Profile_id_fkey"; ALTER TABLE "Profile" ALTER COLUMN id TYPE text;',
    )
    done = project.apply()
    assert done.result is Result.APPLIED
    assert [one.proof.verdict for one in done.migrations if one.proof] == [Verdict.EXACT]
    assert project.rollback().result is Result.ROLLED_BACK
    after, same = project.state()
    assert (before.addresses.keys(), rows) == (after.addresses.keys(), same)

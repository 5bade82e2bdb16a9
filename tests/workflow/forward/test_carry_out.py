from __future__ import annotations

import pytest

from safemigrate.db.fingerprint import fingerprint
from safemigrate.errors import Restored
from safemigrate.model import Result, Verdict
from tests.workflow.conftest import CHANGE, Project


def test_what_a_commit_of_the_file_parted_is_taken_back_where_the_rest_fails(project: Project) -> None:
    project.baseline('CREATE TABLE "User" (id int PRIMARY KEY, bio text); INSERT INTO "User" VALUES (1, \'x\');')
    before, rows = project.state()
    closed = "SELECT FROM pg_locks WHERE relation = '\"User\"'::regclass AND mode = 'AccessExclusiveLock'"
    project.write(
        CHANGE,
        f"""
        ALTER TABLE "User" DROP COLUMN bio, ADD CONSTRAINT "User_id" CHECK (id > 0) NOT VALID;
        COMMIT;
        ALTER TABLE "User" VALIDATE CONSTRAINT "User_id";
        DO $$ BEGIN
          IF current_database() = '{project.url.database}' THEN RAISE 'closed: %', EXISTS ({closed}); END IF;
        END $$;
        """,
    )
    with pytest.raises(Restored, match="is as it was before it") as caught:
        project.apply()
    assert "closed: f" in caught.value.why
    after, rows_after = project.state()
    assert (fingerprint(after), rows_after) == (fingerprint(before), rows)


def test_checks_that_wait_for_a_commit_of_the_file_get_it(project: Project) -> None:
    project.baseline(
        """
        CREATE TABLE "User" (id int PRIMARY KEY);
        CREATE TABLE "Post" (id int PRIMARY KEY, author int REFERENCES "User" DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO "User" VALUES (1), (2);
        INSERT INTO "Post" VALUES (1, 1);
        """
    )
    project.write(CHANGE, 'UPDATE "Post" SET author = 2; COMMIT; ALTER TABLE "Post" ADD COLUMN body text;')
    (migration,) = project.apply().migrations
    assert (migration.state, migration.proof and migration.proof.verdict) == ("applied", Verdict.EXACT)
    assert project.rollback().result is Result.ROLLED_BACK
    assert project.rows('SELECT author FROM "Post"') == [(1,)]

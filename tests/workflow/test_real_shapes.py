"""Shapes that real projects' histories have, and that went wrong once."""

from __future__ import annotations

from safemigrate.db.fingerprint import compare
from safemigrate.model import Result, Verdict
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.cases import USERS
from tests.workflow.conftest import CHANGE, Project

PROFILE = """
CREATE TABLE "Profile" (id int PRIMARY KEY, bio text,
  CONSTRAINT "Profile_id_fkey" FOREIGN KEY (id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO "Profile" SELECT id, 'about ' || id FROM "User";
"""


def test_a_key_that_loses_its_foreign_key_and_then_its_type(project: Project) -> None:
    project.baseline(USERS + PROFILE)
    before, rows = project.state()
    project.write(
        CHANGE,
        'ALTER TABLE "Profile" DROP CONSTRAINT "Profile_id_fkey"; ALTER TABLE "Profile" ALTER COLUMN id TYPE text;',
    )
    done = project.apply()
    assert done.result is Result.APPLIED
    assert [one.proof.verdict for one in done.migrations if one.proof] == [Verdict.EXACT]
    assert project.rollback().result is Result.ROLLED_BACK
    after, same = project.state()
    assert (before.addresses.keys(), rows) == (after.addresses.keys(), same)


def test_a_label_is_added_while_a_dropped_table_still_uses_the_enum(project: Project) -> None:
    project.baseline(
        "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE live (id int PRIMARY KEY, m mood NOT NULL DEFAULT 'bad');"
        "CREATE TABLE old (id int PRIMARY KEY, m mood DEFAULT 'good', many mood[] DEFAULT ARRAY['bad'::mood]);"
        "INSERT INTO live VALUES (1, 'good'); INSERT INTO old VALUES (1, 'bad', '{good,bad}'), (2, DEFAULT, NULL);"
    )
    before, rows = project.state()
    project.write("20240601000000_drop", "DROP TABLE old;")
    assert project.apply().result is Result.APPLIED
    project.write("20240602000000_label", "ALTER TYPE mood ADD VALUE 'ugly';")
    done = project.apply()
    assert [(one.proof.verdict, one.proof.reasons) for one in done.migrations if one.proof] == [(Verdict.EXACT, ())]
    assert project.rollback(RollbackOptions(last=2)).result is Result.ROLLED_BACK
    after, same = project.state()
    assert (compare(before, after), rows) == ([], same)


def test_everything_is_published(project: Project) -> None:
    """Logical replication of ALL TABLES takes safemigrate's own along, and wants to know which row was changed."""
    project.baseline(USERS)
    before, rows = project.state()
    project.run("CREATE PUBLICATION everything FOR ALL TABLES")
    project.write(CHANGE, 'ALTER TABLE "User" DROP COLUMN email')
    assert project.apply().result is Result.APPLIED
    assert project.rollback().result is Result.ROLLED_BACK
    project.release(CHANGE)
    project.run("DROP PUBLICATION everything")
    after, same = project.state()
    assert (compare(before, after), rows) == ([], same)

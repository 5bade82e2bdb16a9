from __future__ import annotations

from collections.abc import Sequence

import pytest

from safemigrate.lint import Facts, lint
from safemigrate.lint.history import History
from safemigrate.model import Severity
from safemigrate.sql import split
from tests.lint.conftest import migration

USER = 'CREATE TABLE "User" (id int PRIMARY KEY, email varchar(100), age int, role "Role");'
ROLE = "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN');"


def rules(change: str, *before: str) -> list[str]:
    """What is found in the last of several migrations."""
    history = History(Facts())
    for sql in before:
        history.note(split(sql))
    found = lint(migration(change), split(change), history.facts)
    return [finding.rule for finding in found if finding.severity is not Severity.NOTICE]


def test_a_table_of_an_earlier_migration_is_there_and_full() -> None:
    assert rules('DROP TABLE "User";', USER) == ["drop-table"]
    assert rules('DROP TABLE IF EXISTS "Other";', USER) == ["drop-table"], "the text need not have made it"
    assert "index-not-concurrent" in rules('CREATE INDEX "i" ON "User"(age);', USER)


PROOF = 'ALTER TABLE "User" ADD CONSTRAINT "email_present" CHECK ("email" IS NOT NULL) NOT VALID;'
VALID = 'ALTER TABLE "User" VALIDATE CONSTRAINT "email_present";'
NOT_NULL = 'ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;'
WIDER = 'ALTER TABLE "User" ALTER COLUMN "email" SET DATA TYPE VARCHAR(200);'


@pytest.mark.parametrize(
    ("change", "before", "silent"),
    [
        (NOT_NULL, [USER, PROOF, VALID], True),
        (NOT_NULL, [USER, PROOF], False),
        (NOT_NULL, [USER], False),
        (NOT_NULL, [USER, PROOF, VALID, 'ALTER TABLE "User" DROP CONSTRAINT "email_present";'], False),
        (WIDER, [USER], True),
        (WIDER, [], False),
        (WIDER, [USER, 'ALTER TABLE "User" ALTER COLUMN "email" TYPE varchar(300);'], False),
        (WIDER.replace('"User"', '"Member"'), [USER, 'ALTER TABLE "User" RENAME TO "Member";'], True),
    ],
)
def test_types_and_constraints_of_earlier_migrations_count(change: str, before: Sequence[str], silent: bool) -> None:
    assert (rules(change, *before) == []) is silent


def recreated(*labels: str) -> str:
    listed = ", ".join(f"'{label}'" for label in labels)
    return f"""
    CREATE TYPE "Role_new" AS ENUM ({listed});
    ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
    ALTER TYPE "Role" RENAME TO "Role_old";
    ALTER TYPE "Role_new" RENAME TO "Role";
    DROP TYPE "Role_old";
    """


@pytest.mark.parametrize(
    ("before", "labels", "loses"),
    [
        ([ROLE, USER], ("ADMIN", "USER"), False),
        ([ROLE, USER], ("USER",), True),
        ([ROLE, USER, "ALTER TYPE \"Role\" ADD VALUE IF NOT EXISTS 'GUEST';"], ("USER", "ADMIN"), True),
        ([ROLE, USER, "ALTER TYPE \"Role\" RENAME VALUE 'ADMIN' TO 'OWNER';"], ("USER", "OWNER"), False),
        ([ROLE, USER, recreated("USER", "ADMIN", "GUEST")], ("USER", "ADMIN"), True),
        ([ROLE.replace("Role", "Kind"), USER, 'ALTER TYPE "Kind" RENAME TO "Role";'], ("USER", "ADMIN"), False),
    ],
)
def test_labels_of_earlier_migrations_count(before: Sequence[str], labels: tuple[str, ...], loses: bool) -> None:
    assert ("enum-value-removed" in rules(recreated(*labels), *before)) is loses


def test_what_is_dropped_is_known_no_more() -> None:
    assert rules(WIDER, USER, 'DROP TABLE "User";') != []
    assert "enum-value-removed" in rules(recreated("USER", "ADMIN"), ROLE, USER, 'DROP TYPE "Role" CASCADE;')

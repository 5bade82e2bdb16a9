"""Where tables and columns come from, as statements tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.rollback.sqlite.lineage import read_column
from tests.rollback.sqlite.cases import POSTS, USERS, rebuild
from tests.rollback.sqlite.journey import journey

SWAP = "ALTER TABLE {0} RENAME TO x; ALTER TABLE {1} RENAME TO {0}; ALTER TABLE x RENAME TO {1};"


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        ('"a"', "a"),
        ("u.a", "a"),
        ('a AS "b"', "a"),
        ("[a b]", "a b"),
        ('coalesce("a", \'x\') AS "a"', "a"),
        ("ifnull(`a`, b)", "a"),
        ("CAST(a AS TEXT)", "a"),
        ("coalesce(CAST(u.a AS INTEGER), 0)", "a"),
        ("upper(a)", None),
        ("a + 1", None),
        ("'a'", None),
        ("1", None),
        ("coalesce(a + 1, 0)", None),
        ("coalesce(a, 0) + 1", None),
        ("CASE WHEN a THEN b END", None),
    ],
)
def test_which_column_an_expression_hands_on(expression: str, column: str | None) -> None:
    assert read_column(expression) == column


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1;", {"user": "User", "post": "Post"}),
        ('ALTER TABLE "User" RENAME TO "Person";', {"user": "Person", "post": "Post"}),
        (SWAP.format('"User"', '"Post"'), {"user": "Post", "post": "User"}),
        ('DROP TABLE "Post";', {"user": "User"}),
        ('DROP TABLE "Post"; CREATE TABLE "Post" ("id" TEXT);', {"user": "User"}),
        ('CREATE TABLE "copy" AS SELECT * FROM "Post"; DROP TABLE "Post";', {"user": "User", "post": "copy"}),
        ('CREATE TABLE "copy" AS SELECT * FROM "Post";', {"user": "User", "post": "Post"}),
        (
            'CREATE TABLE n ("id" TEXT, "email" TEXT); INSERT INTO n SELECT p."id", u."email" FROM "Post" p '
            'JOIN "User" u ON u."id" = p."authorId"; DROP TABLE "Post"; ALTER TABLE n RENAME TO "Post";',
            {"user": "User", "post": "Post"},  # nobody can read the query; the name is the same
        ),
    ],
)
def test_which_table_is_which(sql: str, expected: dict[str, str], tmp_path: Path) -> None:
    with journey(tmp_path, POSTS, f"PRAGMA foreign_keys=OFF; {sql} PRAGMA foreign_keys=ON;") as found:
        assert {name: one.table for name, one in found.descent.items()} == expected


def test_columns_are_followed_through_every_statement(tmp_path: Path) -> None:
    sql = (
        'ALTER TABLE "User" RENAME COLUMN "name" TO "n"; ALTER TABLE "User" RENAME COLUMN "email" TO "name";'
        'ALTER TABLE "User" ADD COLUMN "email" TEXT;'
        + rebuild(
            "User", '"id" TEXT PRIMARY KEY, "label" TEXT, "name" TEXT', '"id", "label", "name"', '"id", "n", "name"'
        )
    )
    with journey(tmp_path, f'{USERS} DROP INDEX "User_email_key";', sql) as found:
        assert found.descent["user"].columns == {"id": "id", "name": "label", "email": "name"}
        assert found.descent["user"].rebuilt

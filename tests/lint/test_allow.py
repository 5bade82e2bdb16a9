from __future__ import annotations

import pytest

from tests.lint.conftest import Read

DROP = 'ALTER TABLE "User" DROP COLUMN "bio";'
NEXT = 'ALTER TABLE "User" DROP COLUMN "motto";'
ALLOW = "-- safemigrate: allow drop-column nobody reads it"


@pytest.mark.parametrize(
    "sql",
    [
        f"{ALLOW}\n{DROP}",
        f"-- AlterTable\n{ALLOW}\n\n{DROP}",
        f"{DROP} {ALLOW}",
        f'ALTER TABLE "User" {ALLOW}\nDROP COLUMN "bio";',
        f"/* safemigrate: allow drop-column nobody reads it */ {DROP}",
        f"SELECT 1;\n--safemigrate:allow   drop-column   nobody reads it \r\n{DROP}",
    ],
)
def test_a_comment_at_the_statement_allows_it(sql: str, read: Read) -> None:
    (finding,) = read(sql)
    assert finding.allowed == "nobody reads it"
    assert not finding.blocks


def test_one_above_the_first_statement_allows_that_one_only(read: Read) -> None:
    first, second = read(f"{ALLOW}\n{DROP}\n{NEXT}")
    assert (first.allowed, second.allowed) == ("nobody reads it", "")


def test_one_set_apart_at_the_top_allows_the_file(read: Read) -> None:
    assert [finding.allowed for finding in read(f"{ALLOW}\n\n{DROP}\n{NEXT}")] == ["nobody reads it"] * 2


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("-- safemigrate: allow drop-column", "without a reason"),
        ("-- safemigrate: allow drop-table because", "does not occur here"),
        ("-- safemigrate: allow drop-columns because", "is no rule"),
        ("-- safemigrate: allow edited-after-apply because", "is no rule"),
        ("-- safemigrate: allow", "is no rule"),
        ("-- safemigrate: allow drop-column, drop-table read by nobody", "allows drop-table, which does not occur"),
    ],
)
def test_a_comment_that_allows_nothing_is_a_finding(comment: str, says: str, read: Read) -> None:
    unused, drop = read(f"{comment}\n{DROP}")
    assert unused.rule == "unused-allow"
    assert says in unused.message
    assert unused.span
    assert unused.span.line == 1
    assert drop.allowed == ("read by nobody" if "by nobody" in comment else "")


@pytest.mark.parametrize(
    "comment",
    [
        "-- safemigrate: allow drop-column, index-not-concurrent seen by two",
        "-- safemigrate: allow drop-column,index-not-concurrent: seen by two",
        "/* safemigrate: allow drop-column ,\n index-not-concurrent \u2014 seen\n by two */",
        "/*\n * safemigrate: allow drop-column seen by two\n * safemigrate: allow index-not-concurrent seen by two*/",
        "-- safemigrate: allow drop-column seen by two\r\n-- safemigrate: allow index-not-concurrent seen by two",
    ],
)
def test_one_comment_may_name_several_rules(comment: str, read: Read) -> None:
    found = read(f'\ufeff{comment}\r\n\r\n{DROP}\r\nCREATE INDEX "i" ON "User"("a");')
    assert [(each.rule, each.allowed) for each in found] == [
        ("drop-column", "seen by two"),
        ("index-not-concurrent", "seen by two"),
    ]


def test_one_inside_a_statement_of_many_actions_allows_that_statement(read: Read) -> None:
    text = f'ALTER TABLE "User" DROP COLUMN "bio",\n  {ALLOW}\n  DROP COLUMN "nick";\n{NEXT}'
    assert [each.allowed for each in read(text)] == ["nobody reads it", "nobody reads it", ""]


def test_one_behind_a_statement_is_not_for_the_next(read: Read) -> None:
    first, second = read(f"{DROP} {ALLOW}\n{NEXT}")
    assert (first.allowed, second.allowed) == ("nobody reads it", "")


def test_other_comments_are_left_alone(read: Read) -> None:
    assert len(read(f"-- this is safemigrate, allow it\n-- allow drop-column x\n{DROP}")) == 1

"""What check, rules and explain write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from safemigrate.model import Finding, MigrationOutcome, Outcome, Result, RulePage, Severity, Span
from safemigrate.report import github, json_v1, reading

PATH = "prisma/migrations/20260105120000_slim_user/migration.sql"
TEXT = """\
-- AlterTable
ALTER TABLE "User" DROP COLUMN "bio",
  ALTER COLUMN "email" SET NOT NULL;

-- CreateIndex
CREATE INDEX "Post_authorId_publishedAt_visibility_idx" ON "Post"("authorId", "publishedAt", "visibility");

-- safemigrate: allow drop-table nobody has read it since June
DROP TABLE "Draft";
"""
ALTER, INDEX, DROP = Span(14, 87, 2, 1, 3, 36), Span(106, 211, 6, 1, 6, 106), Span(277, 295, 9, 1, 9, 19)
FINDINGS = (
    Finding(
        "drop-column",
        Severity.ERROR,
        '"User"."bio" is dropped with its values',
        "20260105120000_slim_user",
        ALTER,
        '"User"."bio"',
        "remove it from the code, release that, drop it in a later migration",
        loses=True,
    ),
    Finding(
        "set-not-null",
        Severity.WARNING,
        '"User"."email" becomes required; a NULL in it stops the migration, and the whole table is read under a lock',
        "20260105120000_slim_user",
        ALTER,
        '"User"."email"',
        'first: UPDATE "User" SET "email" = ... WHERE "email" IS NULL;',
    ),
    Finding(
        "index-not-concurrent",
        Severity.WARNING,
        '"Post_authorId_publishedAt_visibility_idx" is built while writes to "Post" wait',
        "20260105120000_slim_user",
        INDEX,
        '"Post_authorId_publishedAt_visibility_idx"',
    ),
    Finding(
        "drop-table",
        Severity.ERROR,
        '"Draft" is dropped with its rows',
        "20260105120000_slim_user",
        DROP,
        '"Draft"',
        "",
        None,
        "nobody has read it since June",
        loses=True,
    ),
)
READ = MigrationOutcome("20260105120000_slim_user", "ab" * 32, "read", FINDINGS, path=PATH, text=TEXT)
CLEAN = MigrationOutcome("20260101090000_init", "cd" * 32, "read", path="prisma/migrations/20260101090000_init/m.sql")
UNREADABLE = MigrationOutcome(
    "20260106090000_half",
    "",
    "unreadable",
    detail="a string that begins in line 3, column 7 is never closed",
    path="prisma/migrations/20260106090000_half/migration.sql",
)
RULES = (
    RulePage(
        "drop-column",
        "data-loss",
        Severity.WARNING,
        "Dropping a column takes its values, and every client that still names it fails.",
        "Dropping a column takes its values, and every client that still names it fails.\n\nRemove the field from the\n"
        "code first:\n\n    ALTER TABLE t DROP COLUMN c;\n\nThen drop it.",
        'ALTER TABLE "User" DROP COLUMN "bio";',
        'ALTER TABLE "User" ALTER COLUMN "bio" DROP NOT NULL;',
    ),
    RulePage("opaque-statement", "correctness", Severity.ERROR, "A statement that nobody can read.", "Page."),
)
OUTCOMES = {
    "check-blocked": Outcome(
        "check", Result.BLOCKED, migrations=(CLEAN, READ), next=("safemigrate explain drop-column",), seconds=0.1
    ),
    "check-incomplete": Outcome("check", Result.INCOMPLETE, migrations=(CLEAN, READ, UNREADABLE)),
    "check-warnings": Outcome(
        "check",
        Result.OK,
        migrations=(CLEAN, replace(READ, findings=FINDINGS[1:3])),
        notes=("The baseline knows 14 findings.",),
    ),
    "check-clean": Outcome("check", Result.OK, migrations=(CLEAN,)),
    "check-nothing": Outcome("check", Result.NOTHING, notes=("No migration changed since origin/main.",)),
    "rules": Outcome("rules", Result.OK, rules=RULES),
    "explain": Outcome("explain", Result.OK, rules=RULES[:1]),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_text_and_json(name: str, golden: Callable[[str, str], None]) -> None:
    written = reading.render(OUTCOMES[name])
    assert max(map(len, written.splitlines())) <= 80
    golden(f"text/{name}.txt", written)
    golden(f"json/{name}.json", json_v1.render(OUTCOMES[name]))


def test_verbose_adds_what_comments_allow(golden: Callable[[str, str], None]) -> None:
    golden("text/check-blocked-verbose.txt", reading.render(OUTCOMES["check-blocked"], verbose=True))


def test_colour_is_only_colour() -> None:
    import re

    painted = reading.render(OUTCOMES["check-incomplete"], colour=True)
    assert "\x1b[31m" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == reading.render(OUTCOMES["check-incomplete"])


def test_a_name_cannot_write_to_the_terminal() -> None:
    finding = replace(FINDINGS[0], message="\x1b[2J", subject="\x1b[2J", help="\x1b[2J")
    outcome = Outcome("check", Result.BLOCKED, migrations=(replace(READ, path="\x1b[2J", findings=(finding,)),))
    assert "\x1b" not in reading.render(outcome)


def test_annotations(golden: Callable[[str, str], None]) -> None:
    golden("text/check-incomplete.github.txt", github.render(OUTCOMES["check-incomplete"]))

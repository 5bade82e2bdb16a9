"""What each format writes: of a check that blocks, of a rehearsal, and of what stopped a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from safemigrate.model import (
    Column,
    ColumnChange,
    Detail,
    Fate,
    Finding,
    ForeignKey,
    ForeignKeyChange,
    Key,
    Outcome,
    SchemaChange,
    Severity,
    TableChange,
)
from safemigrate.report.formats import Format, View, render, render_error, tells
from safemigrate.workflow.rules import pages
from tests.golden import test_reading, test_reports

SUFFIX = {
    Format.GITHUB: "txt",
    Format.JSON: "json",
    Format.MARKDOWN: "md",
    Format.SARIF: "sarif",
    Format.GITLAB: "json",
    Format.JUNIT: "xml",
    Format.HTML: "html",
}
ID = ColumnChange(*[Column("id", "integer", required=True, key=Key.PRIMARY)] * 2)
CHANGE = SchemaChange(
    (
        TableChange('"public"."Draft"', "", (ID, ColumnChange(Column("postId", "integer", required=False), None))),
        TableChange('"public"."Post"', '"public"."Post"', (ID,)),
        TableChange(
            '"public"."User"',
            '"public"."User"',
            (
                ID,
                ColumnChange(Column("bio", "text", required=False), None),
                ColumnChange(Column("email", "text", required=False), Column("email", "text", required=True)),
            ),
            (Detail("index", "User_email_idx", Fate.ADDED, "", 'CREATE INDEX "User_email_idx" ON "User" (email)'),),
        ),
    ),
    (
        ForeignKeyChange(
            ForeignKey("Draft_fk", '"public"."Draft"', ("postId",), '"public"."Post"', ("id",)), None, Fate.REMOVED
        ),
    ),
    (Detail("enum", "Role", Fate.CHANGED, "'USER'", "'USER', 'ADMIN'"),),
)
DRIFT = Finding("schema-without-migration", Severity.ERROR, "schema.prisma asks for what no migration does", "")
BLOCKED = replace(
    test_reading.OUTCOMES["check-incomplete"], base="origin/main (2f1c0de)", findings=(DRIFT,), notes=("A note.",)
)
REHEARSED = replace(test_reports.OUTCOMES["apply-dry-run"], change=CHANGE)
OUTCOMES = {"check": BLOCKED, "apply": REHEARSED, "conflicts": test_reports.OUTCOMES["rollback-conflicts"]}
RULES = {page.name: page for page in pages()}

Golden = Callable[[str, str], None]


def outcome(name: str) -> Outcome:
    return replace(OUTCOMES[name], seconds=1.25)


def steady(written: str) -> str:
    """Without the version and the style, and an element of a page on each line."""
    written = re.sub(r'("semanticVersion": "|Written by safemigrate )[\d.]+\d', r"\1VERSION", written)
    if not written.startswith("<!DOCTYPE html>"):
        return written
    return re.sub("(?<!\n)<(?=[a-z])", "\n<", re.sub("<style>.*</style>", "<style></style>", written, flags=re.S))


@pytest.mark.parametrize(
    ("form", "name"), [(form, name) for form in SUFFIX for name in OUTCOMES if tells(form, OUTCOMES[name].command)]
)
def test_outcome(form: Format, name: str, golden: Golden) -> None:
    written = render(form, outcome(name), View(folder="web", rules={"drop-column": RULES["drop-column"]}))
    golden(f"formats/{name}.{form}.{SUFFIX[form]}", steady(written))


@pytest.mark.parametrize("form", SUFFIX)
def test_error(form: Format, golden: Golden) -> None:
    written = render_error(form, "check", test_reports.ERRORS["connection"])
    golden(f"formats/error.{form}.{SUFFIX[form]}", steady(written))

"""What other tools read is what they can read, whatever the names; the registry names modules that are there."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from junitparser import Error, Failure, JUnitXml

from safemigrate.errors import ProjectError
from safemigrate.model import Finding, MigrationOutcome, Outcome, Result, Severity, Span
from safemigrate.report import github, gitlab, junit, sarif
from safemigrate.report.formats import MODULES, Format, View, render, render_error, tells
from safemigrate.report.told import told
from tests.report.nasty import NASTY, outcome

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"
SARIF = Path(__file__).parent / "sarif" / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "sarif-2.1.0.json"


def finding(severity: Severity = Severity.ERROR, line: int = 1, **changes: Any) -> Finding:
    return replace(Finding("drop-table", severity, "m", "m", Span(7, 12, line, 8, line, 13), '"T"'), **changes)


def read(*findings: Finding, text: str = "SELECT a, b; SELECT 1;") -> Outcome:
    migration = MigrationOutcome("m", "", "read", findings, path="prisma/m/migration.sql", text=text)
    return Outcome("check", Result.BLOCKED, migrations=(migration,))


@cache
def validator() -> Draft7Validator:
    if not SARIF.exists() and not os.environ.get("CI"):
        pytest.skip("npm install --prefix tests/report/sarif brings the schema")
    return Draft7Validator(json.loads(SARIF.read_text(encoding="utf-8-sig")))


def problems(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(json.loads(text))]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("word", NASTY, ids=range(len(NASTY)))
def test_every_format_takes_every_word_as_a_word(form: Format, word: str) -> None:
    written = render(form, outcome(word), View()) + render_error(form, "apply", ProjectError(word, word, (word,)))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written)
    written.encode()


def test_every_format_has_its_module_and_no_module_is_read_before_it_is_asked_for() -> None:
    assert set(MODULES) == set(Format)
    assert not [form for form in Format if tells(form, "status") and form not in ("text", "json", "github")]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.sarif")), ids=lambda path: path.stem)
def test_every_golden_sarif_fits_its_schema(path: Path) -> None:
    assert problems(path.read_text()) == []


def test_nasty_words_fit_the_schema_and_a_wrong_document_does_not() -> None:
    document = json.loads(sarif.render(outcome("\n".join(NASTY[:10]))))
    assert problems(json.dumps(document)) == []
    document["runs"][0]["results"][0]["level"] = "fatal"
    document["runs"][0]["extra"] = 1
    assert len(problems(json.dumps(document))) == 2


def test_a_fingerprint_outlives_what_is_written_above_it() -> None:
    (before,) = told(read(finding()))
    lower = finding(line=4, span=Span(11, 16, 4, 8, 4, 13))
    (after,) = told(read(lower, text="-- x SELECT a, b; SELECT 1;"[:4] + "SELECT a, b; SELECT 1;"))
    assert before.fingerprint == after.fingerprint
    other = [each.fingerprint for each in told(read(finding(), finding(), finding(subject='"U"'), finding(rule="x")))]
    assert len(set(other)) == 4
    assert other[0] == before.fingerprint


def test_an_allowed_finding_is_suppressed_with_its_reason() -> None:
    (result,) = json.loads(sarif.render(read(finding(allowed="nobody reads it"))))["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "inSource", "justification": "nobody reads it"}]
    assert json.loads(gitlab.render(read(finding(allowed="nobody reads it")))) == []


def test_a_path_is_a_uri() -> None:
    odd = replace(read(finding()).migrations[0], path="web app/prisma/ä#1/migration.sql")
    text = sarif.render(Outcome("check", Result.BLOCKED, migrations=(odd,)))
    (result,) = json.loads(text)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "web%20app/prisma/%C3%A4%231/migration.sql", "uriBaseId": "%SRCROOT%"}


def test_gitlab_has_what_it_asks_for() -> None:
    issues = json.loads(gitlab.render(outcome("word"))) + json.loads(gitlab.render_error("check", ProjectError("x")))
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["path"]
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


@pytest.mark.parametrize("count", [10, 11, 35])
def test_github_shows_ten_of_a_kind_the_worst_first_and_says_how_many_more(count: int) -> None:
    findings = [
        finding(severity, line)
        for severity in (Severity.NOTICE, Severity.WARNING, Severity.ERROR)
        for line in range(count)
    ]
    lines = github.render(read(*findings)).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    more = [line for line in lines if re.search(r"and \d+ more", line)]
    assert len(more) == (3 if count > 10 else 0)
    assert all(f"and {count - 9} more" in line for line in more)


@pytest.mark.parametrize("word", NASTY, ids=range(len(NASTY)))
def test_an_annotation_is_one_line(word: str) -> None:
    lines = github.render(outcome(word)).split("\n")
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines[:-1])
    assert lines[-1] == ""
    assert len(lines) == 4  # of the project, of the migration, and the one that cannot be read


def cases(text: str) -> dict[str, Any]:
    return {case.name: case for suite in JUnitXml.fromroot(JUnitXml.fromstring(text.encode())._elem) for case in suite}


def test_junit_is_read_as_a_case_a_migration() -> None:
    found = cases(junit.render(outcome("\n".join(NASTY), "check")))
    assert len(found) == 3
    assert [len(case.result) for case in found.values()] == [1, 1, 1]
    kinds = [type(case.result[0]) for case in found.values()]
    assert kinds == [Failure, Failure, Error]
    suites = JUnitXml.fromfile(BytesIO(junit.render(outcome("x", "check")).encode()))
    assert (suites.tests, suites.failures, suites.errors) == (3, 2, 1)


def test_junit_fails_where_the_command_does() -> None:
    warnings = read(finding(Severity.WARNING))
    (case,) = cases(junit.render(warnings)).values()
    assert [type(one) for one in case.result] == [Failure]  # --fail-on warning
    (case,) = cases(junit.render(replace(read(finding()), result=Result.OK))).values()
    assert case.result == []  # --exit-zero
    assert "error drop-table" in case.system_out
    (case,) = cases(junit.render(read(finding(allowed="known")))).values()
    assert case.result == []

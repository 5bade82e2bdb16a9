"""The action's comment against a stand-in of GitHub's API: made once, updated, and never a reason to fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ci import github

SCRIPT = Path(__file__).parents[2] / ".github" / "actions" / "check" / "comment.py"
MARKER = "<!-- safemigrate check: . -->"
BLOCKED = {"migrations": [{"name": "20260102000000_slim_user"}], "findings": [], "error": None}
NOTHING: dict[str, Any] = {"migrations": [], "findings": [], "error": None}


@dataclass
class Job:
    """A job of the action, after its check."""

    api: github.GitHub
    folder: Path

    def comment(self, text: str, document: dict[str, Any] = BLOCKED, event: Any = None, **environment: str) -> str:
        """Run the script; it ends well whatever happens. Return what it prints."""
        (self.folder / "event.json").write_text(json.dumps(event or {"pull_request": {"number": github.PULL}}))
        (self.folder / "report.json").write_text(json.dumps(document))
        (self.folder / "report.md").write_text(text)
        given = {
            "GITHUB_API_URL": self.api.url,
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_TOKEN": self.api.token,
            "PROJECT": ".",
            "JSON": str(self.folder / "report.json"),
            "MARKDOWN": str(self.folder / "report.md"),
        }
        command = [sys.executable, "-c", f"import runpy, time; time.sleep = lambda _: None; {self._run}"]
        done = subprocess.run(command, env={**os.environ, **given, **environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert self.api.token not in done.stdout + done.stderr
        return done.stdout

    @property
    def _run(self) -> str:
        return f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"

    @property
    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.api.comments]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    with github.running() as api:
        yield Job(api, tmp_path)


def test_it_comments_once_and_updates_its_comment(job: Job) -> None:
    job.api.add("What does this migration do?")
    assert job.comment("2 findings block") == ""
    assert job.comment("Nothing blocks") == ""
    assert job.bodies == ["What does this migration do?", f"{MARKER}\nNothing blocks"]
    assert job.api.asked == ["GET", "POST", "GET", "PATCH"]


def test_its_comment_is_found_on_a_later_page_and_a_quotation_is_not_it(job: Job) -> None:
    for number in range(150):
        job.api.add(f"> {MARKER}\n> 2 findings block\n\nSee {number}")
    ours = job.api.add(f"{MARKER}\n2 findings block")
    job.comment("Nothing blocks")
    assert ours["body"] == f"{MARKER}\nNothing blocks"
    assert len(job.bodies) == 151


def test_each_project_of_a_repository_has_a_comment_of_its_own(job: Job) -> None:
    job.comment("about one", PROJECT="apps/web")
    job.comment("about the other", PROJECT="apps/--> api")
    job.comment("about one again", PROJECT="apps/web")
    assert job.bodies == [
        "<!-- safemigrate check: apps/web -->\nabout one again",
        "<!-- safemigrate check: apps/%2D%2D%3E%20api -->\nabout the other",
    ]


def test_what_has_nothing_to_say_makes_no_comment_but_updates_one(job: Job) -> None:
    job.comment("No migration changed", NOTHING)
    assert job.bodies == []
    job.comment("2 findings block")
    job.comment("No migration changed", NOTHING)
    assert job.bodies == [f"{MARKER}\nNo migration changed"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_may_only_read_leads_to_the_summary(job: Job, status: int) -> None:
    job.api.fails = [status]
    said = job.comment("2 findings block")
    assert said.startswith("::notice title=safemigrate::The token may not comment here")
    assert "in the job's summary" in said
    assert job.bodies == []


def test_what_github_fails_at_is_tried_again(job: Job) -> None:
    job.comment("2 findings block")
    job.api.fails = [502, 503]
    assert job.comment("Nothing blocks") == ""
    job.api.fails = [500, 500, 500]
    assert "::warning title=safemigrate::GitHub did not take the comment (HTTP 500)" in job.comment("2 findings block")
    assert job.bodies == [f"{MARKER}\nNothing blocks"]


def test_a_comment_is_not_made_twice_where_nobody_knows_whether_it_was_made(job: Job) -> None:
    job.comment("No migration changed", NOTHING)
    job.api.asked.clear()
    answers = iter([None, 502])
    answer = job.api.answer

    def flaky(method: str, target: str, body: dict[str, str] | None) -> tuple[int, Any, str]:
        status = next(answers)
        found = answer(method, target, body)
        return (status, {}, "") if status else found

    job.api.answer = flaky  # type: ignore[method-assign]
    assert "HTTP 502" in job.comment("2 findings block")
    assert job.api.asked == ["GET", "POST"]


def test_a_github_that_cannot_be_reached_fails_nothing(job: Job) -> None:
    assert "could not be reached" in job.comment("2 findings block", GITHUB_API_URL="http://127.0.0.1:9")


def test_a_page_of_some_proxy_fails_nothing(job: Job) -> None:
    job.api.answer = lambda *_: (200, "<html></html>", "")  # type: ignore[method-assign]
    assert "::warning" in job.comment("2 findings block")


def test_without_a_pull_request_there_is_nothing_to_comment_on(job: Job) -> None:
    assert job.comment("2 findings block", event={"merge_group": {"base_sha": "0" * 40}}) == ""
    assert job.api.asked == []

"""The environment of a CI job, as each service sets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from safemigrate.git import Named
from safemigrate.workflow.gate.ci import named

ZERO = "0" * 40


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"GITHUB_BASE_REF": "main"}, None),  # a leftover; it is not GitHub that runs this
        ({"CI": "true", "CIRCLECI": "true"}, None),
        (
            {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "trunk", "CI_COMMIT_BRANCH": "x"},
            Named(("origin/trunk", "trunk")),
        ),
        (
            {
                "GITLAB_CI": "true",
                "CI_DEFAULT_BRANCH": "trunk",
                "CI_COMMIT_BRANCH": "trunk",
                "CI_COMMIT_BEFORE_SHA": "abc",
            },
            Named(("abc",)),
        ),
        (
            {
                "GITLAB_CI": "true",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc",
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
            },
            Named(("origin/main", "abc")),
        ),
        (
            {
                "GITLAB_CI": "true",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc",
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "def",
            },
            Named(("def", "origin/main", "abc")),
        ),
        ({"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release/2"}, Named(("origin/release/2", "release/2"))),
        ({"BITBUCKET_PR_DESTINATION_BRANCH": "main"}, Named(("origin/main", "main"))),
        ({"TRAVIS_PULL_REQUEST": "false", "TRAVIS_BRANCH": "main"}, None),
        ({"TRAVIS_PULL_REQUEST": "7", "TRAVIS_BRANCH": "main"}, Named(("origin/main", "main"))),
    ],
)
def test_what_a_service_names(environment: dict[str, str], expected: Named | None) -> None:
    assert named(environment) == expected


@pytest.mark.parametrize(
    ("environment", "event", "expected"),
    [
        (
            {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_SHA": "merge"},
            {"pull_request": {"base": {"sha": "base"}}},
            Named(("origin/main", "main", "base"), "merge"),
        ),
        (
            {"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_BASE_REF": "main", "GITHUB_SHA": "tip-of-main"},
            None,
            Named(("origin/main", "main")),
        ),
        ({"GITHUB_EVENT_NAME": "merge_group"}, {"merge_group": {"base_sha": "base"}}, Named(("base",))),
        (
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"},
            {"before": "old", "repository": {"default_branch": "main"}},
            Named(("old",)),
        ),
        (
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"},
            {"before": ZERO, "repository": {"default_branch": "main"}},
            None,
        ),
        (
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic"},
            {"before": "old", "repository": {"default_branch": "main"}},
            Named(("origin/main", "main")),
        ),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch"}, "no JSON", None),
    ],
)
def test_what_github_names(tmp_path: Path, environment: dict[str, str], event: Any, expected: Named | None) -> None:
    path = tmp_path / "event.json"
    if event:
        path.write_text(event if isinstance(event, str) else json.dumps(event))
    assert named({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path), **environment}) == expected

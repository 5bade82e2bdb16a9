"""What a CI service says a change is to be compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from safemigrate.git import Named

# The branch that a pull request goes to, where that is all a service tells: Azure, Bitbucket, Jenkins, Buildkite,
# Woodpecker, Drone, Cirrus. CircleCI tells nothing.
_TARGETS = (
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "CHANGE_TARGET",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "CI_COMMIT_TARGET_BRANCH",
    "DRONE_TARGET_BRANCH",
    "CIRRUS_BASE_BRANCH",
)
_NO_COMMIT = "0" * 40  # before the first push of a branch


def named(environment: Mapping[str, str]) -> Named | None:
    """Return what the job's environment names; None outside CI, and where the service names nothing."""
    if environment.get("GITHUB_ACTIONS"):
        return _github(environment)
    if environment.get("GITLAB_CI"):
        return _gitlab(environment)
    if environment.get("TRAVIS_PULL_REQUEST", "false") != "false":
        return _branch(environment.get("TRAVIS_BRANCH", ""))
    return next((found for name in _TARGETS if (found := _branch(environment.get(name, "")))), None)


def _github(environment: Mapping[str, str]) -> Named | None:
    event: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    if base := environment.get("GITHUB_BASE_REF"):
        known = event.get("pull_request", {}).get("base", {}).get("sha", "")
        # actions/checkout takes the merge of both by default; a workflow may have checked out something else since
        merge = environment.get("GITHUB_SHA", "") if environment.get("GITHUB_EVENT_NAME") == "pull_request" else ""
        return _branch(base, known, merge=merge)
    if queue := event.get("merge_group"):
        return _commit(queue.get("base_sha", ""))
    default = event.get("repository", {}).get("default_branch", "")
    if default and environment.get("GITHUB_REF") == f"refs/heads/{default}":
        return _commit(event.get("before", ""))
    return _branch(default)


def _gitlab(environment: Mapping[str, str]) -> Named | None:
    if target := environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        # its commit is set in pipelines of merged results only (GitLab docs, predefined variables)
        commit = environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "")
        usual = (f"origin/{target}", environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""))
        return Named(tuple(ref for ref in (commit, *usual) if ref))
    default = environment.get("CI_DEFAULT_BRANCH", "")
    if default and environment.get("CI_COMMIT_BRANCH") == default:
        return _commit(environment.get("CI_COMMIT_BEFORE_SHA", ""))
    return _branch(default)


def _branch(name: str, *known: str, merge: str = "") -> Named | None:
    name = name.removeprefix("refs/heads/")
    return Named(tuple(ref for ref in (f"origin/{name}", name, *known) if ref), merge) if name else None


def _commit(name: str) -> Named | None:
    return Named((name,)) if name and name != _NO_COMMIT else None

"""Puts the report on the pull request: one comment for each project, updated at every push.

What goes wrong here never fails the check: the report is in the job's summary too.
"""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

PAUSES = (1, 4)  # seconds before another try
REFUSED = (401, 403, 404)


def main() -> None:
    """Write or update the comment."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = (event.get("pull_request") or {}).get("number")
    if number is None:
        return
    project = quote(os.environ["PROJECT"], safe="/").replace("--", "%2D%2D")
    marker = f"<!-- safemigrate check: {project} -->"
    body = {"body": f"{marker}\n{Path(os.environ['MARKDOWN']).read_text(encoding='utf-8')}"}
    issues = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        ours = next(
            (each for each in _comments(f"{issues}/{number}/comments") if (each["body"] or "").startswith(marker)), None
        )
        if ours:
            _call("PATCH", f"{issues}/comments/{ours['id']}", body)
        elif _says_something():
            _call("POST", f"{issues}/{number}/comments", body)
    except urllib.error.HTTPError as error:
        if error.code in REFUSED:
            why = f"The token may not comment here (HTTP {error.code}), as on a pull request from a fork."
            _tell("notice", f"{why} The report is in the job's summary.")
        else:
            _tell(
                "warning", f"GitHub did not take the comment (HTTP {error.code}). The report is in the job's summary."
            )
    except (OSError, HTTPException, ValueError) as error:  # no answer, half of one, or one that is no JSON
        _tell("warning", f"GitHub could not be reached: {error}. The report is in the job's summary.")


def _says_something() -> bool:
    document = json.loads(Path(os.environ["JSON"]).read_text(encoding="utf-8"))
    return bool(document["migrations"] or document["findings"] or document["error"])


def _comments(url: str) -> Iterator[dict[str, Any]]:
    following = f"{url}?per_page=100"
    while following:
        answer, links = _call("GET", following)
        yield from answer
        following = next(iter(re.findall(r'<([^>]+)>; rel="next"', links)), "")


def _call(method: str, url: str, body: dict[str, str] | None = None) -> tuple[Any, str]:
    """Send one request; return its answer and its `Link` header. What GitHub fails at itself is tried again."""
    request = urllib.request.Request(
        url,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    pauses = iter(PAUSES if method != "POST" else ())  # a comment may have been made all the same
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer), answer.headers.get("Link", "")
        except urllib.error.HTTPError as error:
            pause = next(pauses, None)
            if error.code < 500 or pause is None:
                raise
            time.sleep(pause)


def _tell(level: str, message: str) -> None:
    print(f"::{level} title=safemigrate::{message}")


if __name__ == "__main__":
    main()

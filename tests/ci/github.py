"""A stand-in for the part of GitHub's API that the action's comment uses, on the loopback address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ISSUES = "/repos/acme/shop/issues"
PULL = 7


@dataclass
class GitHub:
    """The comments of pull request 7 of acme/shop. `fails` are status codes to answer with first."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    fails: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    token: str = "a-token"
    url: str = ""

    def add(self, body: str) -> dict[str, Any]:
        """Somebody comments."""
        comment = {"id": 1000 + len(self.comments), "body": body}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, target: str, body: dict[str, str] | None) -> tuple[int, Any, str]:
        """Return status, body and `Link` of one request."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.asked.append(method)
        if self.fails:
            return self.fails.pop(0), {"message": "Resource not accessible by integration"}, ""
        if method == "GET" and path == f"{ISSUES}/{PULL}/comments":
            size, page = int(query["per_page"][0]), int(query.get("page", ["1"])[0])
            end = size * page
            more = f'<{self.url}{path}?per_page={size}&page={page + 1}>; rel="next", <x>; rel="last"'
            return 200, self.comments[end - size : end], more if end < len(self.comments) else ""
        if method == "POST" and path == f"{ISSUES}/{PULL}/comments" and body:
            return 201, self.add(body["body"]), ""
        for comment in self.comments:
            if method == "PATCH" and path == f"{ISSUES}/comments/{comment['id']}" and body:
                comment["body"] = body["body"]
                return 200, comment, ""
        return 404, {"message": "Not Found"}, ""


@contextmanager
def running() -> Iterator[GitHub]:
    """Serve until the end of the block."""
    github = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            allowed = self.headers["Authorization"] == f"Bearer {github.token}"
            status, answer, link = github.answer(self.command, self.path, body) if allowed else (401, {}, "")
            self.send_response(status)
            if link:
                self.send_header("Link", link)
            self.end_headers()
            self.wfile.write((answer if isinstance(answer, str) else json.dumps(answer)).encode())

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815  # http.server's names

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

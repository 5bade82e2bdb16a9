"""Runs `safemigrate check` for the action: annotations, reports, the step's summary, the action's outputs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CANNOT = 2  # of safemigrate's exit codes: could not do the job
REPORTS = {
    "json": "safemigrate.json",
    "markdown": "safemigrate.md",
    "sarif": "safemigrate.sarif",
    "html": "safemigrate.html",
}


def main() -> int:
    """Run it and return its exit code."""
    folder = Path(tempfile.mkdtemp(prefix="safemigrate-", dir=os.environ["RUNNER_TEMP"]))
    paths = {name: folder / file for name, file in REPORTS.items()}
    environment = {name: value for name, value in os.environ.items() if name != "SAFEMIGRATE_DATABASE_URL" or value}
    try:
        code = subprocess.run([*_command(), *_outputs(paths)], env=environment, check=False).returncode
    except ValueError as error:
        print(f"::error title=safemigrate::The input `arguments` is no command line: {error}")
        code = CANNOT
    written = {name: path for name, path in paths.items() if path.is_file()}
    document = json.loads(written["json"].read_text(encoding="utf-8")) if "json" in written else {}
    _append(
        "GITHUB_OUTPUT",
        {"outcome": document.get("outcome", "error"), "exit-code": code, "blocking": _blocking(document), **written},
    )
    if "markdown" in written:  # which stays below the limit of a comment, and so of a summary
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
            file.write(written["markdown"].read_text(encoding="utf-8") + "\n")
    return code


def _command() -> list[str]:
    base = os.environ.get("BASE", "")
    return [
        # -P: the folder is a stranger's, and no module is taken from there
        *(sys.executable, "-P", "-m", "safemigrate", "check", "--no-interactive", "--format", "github"),
        *("--fail-on", os.environ.get("FAIL_ON") or "error"),
        *(("--base", base) if base else ()),
        *shlex.split(os.environ.get("ARGUMENTS", "")),
    ]


def _outputs(paths: dict[str, Path]) -> list[str]:
    return [word for name, path in paths.items() for word in ("--output", f"{name}={path}")]


def _blocking(document: dict[str, Any]) -> int:
    findings = [*document.get("findings", [])]
    for migration in document.get("migrations", []):
        findings += migration["findings"]
    return sum(finding["blocks"] for finding in findings)


def _append(variable: str, values: dict[str, Any]) -> None:
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


if __name__ == "__main__":
    sys.exit(main())

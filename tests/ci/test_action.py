"""The action's check on a real branch: exit code, annotations, reports, summary and outputs; and what it declares."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.ci.project import DROPS, write

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "check"
WORKFLOW = ACTION.parents[1] / "workflows" / "check.yml"


@dataclass
class Ended:
    code: int
    stdout: str
    summary: str
    outputs: dict[str, str]


def run(project: Path, runner: Path, **given: str) -> Ended:
    """Run the script of the action's step in a project, as a runner does."""
    summary, outputs = runner / "summary.md", runner / "outputs"
    for file in (summary, outputs):
        file.write_text("")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))},
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_WORKSPACE": str(project),
        "RUNNER_TEMP": str(runner),
        "SAFEMIGRATE_DATABASE_URL": "",
        **given,
    }
    done = subprocess.run(
        [sys.executable, ACTION / "check.py"], cwd=project, env=environment, capture_output=True, text=True
    )
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return Ended(done.returncode, done.stdout, summary.read_text(), said)


def test_a_branch_that_drops_a_column(project: Path, tmp_path: Path) -> None:
    write(project, "20260102000000_slim_user", DROPS)
    ended = run(project, tmp_path, BASE="main")
    assert ended.code == 1, ended.stdout
    assert "::error file=prisma/migrations/20260102000000_slim_user/migration.sql,line=1" in ended.stdout
    assert (ended.outputs["outcome"], ended.outputs["exit-code"]) == ("blocked", "1")
    assert int(ended.outputs["blocking"]) >= 1
    assert "20260102000000_slim_user" in ended.summary
    assert ended.summary == Path(ended.outputs["markdown"]).read_text() + "\n"
    for name in ("json", "sarif", "html"):
        assert Path(ended.outputs[name]).stat().st_size


def test_what_it_is_told_reaches_safemigrate(project: Path, tmp_path: Path) -> None:
    write(project, "20260102000000_slim_user", DROPS)
    told = run(
        project, tmp_path, ARGUMENTS="--rule 'drop-column=off' --offline --changed-since main", FAIL_ON="warning"
    )
    assert (told.code, told.outputs["outcome"], told.outputs["blocking"]) == (0, "ok", "0"), told.stdout
    wrong = run(project, tmp_path, ARGUMENTS="--no-such-option")
    assert (wrong.code, wrong.outputs["outcome"], wrong.summary) == (2, "error", "")
    unquoted = run(project, tmp_path, ARGUMENTS="--rule 'drop-column=off")
    assert (unquoted.code, unquoted.outputs["outcome"]) == (2, "error")
    assert "is no command line: No closing quotation" in unquoted.stdout
    unknown = run(project, tmp_path, BASE="nowhere")
    assert (unknown.code, unknown.outputs["outcome"]) == (2, "error")
    assert "nowhere" in unknown.stdout


def test_no_module_comes_from_the_project(project: Path, tmp_path: Path) -> None:
    for name in ("safemigrate", "typer", "git"):
        (project / f"{name}.py").write_text("raise SystemExit('a stranger was here')")
    assert run(project, tmp_path, ARGUMENTS="--offline").code == 0


def test_its_readme_names_every_input_and_output() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    readme = (ACTION / "README.md").read_text()
    inputs, outputs = readme.split("## Inputs")[1].split("## Outputs")
    assert re.findall(r"^\| `([\w-]+)` \|", inputs, flags=re.MULTILINE) == list(action["inputs"])
    told = re.findall(r"`([\w-]+)`", "".join(re.findall(r"^\| (`.*?) \|", outputs, flags=re.MULTILINE)))
    assert told == list(action["outputs"])
    for name in ("fail-on", "working-directory", "comment", "cache"):
        assert f"| `{action['inputs'][name]['default']}` |" in inputs


def test_the_reusable_workflow_passes_on_what_the_action_takes() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    workflow = yaml.safe_load(WORKFLOW.read_text())
    step = next(each for each in workflow["jobs"]["check"]["steps"] if each.get("id") == "check")
    assert step["uses"] == "$/.github/actions/check"
    assert set(step["with"]) == set(action["inputs"]) - {"cache", "token"}
    called = workflow[True]["workflow_call"]  # YAML 1.1 takes `on` for a truth value
    assert {*called["inputs"], *called["secrets"]} - {"runs-on", "install"} == set(step["with"])

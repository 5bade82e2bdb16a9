"""The boundary: every way a command can end, and what it costs to start."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from safemigrate import cli, errors
from safemigrate.model import Outcome, Result

PROGRAM = Path(sysconfig.get_path("scripts")) / "safemigrate"
HEAVY = ("psycopg", "sqlglot", "rich", "testcontainers", "git", "safemigrate.db", "safemigrate.prisma")


def raising(error: BaseException) -> Callable[..., NoReturn]:
    def act(*_: object) -> NoReturn:
        raise error

    return act


@pytest.mark.parametrize(
    ("result", "code"), [(Result.APPLIED, 0), (Result.BLOCKED, 1), (Result.CONFLICTS, 1), (Result.NOT_OK, 1)]
)
def test_results(invoke: Any, workflows: Any, result: Result, code: int) -> None:
    workflows.act = lambda *_: Outcome("apply", result)
    ran = invoke("apply")
    assert ran.code == code
    assert ran.stdout != ""
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConnectionFailed("no answer", "nothing listens", ("docker compose up",)), 2),
        (errors.ConsentRequired("no answer", "nothing listens", ("docker compose up",)), 3),
        (errors.Restored("no answer", "nothing listens", ("docker compose up",)), 4),
        (errors.NotRestored("no answer", "nothing listens", ("docker compose up",)), 5),
        (errors.Interrupted("no answer", "nothing listens", ("docker compose up",)), 130),
    ],
)
def test_errors_are_said_once_on_stderr(invoke: Any, workflows: Any, error: errors.SafemigrateError, code: int) -> None:
    workflows.act = raising(error)
    ran = invoke("apply", "-q")
    assert (ran.code, ran.stdout) == (code, "")
    assert ran.stderr == "✖ no answer\n  nothing listens\n  → docker compose up\n"


@pytest.mark.parametrize("json_flag", [("--json",), ("--format", "json"), ("--format=json",)])
def test_with_json_a_usage_error_and_a_bug_are_objects_too(
    invoke: Any, workflows: Any, json_flag: tuple[str, ...]
) -> None:
    ran = invoke("apply", "--no-such-flag", *json_flag)
    said = json.loads(ran.stdout)
    assert (ran.code, said["command"], said["outcome"]) == (2, "apply", "error")
    assert "--no-such-flag" in said["error"]["summary"]
    workflows.act = raising(ZeroDivisionError("secret"))
    ran = invoke("snapshot", "verify", "x", *json_flag)
    said = json.loads(ran.stdout)
    assert (ran.code, said["command"]) == (70, "snapshot verify")
    assert "ZeroDivisionError" in said["error"]["summary"]
    assert "secret" not in ran.stdout


def test_with_json_an_error_is_an_object_on_stdout_too(invoke: Any, workflows: Any) -> None:
    workflows.act = raising(errors.SnapshotError("cut in half"))
    ran = invoke("snapshot", "verify", "x", "--json")
    assert ran.code == 2
    assert json.loads(ran.stdout)["error"]["summary"] == "cut in half"
    assert json.loads(ran.stdout)["command"] == "snapshot verify"
    assert "cut in half" in ran.stderr


def test_ctrl_c(invoke: Any, workflows: Any) -> None:
    workflows.act = raising(KeyboardInterrupt())
    ran = invoke("apply")
    assert ran.code == 130
    assert "✖ Interrupted" in ran.stderr
    assert "safemigrate status" in ran.stderr


def test_a_bug_leaves_a_log_and_no_traceback_or_secret(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    workflows.act = raising(ZeroDivisionError("postgresql://u:hunter2@h/db broke"))
    ran = invoke("apply", "--url", "postgresql://u:hunter2@h/db", "--shadow=postgresql://u:hunter2@h/s")
    assert ran.code == 70
    assert ran.stderr.startswith("✖ This is a bug in safemigrate: ZeroDivisionError\n")
    assert "Traceback" not in ran.stderr
    (log,) = tmp_path.rglob("*.log")
    assert str(log) in ran.stderr
    written = log.read_text()
    assert "Traceback" in written
    assert "postgresql://u:***@h/db broke" in written
    assert "hunter2" not in written
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_failing_disk_is_no_bug(invoke: Any, workflows: Any) -> None:
    workflows.act = raising(OSError(28, "No space left on device", "/var/store"))
    ran = invoke("apply")
    assert ran.code == 2
    assert ran.stderr.startswith("✖ /var/store: No space left on device\n  What happened is in ")
    assert ran.stderr.endswith("  → safemigrate status\n")


def test_the_log_goes_into_the_project_where_there_is_one(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    (tmp_path / ".safemigrate").mkdir()
    workflows.act = raising(ZeroDivisionError())
    invoke("status")
    assert len(list((tmp_path / ".safemigrate" / "log").glob("*.log"))) == 1


def test_a_broken_connection_is_no_closed_stdout(invoke: Any, workflows: Any) -> None:
    workflows.act = raising(BrokenPipeError(32, "Broken pipe"))
    ran = invoke("apply")
    assert ran.code == 70
    assert "This is a bug" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "says", "leads"),
    [
        (("applyy",), "No such command 'applyy'", "safemigrate --help"),
        (("apply", "--nmae", "x"), "No such option: --nmae", "safemigrate apply --help"),
        (("apply", "--lock-timeout", "0"), "it is above 0", "safemigrate apply --help"),
        (("apply", "--lock-timeout", "nan"), "it is above 0", "safemigrate apply --help"),
        (("apply", "--shadow", "nowhere"), "local, docker, embedded or a URL", "safemigrate apply --help"),
        (("apply", "--shadow-url", "nowhere"), "it is a URL", "safemigrate apply --help"),
        (("apply", "--shadow", "local", "--shadow-url", "a://b"), "give one", "safemigrate apply --help"),
        (("rollback", "--last", "0"), "--last", "safemigrate rollback --help"),
        (("rollback", "--last", "1", "--failed"), "give one", "safemigrate rollback --help"),
        (("status", "--format", "xml"), "--format", "safemigrate status --help"),
        (("snapshot", "restore", "x"), "--into", "safemigrate snapshot restore --help"),
        (("snapshot",), "Missing command", "safemigrate snapshot --help"),
        (("release",), "NAME", "safemigrate release --help"),
    ],
)
def test_usage_errors(invoke: Any, workflows: Any, arguments: tuple[str, ...], says: str, leads: str) -> None:
    ran = invoke(*arguments)
    assert (ran.code, ran.stdout, workflows.calls) == (2, "", [])
    assert ran.stderr.startswith("✖ ")
    assert says in ran.stderr
    assert ran.stderr.endswith(f"  → {leads}\n")


def test_no_command_shows_the_commands(invoke: Any) -> None:
    ran = invoke()
    assert (ran.code, ran.stdout) == (2, "")
    assert "rollback" in ran.stderr


def test_version(invoke: Any) -> None:
    ran = invoke("--version")
    assert ran.code == 0
    assert ran.stdout.startswith("safemigrate 0.")


@pytest.mark.parametrize("arguments", [["--help"], ["apply", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = f"import sys\nfrom safemigrate.cli.app import main\nmain({arguments})\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines())
    assert "safemigrate.cli.app" in loaded
    assert sorted(loaded & set(HEAVY)) == []
    assert _rooms(loaded) == {"cli", "config", "errors", "model", "report"}


def test_a_check_of_a_file_loads_nothing_that_it_can_do_without(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text('DROP TABLE "User";')
    code = (
        "import sys; from safemigrate.cli.app import main; main(['check', '--offline', 'a.sql']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    loaded = set(done.stdout.split())
    assert "safemigrate.workflow.check" in loaded
    heavy = {"psycopg", "rich", "git", "pydantic", "pydantic_core", "safemigrate.db"}
    assert sorted(loaded & heavy) == []
    modules = {path.stem for path in Path(cli.__path__[0]).glob("*.py")}
    commands = {"app", "check", "console", "exit", "options", "shared", "steps", "telling"}
    assert {name for name in modules if f"safemigrate.cli.{name}" in loaded} == commands
    reading = {"lint", "prisma", "sql", "workflow"}
    assert _rooms(loaded) == {"cli", "config", "errors", "model", "report", *reading}
    assert len([name for name in loaded if name.startswith("safemigrate.") and ".rules." not in name]) < 100


def _rooms(loaded: set[str]) -> set[str]:
    return {name.split(".")[1] for name in loaded if name.startswith("safemigrate.")}


def test_a_closed_pipe_does_not_change_the_exit_code(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, PROGRAM, "--version"], stdout=write, stderr=subprocess.PIPE, cwd=tmp_path)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")

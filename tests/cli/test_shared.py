"""What the options of every command mean, and what is asked of whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safemigrate.config import Settings
from safemigrate.errors import ConsentRequired, RollbackError
from safemigrate.model import Conflict, Outcome, Progress, Result
from safemigrate.workflow.request import Request

EVERY_COMMAND = [
    ("apply",),
    ("rollback",),
    ("status",),
    ("doctor",),
    ("release", "20260105_slim"),
    ("snapshot", "create"),
    ("snapshot", "list"),
    ("snapshot", "verify", "id"),
    ("snapshot", "restore", "id", "--into", "other"),
]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_every_command_takes_the_same_options(
    invoke: Any, workflows: Any, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "web").mkdir()
    shared = ("--project", "web", "--schema", "db/schema.prisma", "--url", "postgresql://h/db", "--no-interactive")
    ran = invoke(*command, *shared, "--yes", "--confirm", "db", "--format", "json", "-q", "-v", answers="")
    assert ran.code == 0
    assert json.loads(ran.stdout)["outcome"] == "nothing to do"
    ((_, request, *_),) = workflows.calls
    assert isinstance(request, Request)
    assert (request.project, request.schema) == (tmp_path / "web", Path("db/schema.prisma"))
    assert (request.url, request.confirm, request.interactive) == ("postgresql://h/db", "db", False)
    assert request.settings == Settings()
    assert request.ask_name is None


def test_settings_hold_where_no_flag_says_otherwise(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    (tmp_path / "safemigrate.toml").write_text(
        'schema = "x.prisma"\nsnapshot = "full"\nretries = 9\nlock_timeout = 1\nshadow = "docker"\n'
    )
    invoke("apply")
    _, request, options = workflows.calls[0]
    assert request.schema == tmp_path / "x.prisma"
    assert (options["snapshot"], options["retries"], options["lock_timeout"], options["shadow"]) == (
        "full",
        9,
        1.0,
        "docker",
    )
    flags = ("--snapshot", "none", "--retries", "0", "--lock-timeout", "0.5", "--shadow-url", "postgresql://h/s")
    invoke("apply", "--schema", "y.prisma", *flags)
    _, request, options = workflows.calls[1]
    assert request.schema == Path("y.prisma")
    assert (options["snapshot"], options["retries"], options["lock_timeout"], options["shadow"]) == (
        "none",
        0,
        0.5,
        "postgresql://h/s",
    )


def test_bad_settings_end_the_command(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    (tmp_path / "safemigrate.toml").write_text("retires = 1")
    ran = invoke("apply")
    assert (ran.code, workflows.calls) == (2, [])
    assert "did you mean retries?" in ran.stderr


def test_quiet_says_nothing(invoke: Any, workflows: Any) -> None:
    def act(_name: str, request: Request, *_: object) -> Outcome:
        request.on_progress(Progress("snapshot"))
        return Outcome("status", Result.NOT_OK)

    workflows.act = act
    ran = invoke("status", "-q")
    assert (ran.code, ran.stdout, ran.stderr) == (1, "", "")


def test_quiet_still_says_what_blocks(invoke: Any, workflows: Any) -> None:
    workflows.act = lambda *_: Outcome("rollback", Result.CONFLICTS, conflicts=(Conflict("m", "t", "2 rows", 2),))
    ran = invoke("rollback", "-q")
    assert ran.code == 1
    assert "2 rows" in ran.stdout


def test_next_commands_mean_the_same_database(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    follow = ("safemigrate rollback   # back", "psql shop", "safemigrate status --url postgresql://h/copy")
    workflows.act = lambda *_: Outcome("apply", Result.APPLIED, next=follow)
    ran = invoke("apply", "--project", str(tmp_path), "--url", "postgresql://u:secret@h:5432/db")
    assert f"safemigrate rollback --project {tmp_path} --url postgresql://u@h:5432/db   # back" in ran.stdout
    assert "→ psql shop\n" in ran.stdout
    assert f"--url postgresql://h/copy --project {tmp_path}\n" in ran.stdout
    assert "secret" not in ran.stdout + ran.stderr


def test_fixes_of_an_error_mean_the_same_project(invoke: Any, workflows: Any, tmp_path: Path) -> None:
    def act(*_: object) -> Outcome:
        raise RollbackError("no", fix=("safemigrate status",))

    workflows.act = act
    ran = invoke("rollback", "--project", str(tmp_path), "--schema", "db/main.prisma")
    assert f"→ safemigrate status --project {tmp_path} --schema db/main.prisma\n" in ran.stderr


def test_progress_goes_to_stderr_and_the_report_to_stdout(invoke: Any, workflows: Any) -> None:
    def act(_name: str, request: Request, *_: object) -> Outcome:
        request.on_progress(Progress("snapshot", "3 tables"))
        request.on_progress(Progress("rehearse"))
        return Outcome("apply", Result.APPLIED)

    workflows.act = act
    ran = invoke("apply")
    assert ran.stderr == "✔ snapshot: 3 tables (0.0s)\n✔ rehearse (0.0s)\n"
    assert ran.stdout == "✔ Applied 0 migrations in 0.0 s.\n"


def asking(question: Callable[[Request], object]) -> Callable[..., Outcome]:
    def act(_name: str, request: Request, *_: object) -> Outcome:
        return Outcome("apply", Result.OK, notes=(repr(question(request)),))

    return act


def consent(request: Request) -> object:
    return request.consent("shop", ['"User"."bio": 12 values'])


@pytest.mark.parametrize(("typed", "agreed"), [("shop\n", True), (" shop \n", True), ("Shop\n", False), ("\n", False)])
def test_consent_is_the_typed_name(invoke: Any, workflows: Any, typed: str, agreed: bool) -> None:
    workflows.act = asking(consent)
    ran = invoke("apply", answers=typed)
    assert str(agreed) in ran.stdout
    assert '✖ "User"."bio": 12 values' in ran.stderr
    assert 'Type the name of the database, "shop", to go on: ' in ran.stderr


def test_a_closed_input_consents_to_nothing(invoke: Any, workflows: Any) -> None:
    workflows.act = asking(consent)
    assert "False" in invoke("apply", answers="").stdout


@pytest.mark.parametrize("flags", [("--yes",), ("--no-interactive", "--yes"), ("--no-interactive",)])
def test_yes_never_consents_to_loss(invoke: Any, workflows: Any, flags: tuple[str, ...]) -> None:
    workflows.act = asking(consent)
    assert "False" in invoke("apply", *flags).stdout


def test_confirm_consents_by_name_without_a_question(invoke: Any, workflows: Any) -> None:
    workflows.act = asking(consent)
    ran = invoke("apply", "--confirm", "shop")
    assert "True" in ran.stdout
    assert ran.stderr == ""


def test_confirm_of_another_database_is_a_mistake(invoke: Any, workflows: Any) -> None:
    workflows.act = asking(consent)
    ran = invoke("apply", "--confirm", "staging", answers="shop\n")
    assert ran.code == 3
    assert '--confirm names "staging", but this would change "shop"' in ran.stderr


def test_consent_required_ends_with_3(invoke: Any, workflows: Any) -> None:
    def act(_name: str, request: Request, *_: object) -> Outcome:
        if not consent(request):
            raise ConsentRequired("not agreed", fix=("safemigrate apply --confirm shop",))
        return Outcome("apply", Result.OK)

    workflows.act = act
    assert invoke("apply", answers="no\n").code == 3
    assert invoke("apply", answers="shop\n").code == 0


@pytest.mark.parametrize(
    ("flags", "answers", "expected"),
    [
        ((), "y\n", True),
        ((), "YES\n", True),
        ((), "\n", False),
        ((), "", False),
        ((), None, False),
        (("--yes",), None, True),
        (("--no-interactive",), "y\n", False),
    ],
)
def test_a_harmless_question(
    invoke: Any, workflows: Any, flags: tuple[str, ...], answers: str | None, expected: bool
) -> None:
    workflows.act = asking(lambda request: request.proceed("Go on?"))
    assert str(expected) in invoke("apply", *flags, answers=answers).stdout


def test_a_name_is_asked_for_with_a_default(invoke: Any, workflows: Any) -> None:
    workflows.act = asking(lambda request: request.ask_name and request.ask_name("slim_user"))
    assert "'slim_user'" in invoke("apply", answers="\n").stdout
    assert "'fat_user'" in invoke("apply", answers="fat_user\n").stdout
    assert "None" in invoke("apply").stdout


@pytest.mark.parametrize("variable", ["CI", "TF_BUILD"])
def test_nothing_is_asked_in_ci(invoke: Any, workflows: Any, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "true")
    workflows.act = asking(lambda request: request.interactive)
    assert "False" in invoke("apply", answers="shop\n").stdout


def test_demo_narrates_between_its_steps(invoke: Any, workflows: Any) -> None:
    def act(_name: str, on_progress: Callable[[Progress], None], say: Callable[[str], None]) -> Outcome:
        on_progress(Progress("server"))
        say("Once upon a time")
        on_progress(Progress("apply"))
        return Outcome("demo", Result.OK)

    workflows.act = act
    ran = invoke("demo")
    assert ran.stderr == "✔ server (0.0s)\nOnce upon a time\n✔ apply (0.0s)\n"

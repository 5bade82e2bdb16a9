"""What each command's own options become."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from safemigrate.model import OnConflict

NOTHING_SAID = {
    "name": None,
    "generate": None,
    "dry_run": False,
    "snapshot": "scoped",
    "shadow": None,
    "lock_timeout": 3.0,
    "retries": 5,
    "fix": False,
}


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ((), {}),
        (("--name", "slim", "--generate"), {"name": "slim", "generate": True}),
        (("--no-generate", "--dry-run"), {"generate": False, "dry_run": True}),
        (("--snapshot", "full", "--shadow", "embedded"), {"snapshot": "full", "shadow": "embedded"}),
        (("--shadow", "postgresql://h/s"), {"shadow": "postgresql://h/s"}),
        (("--lock-timeout", "0.2", "--retries", "0"), {"lock_timeout": 0.2, "retries": 0}),
    ],
)
def test_apply(invoke: Any, workflows: Any, flags: tuple[str, ...], changed: dict[str, object]) -> None:
    assert invoke("apply", *flags).code == 0
    ((name, _, options),) = workflows.calls
    assert (name, options) == ("apply", NOTHING_SAID | changed)


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ((), {}),
        (("--last", "3"), {"last": 3}),
        (("--to", "20260101_init", "--dry-run"), {"to": "20260101_init", "dry_run": True}),
        (("--failed", "--shadow", "local"), {"failed": True, "shadow": "local"}),
        (("--lock-timeout", "9", "--retries", "1"), {"lock_timeout": 9.0, "retries": 1}),
        (("--guard",), {"guard": True}),
        (("--batch-rows", "7"), {"batch_rows": 7}),
        (("--generated",), {"generated": True}),
        (("--on-conflict", "keep-old"), {"on_conflict": OnConflict.KEEP_OLD}),
        (("--fill", '"public"."a=b"=c=d'), {"fill": {'"public"."a=b"': "c=d"}}),
        (
            ("--map", '"public"."Role"."OWN""=ER"=ADMIN', "--map", '"public"."Role"."x.y"=z'),
            {"labels": {'"public"."Role"': {'OWN"=ER': "ADMIN", "x.y": "z"}}},
        ),
        (("--as-migration", "--name", "back"), {"as_migration": True, "name": "back"}),
    ],
)
def test_rollback(invoke: Any, workflows: Any, flags: tuple[str, ...], changed: dict[str, object]) -> None:
    assert invoke("rollback", *flags).code == 0
    ((name, _, options),) = workflows.calls
    nothing_said: dict[str, object] = {
        "last": None,
        "to": None,
        "failed": False,
        "undo": False,
        "dry_run": False,
        "shadow": None,
        "fill": {},
        "guard": False,
        "batch_rows": 50_000,
        "generated": False,
        "labels": {},
        "on_conflict": OnConflict.STOP,
        "as_migration": False,
        "name": None,
    }
    assert (name, options) == ("rollback", nothing_said | {"lock_timeout": 3.0, "retries": 5} | changed)


@pytest.mark.parametrize(
    "flags",
    [
        ("--fill", '"public"."User"."age"'),
        ("--fill", '"public"."User"."age"=…'),
        ("--map", "Role.ADMIN=USER"),
        ("--map", '"Role"."ADMIN"=…'),
        ("--map", '"Role"."ADMIN"=a', "--map", '"Role"."ADMIN"=b'),
        ("--on-conflict", "newest"),
    ],
)
def test_an_answer_that_cannot_be_read_runs_nothing(invoke: Any, workflows: Any, flags: tuple[str, ...]) -> None:
    assert invoke("rollback", *flags).code == 2
    assert workflows.calls == []


@pytest.mark.parametrize(
    ("arguments", "name", "values"),
    [
        (("status",), "status", (None,)),
        (("doctor", "--shadow", "docker"), "doctor", ("docker",)),
        (("release", "20260105_slim"), "release", ("20260105_slim",)),
        (("snapshot", "create"), "create", ("full", None, False)),
        (("snapshot", "create", "--scope", "none"), "create", ("none", None, False)),
        (("snapshot", "create", "--compact"), "create", ("full", None, True)),
        (("snapshot", "list"), "list_", ()),
        (("snapshot", "verify", "id"), "verify", ("id", False, None)),
        (("snapshot", "verify", "id", "--deep", "--shadow", "local"), "verify", ("id", True, "local")),
        (("snapshot", "restore", "id", "--into", "shop_old"), "restore", ("id", "shop_old")),
    ],
)
def test_others(invoke: Any, workflows: Any, arguments: tuple[str, ...], name: str, values: tuple[object, ...]) -> None:
    assert invoke(*arguments).code == 0
    ((called, _, *given),) = workflows.calls
    assert (called, tuple(given)) == (name, values)


def test_the_shadow_comes_from_the_environment(invoke: Any, workflows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEMIGRATE_SHADOW_URL", "postgresql://h/env")
    invoke("apply")
    invoke("rollback", "--shadow-url", "postgresql://h/flag")
    invoke("apply", "--shadow", "local")
    shadows = [call[2]["shadow"] for call in workflows.calls]
    assert shadows == ["postgresql://h/env", "postgresql://h/flag", "local"]


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ((), {}),
        (("--older-than", "30d", "--migration", "m"), {"older_than": timedelta(days=30), "migration": "m"}),
        (("--returned", "--dry-run"), {"returned": True, "dry_run": True}),
        (("--orphans", "--lock-timeout", "9", "--retries", "1"), {"orphans": True, "lock_timeout": 9.0, "retries": 1}),
    ],
)
def test_prune(invoke: Any, workflows: Any, flags: tuple[str, ...], changed: dict[str, object]) -> None:
    assert invoke("prune", *flags).code == 0
    ((name, _, options),) = workflows.calls
    nothing_said = {"older_than": None, "migration": None, "returned": False, "orphans": False, "dry_run": False}
    assert (name, options) == ("prune", nothing_said | {"lock_timeout": 3.0, "retries": 5} | changed)


def test_an_age_that_is_none(invoke: Any, workflows: Any) -> None:
    ran = invoke("prune", "--older-than", "30")
    assert ran.code == 2
    assert "12h, 30d, 8w" in ran.stderr


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ((), {}),
        (("01_a", "02_b"), {"names": ("01_a", "02_b")}),
        (("--last", "3", "--require", "lossy"), {"last": 3, "require": "lossy"}),
        (("--from", "01_a", "--rows", "0", "--seed", "7"), {"since": "01_a", "rows": 0, "seed": 7}),
        (("--jobs", "4", "--shadow", "docker"), {"jobs": 4, "shadow": "docker"}),
        (("--no-cache", "--snapshot", "latest"), {"cache": False, "snapshot": "latest"}),
    ],
)
def test_prove(invoke: Any, workflows: Any, flags: tuple[str, ...], changed: dict[str, object]) -> None:
    assert invoke("prove", *flags).code == 0
    ((name, _, options),) = workflows.calls
    nothing_said: dict[str, object] = {
        "names": (),
        "last": None,
        "since": None,
        "rows": 5,
        "seed": 1,
        "require": "exact",
        "shadow": None,
        "jobs": 0,
        "cache": True,
        "snapshot": None,
    }
    assert (name, options) == ("prove", nothing_said | changed)


def test_prove_takes_one_way_of_choosing(invoke: Any, workflows: Any) -> None:
    ran = invoke("prove", "01_a", "--last", "2")
    assert ran.code == 2
    assert "exclude each other" in ran.stderr
    assert not workflows.calls


def test_init(invoke: Any, workflows: Any) -> None:
    assert invoke("init", "--no-database", "--dry-run", "--shadow", "local").code == 0
    ((name, _, options),) = workflows.calls
    assert (name, options) == ("init", {"dry_run": True, "undo": False, "database": False, "shadow": "local"})

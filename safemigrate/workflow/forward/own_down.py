"""A team's own down.sql beside a migration: read, and what became of its proof, in words."""

from __future__ import annotations

from collections.abc import Callable

from safemigrate.model import Finding, Migration, Plan, Severity, Verdict
from safemigrate.rollback import down

RULE = "own-down"
_SHOWN = 5


def read(migration: Migration, unfit: Callable[[str], str]) -> tuple[str, list[Finding]]:
    """Return the script that is to be proven, "" where there is none, and a finding where it is `unfit` to be run."""
    path = migration.path.parent / down.NAME
    try:
        script = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "", []
    except (OSError, UnicodeDecodeError) as error:
        return "", [_unused(migration.name, [f"it cannot be read: {error}"])]
    if down.is_ours(script):
        return "", []
    problem = unfit(script)
    return ("", [_unused(migration.name, [problem])]) if problem else (script, [])


def judged(plan: Plan) -> list[Finding]:
    """Say which way back a rollback takes, where there are two."""
    if plan.refused:
        return [_unused(plan.migration, plan.refused, f"it is {plan.proof.verdict.value}")]
    if not plan.down:
        return []
    instead = "" if plan.generated is None else f" (safemigrate's: {plan.generated.verdict.value})"
    if plan.proof.verdict is Verdict.EXACT:
        said = "your own down.sql is proven exact, and rollback uses it"
    else:
        said = f"your own down.sql is {plan.proof.verdict.value}, no worse than safemigrate's, and rollback uses it"
    return [Finding(RULE, Severity.NOTICE, said + instead, plan.migration, subject=down.NAME)]


def _unused(migration: str, why: tuple[str, ...] | list[str], ours: str = "") -> Finding:
    more = f"; and {len(why) - _SHOWN} more" if len(why) > _SHOWN else ""
    return Finding(
        RULE,
        Severity.WARNING,
        f"your own down.sql is not used: {'; '.join(why[:_SHOWN])}{more}",
        migration,
        subject=down.NAME,
        help=f"rollback uses safemigrate's way back instead{f'; {ours}' if ours else ''}",
    )


def changed(migration: Migration, plan: Plan) -> str:
    """Say that the script on disk is no longer the one that was proven; "" where it is, or ours is used."""
    if not plan.down:
        return ""
    path = migration.path.parent / down.NAME
    try:
        same = path.read_text(encoding="utf-8", errors="replace") == plan.down
    except OSError:
        return f"{path} is gone since apply; a rollback runs the one that was proven, it is in the journal"
    return "" if same else f"{path} was changed since apply; a rollback runs the one that was proven"

"""What was proven before: an unchanged history is not proven twice."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import platformdirs

from safemigrate import __version__
from safemigrate.model import (
    Confirmation,
    Finding,
    Measured,
    Migration,
    MigrationOutcome,
    OnProgress,
    Progress,
    Proof,
    Severity,
    Span,
    Trace,
    Verdict,
)

_TEXTS = ("detail", "script")
_KEPT = 20  # files, one for each ground; a long history's has some 100 kB


class Memory:
    """Proofs on one ground, in a file of the user's cache, by the checksums of all migrations up to the one proven.

    `ground` is all else that a proof rests on; a changed safemigrate is another ground by itself. A cache that cannot
    be read or written costs time only.
    """

    def __init__(self, *ground: object, folder: Path | None = None) -> None:
        folder = folder or platformdirs.user_cache_path("safemigrate") / "proofs"
        self._path = folder / f"{hashed([tool(), *map(str, ground)])[:32]}.json"
        self._found: dict[str, Any] = {}
        with suppress(OSError, ValueError, TypeError):
            self._found = dict(json.loads(self._path.read_text(encoding="utf-8")))
            os.utime(self._path)

    def get(self, key: str) -> MigrationOutcome | None:
        """Return what was proven under a key, if anything was."""
        try:
            return outcome_of(self._found[key])
        except (KeyError, TypeError, ValueError):
            return None

    def put(self, key: str, outcome: MigrationOutcome) -> None:
        """Remember; `save` writes it down."""
        self._found[key] = written(outcome)

    def save(self) -> None:
        """Write what is remembered."""
        put_away(self._path, json.dumps(self._found), _KEPT)


def recalled(
    history: Sequence[Migration],
    wanted: Sequence[int],
    memory: Memory | None,
    on_progress: OnProgress,
    prove: Callable[[Sequence[int]], Generator[tuple[int, MigrationOutcome]]],
) -> dict[int, MigrationOutcome]:
    """Return what is remembered of the migrations of these numbers, and what `prove` finds of the others.

    Also of a run that is interrupted, what it proved is remembered.
    """
    key = keys(history)
    known = {number: memory.get(key[number]) for number in wanted} if memory else {}
    found = {number: outcome for number, outcome in known.items() if outcome}
    missing = [number for number in wanted if number not in found]
    total, before = len(wanted), len(found)
    on_progress(Progress("prove", f"{before} of {total} known from before", before, total))
    try:
        with closing(prove(missing)) as lanes:
            for number, outcome in lanes:
                found[number] = outcome
                if memory:
                    memory.put(key[number], outcome)
                on_progress(Progress("prove", outcome.name, len(found), total))
    finally:
        if missing and memory:
            memory.save()
    on_progress(Progress("prove", f"{total} migrations, {before} known from before", total, total))
    return found


def put_away(path: Path, text: str, most: int) -> None:
    """Write a file of a cache, whole or not at all, and let go of those of its kind that were longest unused.

    What cannot be written is not remembered.
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
        for old in sorted(path.parent.glob(f"*{path.suffix}"), key=lambda one: one.stat().st_mtime)[:-most]:
            old.unlink()


def written(outcome: MigrationOutcome) -> dict[str, Any]:
    """Write what a trial found as JSON can hold it."""
    return {
        "name": outcome.name,
        "checksum": outcome.checksum,
        "state": outcome.state,
        **{name: getattr(outcome, name) for name in _TEXTS},
        "findings": [asdict(one) for one in outcome.findings],
        "traces": [asdict(one) for one in outcome.traces],
        "transactions": outcome.transactions,
        "proof": asdict(outcome.proof) if outcome.proof else None,
    }


def outcome_of(found: dict[str, Any]) -> MigrationOutcome:
    """Read what `written` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    proof = found["proof"]
    if proof:
        proof = Proof(**{**proof, "verdict": Verdict(proof["verdict"]), "reasons": tuple(proof["reasons"])})
    name, checksum, state = found["name"], found["checksum"], found["state"]
    findings = tuple(finding_of(one) for one in found["findings"])
    traces = tuple(_trace(one) for one in found["traces"])
    transactions, texts = tuple(found["transactions"]), {name: found[name] for name in _TEXTS}
    return MigrationOutcome(name, checksum, state, findings, traces, proof, transactions=transactions, **texts)


def finding_of(found: dict[str, Any]) -> Finding:
    """Read a finding that was written field by field."""
    span, verdict, measured = found["span"], found["verdict"], found["measured"]
    return Finding(
        **{
            **found,
            "severity": Severity(found["severity"]),
            "span": Span(**span) if span else None,
            "verdict": Confirmation(verdict) if verdict else None,
            "measured": Measured(**measured) if measured else None,
        }
    )


def _trace(found: dict[str, Any]) -> Trace:
    rows = {table: (inserted, updated, deleted) for table, (inserted, updated, deleted) in found["rows"].items()}
    return Trace(**{**found, "rows": rows, "rewrites": tuple(found["rewrites"]), "born": tuple(found.get("born", ()))})


def keys(history: Sequence[Migration]) -> list[str]:
    """Return for each migration a key that changes with it and with every one before it."""
    found = [""]
    for migration in history:
        found.append(hashed([found[-1], migration.name, migration.checksum]))
    return found[1:]


@cache
def tool() -> str:
    """Say which safemigrate this is: between two releases, its own files tell."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(str(files("safemigrate"))).rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def hashed(parts: Iterable[str]) -> str:
    """Return a digest of texts, which no other texts have."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()

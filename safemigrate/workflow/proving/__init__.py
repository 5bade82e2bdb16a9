"""A whole history, migration by migration, in several databases at once."""

from __future__ import annotations

from dataclasses import dataclass

from safemigrate.model import Verdict

BEGIN = "begin"  # the database that every lane starts as a copy of

PROVEN, UNCHANGED, BROKEN = "proven", "changes nothing", "does not run"

# What satisfies --require; a migration that does not run has no verdict, and satisfies `any` alone.
REQUIRED = {
    "exact": frozenset({Verdict.EXACT}),
    "lossy": frozenset({Verdict.EXACT, Verdict.LOSSY}),
    "any": frozenset(Verdict),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a proof rests on beside the migrations: how many rows are made for each table (0: none), and their seed."""

    rows: int = 5
    seed: int = 1

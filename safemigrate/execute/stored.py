"""A plan as the journal stores it: the JSON of its fields; what an earlier version wrote can still be read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from safemigrate.model import (
    Check,
    Group,
    Kept,
    KeptKind,
    Parting,
    Plan,
    Proof,
    Refill,
    Relabel,
    Step,
    Trace,
    Verdict,
    Way,
)


def to_json(plan: Plan) -> str:
    """Write a plan as the journal stores it."""
    return json.dumps(asdict(plan))


def plan_of(stored: dict[str, Any]) -> Plan:
    """Read a plan back from the journal."""

    def step(given: dict[str, Any]) -> Step:
        texts = {name: tuple(given[name]) for name in ("run", "before", "after", "inverse")}
        return Step(
            sql=given["sql"],
            line=given["line"],
            checks=tuple(check_of(one) for one in given["checks"]),
            kept=tuple(Kept(KeptKind(kept["kind"]), kept["subject"], kept["place"]) for kept in given["kept"]),
            partings=tuple(Parting(**tuples(one)) for one in given["partings"]),
            refills=tuple(Refill(**tuples(one)) for one in given.get("refills", ())),
            **texts,
        )

    def trace(given: dict[str, Any]) -> Trace:
        written = {table: (n[0], n[1], n[2]) for table, n in given["rows"].items()}
        tuples = {name: tuple(given.get(name, ())) for name in ("rewrites", "born")}
        return Trace(**{**given, **tuples, "rows": written})

    def proof(given: dict[str, Any]) -> Proof:
        return Proof(**{**given, "verdict": Verdict(given["verdict"]), "reasons": tuple(given["reasons"])})

    return Plan(
        migration=stored["migration"],
        checksum=stored["checksum"],
        groups=tuple(
            Group(tuple(step(given) for given in found["steps"]), found["transactional"]) for found in stored["groups"]
        ),
        proof=proof(stored["proof"]),
        traces=tuple(trace(given) for given in stored["traces"]),
        down=stored.get("down", ""),  # journals written before teams' own scripts were proven have none
        generated=proof(stored["generated"]) if stored.get("generated") else None,
        refused=tuple(stored.get("refused", ())),
    )


def check_of(given: dict[str, Any]) -> Check:
    """Read a question of a plan back."""
    given = {name: value for name, value in given.items() if name != "choices"}  # a journal of an earlier version
    relabel = given.get("relabel")
    return Check(
        **{
            **tuples(given),
            "relabel": relabel and Relabel(**{**tuples(relabel), "way": _way(relabel["way"])}),
            "keep_new": tuple(_way(one) for one in given.get("keep_new", ())),
            "keep_old": tuple(_way(one) for one in given.get("keep_old", ())),
        }
    )


def _way(given: dict[str, Any]) -> Way:
    pairs = {name: tuple((one, other) for one, other in given[name]) for name in ("instead", "held")}
    return Way(**{**tuples(given), **pairs})


def tuples(given: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}

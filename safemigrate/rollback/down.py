"""down.sql: the inverse as a person reads it, beside the migration that it takes back."""

from __future__ import annotations

from textwrap import fill, indent

from safemigrate import __version__
from safemigrate.model import Plan, Step

NAME = "down.sql"


def render(plan: Plan) -> str:
    """Write the script.

    A header with verdict and proof, then one commented block per statement, last statement first.
    """
    blocks = [_block(step) for step in reversed(plan.steps) if step.inverse]
    return "\n\n".join([_header(plan), *blocks]) + "\n"


def is_ours(script: str) -> bool:
    """Whether safemigrate wrote this script, so that it may write it anew; a team's own is left alone."""
    return "Written by safemigrate" in script.partition("\n")[0]


def _header(plan: Plan) -> str:
    proof = plan.proof
    lines = [
        f"Takes back {plan.migration}. Written by safemigrate {__version__}.",
        "",
        f"migration.sql: sha256 {plan.checksum}",
        f"verdict: {proof.verdict.value}",
    ]
    if proof.server_version:
        lines.append(
            f"proof: up, down and up again on PostgreSQL {proof.server_version}; "
            f"{proof.tables:,} tables with {proof.rows:,} rows compared"
        )
    lines += [f"not brought back: {reason}" for reason in proof.reasons]
    places = sorted({kept.place for step in plan.steps for kept in step.kept})
    if places:
        lines.append(f"needs what apply kept in the database: {', '.join(places)}")
    lines += [
        "",
        "Use `safemigrate rollback`: it looks for conflicts first, keeps Prisma's history right, verifies.",
        'By hand: psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file down.sql',
    ]
    return "\n".join(
        indent(fill(line, 116, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False), "-- ")
        if line
        else "--"
        for line in lines
    )


def _block(step: Step) -> str:
    said = " ".join(step.sql.split())
    said = f"{said[:110]}…" if len(said) > 110 else said
    return "\n".join([f"-- line {step.line}: {said}", *(f"{sql};" for sql in step.inverse)])

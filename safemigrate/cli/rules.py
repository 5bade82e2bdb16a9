"""`safemigrate rules` and `safemigrate explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def rules(_invocation: Invocation) -> Outcome:
    """List what a migration is read for."""
    from safemigrate.workflow import rules as workflow

    return workflow.rules()


def explain(_invocation: Invocation, *, rule: Annotated[str, typer.Argument(metavar="RULE")]) -> Outcome:
    """Explain a rule: the hazard, an example, what to do instead, how to allow it."""
    from safemigrate.workflow import rules as workflow

    return workflow.explain(rule)

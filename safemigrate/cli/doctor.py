"""`safemigrate doctor`."""

from __future__ import annotations

from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def doctor(invocation: Invocation) -> Outcome:
    """Check machine, project and database, and say each fix."""
    from safemigrate.workflow import doctor as workflow

    return workflow.doctor(invocation.request)

"""`safemigrate doctor`."""

from __future__ import annotations

from safemigrate.cli.options import Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def doctor(invocation: Invocation, *, shadow: Shadow = None, shadow_url: ShadowUrl = None) -> Outcome:
    """Check machine, project and database, and say each fix."""
    from safemigrate.workflow import doctor as workflow

    return workflow.doctor(invocation.request, shadow_of(invocation.settings, shadow, shadow_url))

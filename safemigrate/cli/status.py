"""`safemigrate status`."""

from __future__ import annotations

from safemigrate.cli.options import Shadow, ShadowUrl, shadow_of
from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def status(invocation: Invocation, *, shadow: Shadow = None, shadow_url: ShadowUrl = None) -> Outcome:
    """Say where the database stands.

    What is applied, pending, failed, edited or on hold, what is kept, and what can be rolled back.
    """
    from safemigrate.workflow import status as workflow

    return workflow.status(invocation.request, shadow_of(invocation.settings, shadow, shadow_url))

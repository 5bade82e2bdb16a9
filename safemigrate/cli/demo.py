"""`safemigrate demo`."""

from __future__ import annotations

from safemigrate.cli.shared import Invocation
from safemigrate.model import Outcome


def demo(invocation: Invocation) -> Outcome:
    """Show it all on a throw-away database, in a minute.

    It brings its own project and database: --project, --schema and --url change nothing here.
    """
    from safemigrate.workflow import demo as workflow

    return workflow.demo(invocation.progress, invocation.say)

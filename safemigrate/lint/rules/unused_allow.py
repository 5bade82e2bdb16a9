"""An allow comment that allows nothing is a door left open: the next change of the file walks through it unseen.

It names no rule, gives no reason, or what it allows does not occur at its statement: often it stands at another one,
or the statement was changed since. A comment above, in or behind a statement is for that statement; one at the top of
the file, with an empty line below it, is for the whole file. Several rules go into one comment, with commas.

The reason is required, because the next reader has nothing else to judge by.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.lint.seen import SEEN
from safemigrate.model import Finding, Severity

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY, bio text);'
BAD = """
-- safemigrate: allow drop-table nobody reads it
ALTER TABLE "User" ALTER COLUMN "bio" SET DEFAULT '';
"""
GOOD = 'ALTER TABLE "User" ADD COLUMN "motto" TEXT;'


def check(context: Context) -> Iterator[Finding]:
    """Comments that allow nothing, have no reason, or name no rule."""
    for allow in context.allows:
        if allow.rule not in context.allowable:
            message = f"allows {allow.rule or 'nothing'}, which is no rule"
            near = get_close_matches(allow.rule, context.allowable, n=2, cutoff=0.5)
            way_out = f"did you mean {' or '.join(near)}?" if near else "safemigrate rules lists what can be allowed"
        elif not allow.reason:
            message = f"allows {allow.rule} without a reason, so it does not count"
            way_out = f"-- safemigrate: allow {allow.rule} why it is all right here"
        elif allow.rule not in SEEN and not any(allow.covers(finding) for finding in context.found):
            message = f"allows {allow.rule}, which does not occur here"
            way_out = "remove the comment"
        else:
            continue
        yield Finding(context.rule, Severity.WARNING, message, context.migration.name, allow.span, allow.rule, way_out)


RULE = Rule("unused-allow", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, last=True)

"""A value that somebody meant to fill in is still a placeholder: 'TODO: ask', '<default value>', '${VALUE}'.

Prisma passes a file to the server as it is, so the placeholder itself gets into the rows. Comments may say what they
like.

Write the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity

SETUP = 'CREATE TABLE "User" (id int PRIMARY KEY);'
BAD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL DEFAULT \'<default country>\';'
GOOD = 'ALTER TABLE "User" ADD COLUMN "country" TEXT NOT NULL DEFAULT \'CH\';'
_LEFT = re.compile(
    r"'((?:TODO|FIXME)[: ][^']+|CHANGE[-_ ]?ME|REPLACE[-_ ]?ME|<[a-z]\w*[\w -]{4,}>|\{\{\s*\w[^']*\}\}|\$\{\w+\})'"
)


def check(context: Context) -> Iterator[Finding]:
    """Texts that only stand for one."""
    statement = context.statements[context.position]
    match = _LEFT.search(statement.sql)
    if match and not statement.kind.endswith(("FUNCTION", "PROCEDURE", "DO", "COMMENT", "TYPE")):
        yield context.finding(
            Severity.WARNING, f"'{match[1]}' looks like a placeholder", subject=match[0], help="write the value"
        )


RULE = Rule("placeholder-left", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP)

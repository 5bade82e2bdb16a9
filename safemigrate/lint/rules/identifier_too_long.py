"""A name of more than 63 bytes is cut off by the server, without an error.

The database then has another name than the file: Prisma sees drift, `IF NOT EXISTS` and a later DROP miss it, and two
long names that differ at their end only are one.

Give it a shorter name: `@@map`, `@map`, or `map:` of an index or a relation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safemigrate.lint.context import Context
from safemigrate.lint.rule import Rule
from safemigrate.model import Finding, Severity

_LONG = "Post_authorId_categoryId_publishedAt_archivedAt_deletedAt_priority_idx"
SETUP = 'CREATE TABLE "Post" (id int PRIMARY KEY, "authorId" int);'
BAD = f'CREATE INDEX CONCURRENTLY "{_LONG}" ON "Post"("authorId");'
GOOD = 'CREATE INDEX CONCURRENTLY "Post_many_idx" ON "Post"("authorId");'
# Strings and comments are passed over, so that only names are left.
_NAMES = re.compile(
    r"'[^']*+(?:''[^']*+)*+'|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/|" + r'"([^"]*+(?:""[^"]*+)*+)"|(\b[^\W\d]\w*)',
    re.DOTALL,
)
_LIMIT = 63
_LONG_QUOTE = re.compile(r'"[^"]{64}')


def check(context: Context) -> Iterator[Finding]:
    """Names longer than NAMEDATALEN leaves room for."""
    sql = context.statements[context.position].sql
    if sql.isascii() and max(map(len, sql.split())) <= _LIMIT and not _LONG_QUOTE.search(sql):
        return  # most statements have nothing as long
    for match in _NAMES.finditer(sql):
        name = (match[2] or match[3] or "").replace('""', '"')
        size = len(name.encode())
        if size > _LIMIT:
            kept = name.encode()[:_LIMIT].decode(errors="ignore")
            yield context.finding(
                Severity.WARNING,
                f'"{name}" has {size} bytes; the server makes it "{kept}"',
                subject=f'"{name}"',
                help="give it a shorter name, in schema.prisma too",
            )


RULE = Rule("identifier-too-long", "correctness", Severity.WARNING, check, BAD, GOOD, SETUP, provider="postgresql")

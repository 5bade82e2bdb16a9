"""Pending migrations rewritten before they are tried."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from safemigrate.lint import Facts
from safemigrate.lint.policy import Policy
from safemigrate.lint.rewrite import rewrite
from safemigrate.model import Migration
from safemigrate.prisma.migrations import read
from safemigrate.sql import Statement, split
from safemigrate.workflow.reading import rewriting
from safemigrate.workflow.request import Request
from safemigrate.workflow.target import Target


def fixed(
    request: Request, target: Target, known: Facts, pending: Sequence[Migration]
) -> tuple[list[Migration], list[str]]:
    """Offer the rewrites that this database calls for; the migrations as they are then, and what there is to say.

    One that was rolled back here has a way back that is proven for its text, so it keeps that.
    """
    dialect = target.resolved.project.provider
    policy = Policy(request.settings.rules, str(request.settings.path or ""))
    undone = {migration.name for migration in target.state.rolled_back}
    found: list[Migration] = []
    notes: list[str] = []
    earlier: list[Statement] = []
    for migration in pending:
        judge = partial(policy.judge, path=migration.path, asks=True)
        rewritten = None if migration.name in undone else rewrite(migration, known, earlier, judge)
        offered = rewriting.offer(request, migration, rewritten)
        written = [read(path.parent) for path in (migration.path, *offered.new)]
        earlier += [statement for one in written for statement in split(one.sql, dialect=dialect)]
        found += written
        notes += offered.notes
    return found, notes

"""How much room keeping takes on the target's server, asked before anything is kept."""

from __future__ import annotations

from collections.abc import Sequence

from safemigrate.db import session
from safemigrate.db.postgres import Connection
from safemigrate.errors import HistoryError
from safemigrate.model import Kept, KeptKind, Plan


def most_kept(connection: Connection, plans: Sequence[Plan]) -> int:
    """Return an upper bound in bytes.

    Copied values and rows at most fill their table's size; what is moved costs nothing.
    """
    copied = {
        one.subject.rpartition('."')[0] if one.kind is KeptKind.COLUMN else one.subject
        for plan in plans
        for step in plan.steps
        for one in step.kept
        if one.kind in (KeptKind.COLUMN, KeptKind.ROWS) or (one.kind is KeptKind.TABLE and _is_copy(one))
    }
    size = "SELECT coalesce(sum(pg_table_size(to_regclass(name))), 0)::bigint FROM unnest(%s::text[]) AS name"
    return int(session.value(connection, size, [sorted(copied)]))


def _is_copy(kept: Kept) -> bool:
    """Whether a dropped table lies among the kept rows: one that is moved lies in a schema of its own."""
    return kept.place.startswith("safemigrate.")


def require_room(connection: Connection, plans: Sequence[Plan], limit: int | None) -> None:
    """Raise HistoryError where keeping could take more than `limit` bytes; None is no limit."""
    if limit is None:
        return
    most = most_kept(connection, plans)
    if most > limit:
        raise HistoryError(
            f"keeping what this change would lose takes up to {most:,} bytes in the database",
            f"The setting keep_limit_bytes allows {limit:,}. Nothing was changed.",
            ("raise keep_limit_bytes in safemigrate.toml, or remove it", "safemigrate apply --dry-run"),
        )

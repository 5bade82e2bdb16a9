"""A connection for which time stands still and chance repeats itself, so that a script does the same each time it runs.

A migration runs in the shadow, once more in its proof, and then in the file itself. What it writes there, as DEFAULT
CURRENT_TIMESTAMP does, has to be what was seen and proven, or nobody could tell it from what users write later.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from safemigrate.db.sqlite.connection import Connection

# The place of the moment among the arguments (sqlite.org/lang_datefunc.html); left out, it is now.
_AT = {"date": 0, "time": 0, "datetime": 0, "julianday": 0, "unixepoch": 0, "strftime": 1}
_BARE = {"current_date": "date", "current_time": "time", "current_timestamp": "datetime"}


@contextmanager
def standstill(connection: Connection, moment: datetime, seed: str) -> Iterator[None]:
    """Let it always be `moment` inside the block, and random values be those of this seed, from the first on."""
    now = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    try:
        _make(connection, now, random.Random(seed))  # noqa: S311 repeatable is what it is for
        yield
    finally:
        # SQLite does not give back a function of its own once it was replaced by one with any number of arguments.
        _make(connection, "now", random.SystemRandom())


def _make(connection: Connection, now: str, chance: random.Random) -> None:
    clock = sqlite3.connect(":memory:", isolation_level=None)

    def told(function: str, at: int, given: tuple[Any, ...]) -> Any:
        values = [*given]
        if len(values) <= at:
            values.append(now)
        elif isinstance(values[at], str) and values[at].strip().lower() == "now":
            values[at] = now
        return clock.execute(f"SELECT {function}({', '.join('?' * len(values))})", values).fetchone()[0]

    def dated(function: str, at: int) -> Callable[..., Any]:
        return lambda *given: told(function, at, given)

    # An index or a generated column may call only what is said to be deterministic (sqlite.org/deterministic.html).
    for name, at in _AT.items():
        connection.create_function(name, -1, dated(name, at), deterministic=True)
    for name, function in _BARE.items():
        connection.create_function(name, 0, dated(function, 0), deterministic=True)
    connection.create_function("random", 0, lambda: chance.getrandbits(64) - (1 << 63))
    connection.create_function("randomblob", 1, lambda size: chance.randbytes(max(1, int(size or 0))))

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

from safemigrate.db.sqlite.connection import Clock, Connection

# The place of the moment among the arguments (sqlite.org/lang_datefunc.html); left out, it is now.
_AT = {"date": 0, "time": 0, "datetime": 0, "julianday": 0, "unixepoch": 0, "strftime": 1}
_BARE = {"current_date": "date", "current_time": "time", "current_timestamp": "datetime"}


@contextmanager
def standstill(connection: Connection, moment: datetime, seed: str) -> Iterator[None]:
    """Let it always be `moment` inside the block, and random values be those of this seed, from the first on."""
    if connection.clock is None:
        connection.clock = Clock("now", random.SystemRandom())
        _read(connection, connection.clock)
    clock = connection.clock
    before = clock.now, clock.chance
    clock.now = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    clock.chance = random.Random(seed)  # noqa: S311 repeatable is what it is for
    try:
        yield
    finally:
        clock.now, clock.chance = before


def _read(connection: Connection, clock: Clock) -> None:
    """Let SQLite's own functions read a clock, for good.

    SQLite does not give them back, and takes no others while a statement runs, as those of FTS5 do until a
    transaction ends (sqlite.org/c3ref/create_function.html).
    """
    own = sqlite3.connect(":memory:", isolation_level=None)

    def told(function: str, at: int, given: tuple[Any, ...]) -> Any:
        values = [*given]
        if len(values) <= at:
            values.append(clock.now)
        elif isinstance(values[at], str) and values[at].strip().lower() == "now":
            values[at] = clock.now
        return own.execute(f"SELECT {function}({', '.join('?' * len(values))})", values).fetchone()[0]

    def dated(function: str, at: int) -> Callable[..., Any]:
        return lambda *given: told(function, at, given)

    # An index or a generated column may call only what is said to be deterministic (sqlite.org/deterministic.html).
    for name, at in _AT.items():
        connection.create_function(name, -1, dated(name, at), deterministic=True)
    for name, function in _BARE.items():
        connection.create_function(name, 0, dated(function, 0), deterministic=True)
    connection.create_function("random", 0, lambda: clock.chance.getrandbits(64) - (1 << 63))
    connection.create_function("randomblob", 1, lambda size: clock.chance.randbytes(max(1, int(size or 0))))

"""How far a database has come along a history that it has no record of, found by replaying it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from safemigrate.db.catalog import Catalog, read
from safemigrate.db.postgres import connect
from safemigrate.execute import run
from safemigrate.model import Migration, OnProgress
from safemigrate.shadow.provider import Shadow
from safemigrate.shadow.replay import replay
from safemigrate.workflow.adopt.scope import Scope, differences, other_order, scope
from safemigrate.workflow.rehearsal.shadows import HISTORY, ensure_schema

_PURPOSE = "Without that nobody can say which of its migrations the database has already."


@dataclass(frozen=True, slots=True)
class Reached:
    """The point of the history at which the schema is the database's: after `count` migrations, None at no point.

    `silent` are the last of them that leave the schema as it is: whether their rows were changed, nobody can see.
    `closest` and `differences` say what comes near where there is no such point. `order` names tables whose columns
    stand in another order.
    """

    count: int | None
    silent: tuple[Migration, ...] = ()
    closest: str = ""
    differences: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


def reached(
    shadow: Shadow, migrations: Sequence[Migration], live: Scope, named: Collection[str], on_progress: OnProgress
) -> Reached:
    """Replay the history and compare the schema with the database's after every migration; the last match counts.

    Raises HistoryError for a history that does not run from an empty database.
    """
    url = shadow.create(HISTORY)
    ensure_schema(url)
    matches: list[int] = []
    nearest: tuple[int, str, tuple[str, ...]] | None = None
    order: tuple[str, ...] = ()
    seen: Catalog | None = None
    with connect(url, application_name="safemigrate init") as connection:
        for number in range(len(migrations) + 1):
            if number:
                replay(
                    connection,
                    migrations[number - 1 : number],
                    lambda sql, line: run.execute(connection, sql, line=line),
                    on_progress,
                    purpose=_PURPOSE,
                    fix=("safemigrate status", f"edit {migrations[number - 1].path}"),
                )
            seen = read(connection, seen)
            found = scope(seen, named=named, superuser=True).catalog
            wrong = differences(live.catalog, found, rights=False)
            if not wrong:
                matches.append(number)
                order = tuple(other_order(live.catalog, found))
            elif nearest is None or len(wrong) <= nearest[0]:
                nearest = (len(wrong), migrations[number - 1].name if number else "nothing", tuple(wrong))
    if not matches:
        assert nearest is not None
        return Reached(None, closest=nearest[1], differences=nearest[2])
    last = start = matches[-1]
    while start - 1 in matches:
        start -= 1
    return Reached(last, tuple(migrations[start:last]), order=order)

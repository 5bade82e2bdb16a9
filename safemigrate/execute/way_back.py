"""A rollback in stages: journaled with each of its transactions, so that whoever kills it can go on with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from safemigrate.db import catalog, session
from safemigrate.db.fingerprint import fingerprint
from safemigrate.db.postgres import Connection
from safemigrate.execute import stages
from safemigrate.execute.rollbacks import IN_STAGES
from safemigrate.execute.run import Target, execute, transaction
from safemigrate.execute.stages import Stage
from safemigrate.model import Parting, Progress


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rollback was begun with and holds to its end.

    `batch_rows` is how many rows go back in one transaction, `fill` gives values to rows written since, by column.
    `drifted`: something else had changed the schema before, or has since.
    """

    batch_rows: int
    fill: dict[str, str] = field(default_factory=dict)
    guard: bool = False
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class WayBack:
    """A rollback under way: `stage` is the number of the one at hand, of which `rows` have gone back, to `reached`."""

    run: int
    stages: tuple[Stage, ...]
    terms: Terms
    stage: int
    reached: str
    rows: int
    fingerprint: str
    since: datetime

    def __str__(self) -> str:
        at = self.stages[self.stage] if self.stage < len(self.stages) else None
        said = f"stage {self.stage + 1} of {len(self.stages)}"
        return f"{said}, {self.rows:,} of {at.rows:,} rows of {at.subject} are back" if at and at.place else said


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the workflow adds: `prepare` begins each transaction, `part` keeps what goes, `end` ends the last."""

    prepare: Callable[[], None]
    part: Callable[[Parting], None]
    end: Callable[[], None]


def begin(connection: Connection, run: int, cut: Sequence[Stage], terms: Terms) -> None:
    """Write that a run goes back in these stages; it is ROLLING_BACK from now on."""
    connection.execute("UPDATE safemigrate.run SET state = 'rolling back' WHERE id = %s AND state = 'applied'", [run])
    connection.execute(
        "INSERT INTO safemigrate.way_back (run, stages, terms) VALUES (%s, %s, %s)",
        [run, stages.to_json(cut), json.dumps(asdict(terms))],
    )


def forget(connection: Connection, run: int) -> None:
    """Take back `begin`: nothing has been changed."""
    connection.execute("UPDATE safemigrate.run SET state = 'applied' WHERE id = %s AND state = 'rolling back'", [run])
    connection.execute("DELETE FROM safemigrate.way_back WHERE run = %s", [run])


def end(connection: Connection, run: int) -> None:
    """Forget the stages of a run that is back, but not that there were some: they were several transactions."""
    connection.execute("UPDATE safemigrate.run SET note = %s WHERE id = %s", [IN_STAGES, run])
    connection.execute("DELETE FROM safemigrate.way_back WHERE run = %s", [run])


def change(connection: Connection, run: int, terms: Terms) -> None:
    """Go on with other terms."""
    connection.execute("UPDATE safemigrate.way_back SET terms = %s WHERE run = %s", [json.dumps(asdict(terms)), run])


def read(connection: Connection, run: int) -> WayBack | None:
    """Return how far the rollback of a run has come; None where none is under way."""
    if session.value(connection, "SELECT to_regclass('safemigrate.way_back')") is None:
        return None
    found = session.rows(
        connection,
        "SELECT stages, terms, stage, reached::text, rows, fingerprint, since FROM safemigrate.way_back WHERE run = %s",
        [run],
    )
    return next((WayBack(run, stages.from_json(row[0]), Terms(**row[1]), *row[2:]) for row in found), None)


def go(target: Target, way: WayBack, hooks: Hooks) -> None:
    """Run the stages that are left. Raises MigrationFailed where one fails: it left nothing, those before it stay."""
    connection, total = target.connection, len(way.stages)
    known = way.fingerprint
    for number in range(way.stage, total):
        stage = way.stages[number]
        if stage.place:
            first = number == way.stage
            _refill(target, way, number, hooks, way.reached if first else _START, way.rows if first else 0)
            continue
        target.on_progress(Progress("rollback", f"stage {number + 1} of {total}"))
        if known and fingerprint(catalog.read(connection)) != known:
            connection.execute(
                "UPDATE safemigrate.way_back SET terms = jsonb_set(terms, '{drifted}', 'true') WHERE run = %s",
                [way.run],
            )

        def body(stage: Stage = stage, number: int = number) -> None:
            hooks.prepare()
            for action in stage.actions:
                if isinstance(action, Parting):
                    hooks.part(action)
                else:
                    execute(connection, action)
            _reach(connection, way.run, number + 1)
            connection.execute("UPDATE safemigrate.way_back SET fingerprint = '' WHERE run = %s", [way.run])
            if number + 1 == total:
                hooks.end()

        transaction(target, body)
        if number + 1 < total:
            known = fingerprint(catalog.read(connection))
            connection.execute("UPDATE safemigrate.way_back SET fingerprint = %s WHERE run = %s", [known, way.run])


_START = "(0,0)"


def _refill(target: Target, way: WayBack, number: int, hooks: Hooks, reached: str, rows: int) -> None:
    """Give rows back, a part of the kept table in each transaction, with the place that it reached."""
    connection, stage = target.connection, way.stages[number]
    while True:
        back = min(rows, stage.rows)
        said = f"{back:,} of {stage.rows:,} rows of {stage.subject}"
        target.on_progress(Progress("rollback", said, back, stage.rows))
        found = _next(connection, stage, reached, way.terms.batch_rows)
        if found is None:
            break
        upto, size = found
        some = f"(SELECT * FROM {stage.place} WHERE ctid > '{reached}' AND ctid <= '{upto}') AS k"

        def body(some: str = some, upto: str = upto, rows: int = rows + size) -> None:
            hooks.prepare()
            for sql in stage.actions:
                assert isinstance(sql, str)
                execute(connection, sql.replace(f"{stage.place} AS k", some))
            _reach(connection, way.run, number, upto, rows)

        transaction(target, body)
        reached, rows = upto, rows + size
    _reach(connection, way.run, number + 1)


def _reach(connection: Connection, run: int, stage: int, reached: str = _START, rows: int = 0) -> None:
    connection.execute(
        "UPDATE safemigrate.way_back SET stage = %s, reached = %s::tid, rows = %s WHERE run = %s",
        [stage, reached, rows, run],
    )


def _next(connection: Connection, stage: Stage, reached: str, rows: int) -> tuple[str, int] | None:
    """Return where the next part of a kept table ends, and how many rows it has.

    A kept table is written once, so rows lie in it as they were read, and a range of ctids is read without the rest
    (TID range scan, PostgreSQL docs, release 14).
    """
    block = int(reached.strip("()").partition(",")[0])
    pages = session.value(connection, f"SELECT pg_relation_size('{stage.place}') / current_setting('block_size')::int")
    near = f" AND ctid < '({min(block + 2 + rows * int(pages) // max(stage.rows, 1), 4294967294)},0)'"
    for within in (near, ""):  # rows that were erased leave gaps
        found = session.rows(
            connection,
            f"SELECT ctid::text, count(*) OVER () FROM (SELECT ctid FROM {stage.place} "
            f"WHERE ctid > '{reached}'{within} ORDER BY ctid LIMIT {rows}) AS part ORDER BY ctid DESC LIMIT 1",
        )
        if found:
            return str(found[0][0]), int(found[0][1])
    return None

"""Whatever a migration does to whatever file: the way back is exact, and takes nothing from what was written since."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from safemigrate.db.sqlite.catalog import fold, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.connection import Connection, SqlError, quote, rows, value
from safemigrate.db.sqlite.foreign_keys import foreign_keys
from safemigrate.errors import MigrationFailed
from tests.rollback.sqlite.chance import Chance, file_and_migration
from tests.rollback.sqlite.journey import Journey, journey

RUNS = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

Rows = dict[tuple[object, ...], tuple[object, ...]]


@RUNS
@given(st.integers(0, 2**32))
def test_is_exact(seed: int) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        before, migration = file_and_migration(random, Path(folder))
        assume(migration)
        try:
            with journey(Path(folder), before, migration) as found:
                assert found.reasons == ()
        except MigrationFailed:
            assume(False)


@RUNS
@given(st.integers(0, 2**32))
def test_keeps_what_was_written_since(seed: int) -> None:
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        before, migration = file_and_migration(random, Path(folder))
        assume(migration)
        try:
            with journey(Path(folder), before, migration) as found:
                assert found.reasons == ()
                _write_and_go_back(random, found)
        except MigrationFailed as error:
            if "1_change" not in error.summary:
                raise


def _write_and_go_back(random: Random, found: Journey) -> None:
    connection = found.connection
    former, now = read(connection, "before"), read(connection)
    pairs = [Pair(connection, found, name) for name in found.descent]
    pairs = [pair for pair in pairs if pair.told]
    chance = Chance(random, now)
    with foreign_keys(connection, on=chance.maybe(0.8)):
        for _ in range(random.randint(1, 8)) if now.tables else ():
            try:
                connection.execute(chance.write()).fetchall()
            except SqlError:
                continue
    if any(value(connection, check.count) for check in found.plan.steps[0].checks):
        return
    today = [pair.today(connection) for pair in pairs]
    found.back()
    assert compare(former, read(connection)) == []
    for pair, since in zip(pairs, today, strict=True):
        pair.judge(since, pair.read(connection, "main", pair.was.name, pair.key, pair.columns))


class Pair:
    """A table whose rows are told apart by the same key before and after."""

    def __init__(self, connection: Connection, found: Journey, name: str) -> None:
        former, now = read(connection, "before"), read(connection)
        descent = found.descent[name]
        self.was, self.now = former.tables[name], now.tables[descent.table]
        self.key = list(self.was.primary_key)
        others = [one for one in self.was.columns if not one.generated and one.name not in self.key]
        self.columns = [one.name for one in others]
        self.linked = [one for one in others if fold(one.name) in descent.columns]
        self.key_now = [descent.columns.get(fold(name), "") for name in self.key]
        self.linked_now = [descent.columns[fold(one.name)] for one in self.linked]
        self.linked_now += [one.column for one in descent.computed.values()]  # what was written there may go back
        self.then: Rows = {}
        self.migrated: Rows = {}
        if self.told:
            self.then = self.read(connection, "before", self.was.name, self.key, self.columns)
            self.migrated = self.today(connection)

    @property
    def told(self) -> bool:
        """Whether the same key tells rows before and after, and compares as it did."""
        pairs = [
            (self.was.column(one), self.now.column(other)) for one, other in zip(self.key, self.key_now, strict=True)
        ]
        alike = all(
            one and other and (one.affinity, one.collation) == (other.affinity, other.collation) for one, other in pairs
        )
        return bool(self.key) and alike and list(map(fold, self.key_now)) == list(map(fold, self.now.primary_key))

    def today(self, connection: Connection) -> Rows:
        return self.read(connection, "main", self.now.name, self.key_now, self.linked_now)

    def read(self, connection: Connection, schema: str, name: str, key: list[str], columns: list[str]) -> Rows:
        listed = ", ".join(f"{quote(one)}, typeof({quote(one)})" for one in (*key, *columns))
        found = rows(connection, f"SELECT {listed} FROM {quote(schema, name)}")
        return {row[: 2 * len(key)]: row[2 * len(key) :] for row in found}

    def judge(self, today: Rows, back: Rows) -> None:
        for key, row in back.items():
            if key not in today:
                assert key not in self.migrated, "it was deleted since"
                assert row == self.then.get(key), "it comes from nowhere, or is another"
            elif key in self.then and self.migrated.get(key) == today[key]:
                assert row == self.then[key], "nobody has touched it since"
            elif key not in self.migrated:
                for number, column in enumerate(self.linked):
                    now = self.now.column(self.linked_now[number])
                    at = 2 * self.columns.index(column.name)
                    if now and now.affinity == column.affinity:
                        assert row[at : at + 2] == today[key][2 * number : 2 * number + 2], "it was written since"
        for key in today.keys() - back.keys():
            assert key not in self.then, "it was there before"
            assert key in self.migrated, "it was written since"
        assert self.then.keys() - self.migrated.keys() <= back.keys(), "what it deleted comes back"

"""What the target is asked before COMMIT."""

from __future__ import annotations

from safemigrate.db.catalog import read
from safemigrate.db.postgres import Connection, connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.model import Group, Plan, Proof, Verdict
from safemigrate.workflow.on_server.verify import unkept, written

PLAN = Plan("one", "", (Group(()),), Proof(Verdict.EXACT))


def ask(connection: Connection, statement: bytes) -> list[str]:
    before = read(connection)
    with connection.transaction():
        earlier = written(connection)
        connection.execute(statement)
        return unkept(connection, before, PLAN, earlier)


def test_rows_that_nobody_kept_are_named(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        connection.execute("CREATE TABLE a (n integer); INSERT INTO a VALUES (1), (2)")
        assert ask(connection, b"DELETE FROM a WHERE n = 1") == [
            '"public"."a": 0 rows inserted, 0 updated, 1 deleted, and none was kept'
        ]


def test_what_an_earlier_transaction_wrote_is_not_of_this_one(database: DatabaseUrl) -> None:
    with connect(database) as connection:
        connection.execute("CREATE TABLE a (n integer)")
        for number in range(20):  # quicker than the server reports its statistics, which it does once a second
            with connection.transaction():
                connection.execute(b"INSERT INTO a VALUES (%d)" % number)
            assert ask(connection, b"ALTER TABLE a ADD COLUMN c%d integer" % number) == []

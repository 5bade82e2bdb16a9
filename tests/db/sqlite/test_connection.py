"""Opening a file, transactions, and values as SQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, Refusal, SqlError, connect, literal, quote, rows, run, value
from safemigrate.errors import ConnectionFailed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a table and a row, under a name that means something in a URI."""
    made = tmp_path / "dev %20?#.db"
    with connect(made, create=True) as connection:
        run(connection, 'CREATE TABLE "User" (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT NOT NULL)')
        run(connection, "INSERT INTO User VALUES (1, 'a@x', 'Ann')")
    return made


def test_a_file_that_is_missing_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed, match="there is no file"), connect(tmp_path / "dev.db"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_connection_is_as_prisma_has_it(path: Path) -> None:
    with connect(path) as connection:
        assert value(connection, "PRAGMA foreign_keys") == 1
        assert value(connection, "PRAGMA legacy_alter_table") == 0
        assert not connection.in_transaction
        assert connection.path == path.resolve()
        assert not connection.closed
    assert connection.closed


def test_link_is_opened_where_the_file_is(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with connect(link) as connection:
        assert connection.path == path.resolve()
        assert rows(connection, "SELECT name FROM User") == [("Ann",)]


def test_read_only_connection_writes_nothing(path: Path) -> None:
    with pytest.raises(ConnectionFailed, match="cannot be written"), connect(path, write=False) as connection:
        run(connection, "DELETE FROM User")


def fail_within(connection: Connection) -> None:
    """Delete everything in a transaction that fails."""
    with connection.transaction():
        run(connection, "DELETE FROM User")
        raise ZeroDivisionError


def test_transaction_that_fails_leaves_nothing(path: Path) -> None:
    with connect(path) as connection:
        with pytest.raises(ZeroDivisionError):
            fail_within(connection)
        assert not connection.in_transaction
        assert value(connection, "SELECT count(*) FROM User") == 1


def test_inner_transaction_that_fails_leaves_the_outer_one(path: Path) -> None:
    with connect(path) as connection:
        with connection.transaction():
            run(connection, "INSERT INTO User VALUES (2, 'b@x', 'Bob')")
            with pytest.raises(ZeroDivisionError):
                fail_within(connection)
            assert connection.in_transaction
        assert value(connection, "SELECT count(*) FROM User") == 2


def test_outermost_transaction_holds_the_write_lock_from_its_beginning(path: Path) -> None:
    with (
        connect(path) as connection,
        connection.transaction(),
        pytest.raises(ConnectionFailed, match="in use"),
        connect(path, timeout=0) as other,
        other.transaction(),
    ):
        pass


def test_statements_own_faults_stay_sqlite_errors(path: Path) -> None:
    with connect(path) as connection:
        with pytest.raises(SqlError) as caught:
            run(connection, "INSERT INTO User VALUES (2, 'a@x', 'Bob')")
        assert Refusal.of(caught.value) == Refusal(
            "SQLITE_CONSTRAINT_UNIQUE", "UNIQUE constraint failed: User.email", '"User"'
        )
        with pytest.raises(SqlError, match="one statement"):
            run(connection, "SELECT 1; SELECT 2")
        assert run(connection, b"UPDATE User SET name = 'B'") == 1


def test_attached_file_is_read_by_its_name(path: Path, tmp_path: Path) -> None:
    with connect(tmp_path / "other.db", create=True) as connection:
        connection.attach(path, "before")
        assert rows(connection, 'SELECT name FROM before."User"') == [("Ann",)]
        with pytest.raises(SqlError, match="readonly"):
            run(connection, "DELETE FROM before.User")
        connection.detach("before")
        with pytest.raises(ConnectionFailed, match="there is no file"):
            connection.attach(tmp_path / "none.db", "before")


VALUES = [None, 0, -(2**63), 1.5, 0.1, 1e300, float("inf"), float("-inf"), "", "it's", "a\0b", "\udcff", b"", b"\0"]


@pytest.mark.parametrize("given", VALUES, ids=repr)
def test_literal_gives_the_value_back(path: Path, given: object) -> None:
    with connect(path) as connection:
        found = value(connection, f"SELECT {literal(given)}")
    assert found == given
    assert isinstance(found, type(given))


def test_quote_doubles_quotes() -> None:
    assert quote("main", 'a"b') == '"main"."a""b"'


def test_text_that_is_not_utf8_is_read_and_goes_back(path: Path) -> None:
    with connect(path) as connection:
        run(connection, "UPDATE User SET name = CAST(x'ff41' AS TEXT)")
        name = value(connection, "SELECT name FROM User")
        assert value(connection, f"SELECT hex({literal(name)})") == "FF41"


def test_sqlite_needs_no_postgresql() -> None:
    code = "import safemigrate.db.sqlite.connection, sys; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

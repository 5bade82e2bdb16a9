from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safemigrate.db.postgres import Connection
from safemigrate.model import AppliedMigration, AppliedState, Migration
from safemigrate.prisma import history

START = datetime(2026, 1, 1, tzinfo=UTC)


def file(name: str, sql: str = "SELECT 1;\n") -> Migration:
    return Migration(name, Path(name, "migration.sql"), sql, hashlib.sha256(sql.encode()).hexdigest())


def row(of: Migration, state: AppliedState = AppliedState.APPLIED, checksum: str = "") -> AppliedMigration:
    done = START + timedelta(seconds=1)
    return AppliedMigration(
        id=f"{of.name}-{state}",
        name=of.name,
        checksum=checksum or of.checksum,
        state=state,
        started_at=START,
        finished_at=done if state is AppliedState.APPLIED else None,
        rolled_back_at=done if state is AppliedState.ROLLED_BACK else None,
        applied_steps=1,
        logs="",
    )


A, B, C = file("20230101000000_a"), file("20230102000000_b"), file("20230103000000_c")


def names(found: tuple[Migration, ...] | tuple[AppliedMigration, ...]) -> list[str]:
    return [one.name[-1] for one in found]


def test_not_managed() -> None:
    state = history.state([A, B], None)
    assert (state.managed, names(state.pending), names(state.applied)) == (False, ["a", "b"], [])


def test_managed_and_empty() -> None:
    assert history.state([], []).managed


def test_applied_and_pending() -> None:
    state = history.state([A, B, C], [row(A), row(B)])
    assert (names(state.applied), names(state.pending), names(state.out_of_order)) == (["a", "b"], ["c"], [])


def test_out_of_order() -> None:
    state = history.state([A, B, C], [row(A), row(C)])
    assert (names(state.pending), names(state.out_of_order)) == (["b"], ["b"])


def test_order_is_bytewise() -> None:
    """Numerically 9 comes before 10; Prisma takes the bytes."""
    state = history.state([file("10_b"), file("9_a")], [row(file("9_a"))])
    assert names(state.out_of_order) == ["b"]


def test_failed_is_neither_applied_nor_pending() -> None:
    state = history.state([A, B], [row(A), row(B, AppliedState.FAILED)])
    assert (names(state.failed), names(state.pending), names(state.applied)) == (["b"], [], ["a"])


def test_a_failed_row_stops_even_beside_an_applied_one() -> None:
    """P3009 looks at rows, not at names."""
    state = history.state([A], [row(A, AppliedState.FAILED), row(A)])
    assert (names(state.failed), names(state.applied)) == (["a"], ["a"])


def test_rolled_back_is_pending_again() -> None:
    state = history.state([A, B], [row(A), row(B, AppliedState.ROLLED_BACK)])
    assert (names(state.pending), names(state.rolled_back)) == (["b"], ["b"])


def test_rolled_back_and_applied_again_is_applied() -> None:
    state = history.state([A], [row(A, AppliedState.ROLLED_BACK), row(A)])
    assert (names(state.applied), names(state.pending), names(state.rolled_back)) == (["a"], [], [])


def test_rolled_back_and_gone_from_disk_is_no_news() -> None:
    state = history.state([A], [row(A), row(B, AppliedState.ROLLED_BACK)])
    assert (names(state.missing), names(state.failed), names(state.pending)) == ([], [], [])


def test_missing_on_disk() -> None:
    state = history.state([B], [row(C), row(B), row(A)])
    assert names(state.missing) == ["a", "c"]


def test_edited() -> None:
    state = history.state([A, B], [row(A, checksum="0" * 64), row(B)])
    assert [(found.name, of.name) for found, of in state.edited] == [(A.name, A.name)]


@pytest.mark.parametrize("stored", ["a\nb\n", "a\r\nb\r\n"])
@pytest.mark.parametrize("on_disk", ["a\nb\n", "a\r\nb\r\n"])
def test_line_ends_are_no_edit(stored: str, on_disk: str) -> None:
    assert history.matches(on_disk, hashlib.sha256(stored.encode()).hexdigest())


@pytest.mark.parametrize("on_disk", ["a\nb", "a \nb\n", "a\rb\r", "\ufeffa\nb\n"])
def test_everything_else_is_an_edit(on_disk: str) -> None:
    assert not history.matches(on_disk, hashlib.sha256(b"a\nb\n").hexdigest())


def test_prisma_2s_short_checksum() -> None:
    text = next(text for text in map(str, range(1000)) if "0" in hashlib.sha256(text.encode()).hexdigest()[::2])
    short = "".join(f"{byte:x}" for byte in hashlib.sha256(text.encode()).digest())
    assert len(short) < 64
    assert history.matches(text, short)


# With a server


def test_no_table_is_none(connection: Connection) -> None:
    assert history.read(connection, "public") is None
    assert history.read(connection, "no such schema") is None


@pytest.mark.parametrize("schema", ["public", 'a "b" %s {table} 50%', "Ü"])
def test_a_row_from_start_to_rollback(schema: str, connection: Connection) -> None:
    from safemigrate.db.postgres import quote

    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}".encode())
    history.create_table(connection, schema)
    history.create_table(connection, schema)
    assert history.read(connection, schema) == []
    identifier = history.record_started(connection, schema, A)
    [started] = history.read(connection, schema) or []
    assert (started.id, started.state, started.applied_steps) == (identifier, AppliedState.FAILED, 0)
    history.record_failed(connection, schema, identifier, "it broke: 100%")
    [failed] = history.read(connection, schema) or []
    assert (failed.state, failed.logs) == (AppliedState.FAILED, "it broke: 100%")
    history.record_finished(connection, schema, identifier)
    [finished] = history.read(connection, schema) or []
    assert (finished.state, finished.applied_steps, finished.logs) == (AppliedState.APPLIED, 1, "")
    assert finished.finished_at is not None
    assert finished.started_at < finished.finished_at
    assert history.mark_rolled_back(connection, schema, A.name) == 1
    assert history.mark_rolled_back(connection, schema, A.name) == 0
    [undone] = history.read(connection, schema) or []
    assert (undone.state, undone.checksum) == (AppliedState.ROLLED_BACK, A.checksum)


def test_rows_of_one_transaction_keep_their_order(connection: Connection) -> None:
    history.create_table(connection, "public")
    with connection.transaction():
        for migration in (C, A, B):
            history.record_applied(connection, "public", migration)
    assert [found.name for found in history.read(connection, "public") or []] == [C.name, A.name, B.name]


def test_logs_are_null_on_success_as_prisma_writes_them(connection: Connection) -> None:
    history.create_table(connection, "public")
    history.record_applied(connection, "public", A)
    assert connection.execute("SELECT logs FROM _prisma_migrations").fetchall() == [(None,)]


def test_a_baseline_replaces_what_failed(connection: Connection) -> None:
    history.create_table(connection, "public")
    history.record_started(connection, "public", A)
    history.record_baseline(connection, "public", A)
    failed, baseline = history.read(connection, "public") or []
    assert (failed.state, baseline.state) == (AppliedState.ROLLED_BACK, AppliedState.APPLIED)
    assert baseline.started_at == baseline.finished_at
    assert baseline.applied_steps == 0


def test_the_table_is_prismas(connection: Connection) -> None:
    history.create_table(connection, "public")
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)"
        " FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
        " WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0 ORDER BY attnum"
    ).fetchall()
    assert columns == [
        ("id", "character varying(36)", True, None),
        ("checksum", "character varying(64)", True, None),
        ("finished_at", "timestamp with time zone", False, None),
        ("migration_name", "character varying(255)", True, None),
        ("logs", "text", False, None),
        ("rolled_back_at", "timestamp with time zone", False, None),
        ("started_at", "timestamp with time zone", True, "now()"),
        ("applied_steps_count", "integer", True, "0"),
    ]


@pytest.mark.parametrize("schema", ["public", 'a "b" %s {table} 50%'])
def test_the_guard_is_no_migration(schema: str, connection: Connection) -> None:
    from safemigrate.db.postgres import quote

    assert not history.guarded(connection, schema)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}".encode())
    history.create_table(connection, schema)
    history.record_applied(connection, schema, A)
    assert not history.lower_guard(connection, schema)
    for _ in range(2):
        history.raise_guard(connection, schema, "why")
        assert history.guarded(connection, schema)
    assert [found.name for found in history.read(connection, schema) or []] == [A.name]
    table = quote(schema, history.TABLE)
    rows = connection.execute(f"SELECT migration_name FROM {table} ORDER BY started_at".encode()).fetchall()
    assert rows == [(A.name,), (history.GUARD,)]
    assert history.lower_guard(connection, schema)
    assert connection.execute(f"SELECT migration_name FROM {table}".encode()).fetchall() == [(A.name,)]


def test_a_guard_resolved_by_hand_is_none(connection: Connection) -> None:
    history.create_table(connection, "public")
    history.raise_guard(connection, "public", "why")
    assert history.mark_rolled_back(connection, "public", history.GUARD) == 1
    assert not history.guarded(connection, "public")
    assert history.read(connection, "public") == []
    history.raise_guard(connection, "public", "again")
    assert history.guarded(connection, "public")

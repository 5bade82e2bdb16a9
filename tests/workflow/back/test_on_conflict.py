"""One side gives way, as the user chose: the rollback goes through, and nothing that stood anywhere is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from safemigrate.db.digest import differences
from safemigrate.db.fingerprint import compare
from safemigrate.model import OnConflict, Result
from safemigrate.workflow.options import RollbackOptions
from tests.workflow.conflicting import CONFLICTS, Conflicting
from tests.workflow.conftest import CHANGE, Project

Rows = dict[str, list[dict[str, Any]]]


def content(project: Project, schemas: str) -> Rows:
    """Every row of every table, by table."""
    tables = project.rows(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind = 'r' AND n.nspname ~ '{schemas}' AND c.relname NOT IN "
        "('run', 'step', 'kept', 'hold', '_prisma_migrations')"
    )
    return {
        str(name): [json.loads(str(row)) for (row,) in project.rows(f"SELECT to_jsonb(t)::text FROM {name} AS t")]
        for (name,) in tables
    }


def lost(before: Rows, made: Rows, today: Rows, after: Rows, kept: Rows) -> list[str]:
    """Name every value that neither stands in its table nor is kept, and that no user took away.

    `made` is what the migration made of `before`, `today` what users made of that.
    """
    beside = [row for rows in kept.values() for row in rows]

    def find(rows: Rows, table: str, row: dict[str, Any]) -> dict[str, Any] | None:
        if "id" not in row:
            return row if row in rows.get(table, ()) else None
        return next((one for one in rows.get(table, ()) if one["id"] == row["id"]), None)

    def plain(value: object) -> str:
        return f"{{{','.join(map(str, value))}}}" if isinstance(value, list) else str(value)

    def safe(table: str, row: dict[str, Any], name: str) -> bool:
        here = find(after, table, row)
        if here is not None and plain(here.get(name)) == plain(row[name]):
            return True
        key = row.get("id")
        return any(
            plain(one.get(name)) == plain(row[name]) and plain(one.get("id", key)) == plain(key) for one in beside
        )

    said = []
    for table, rows in today.items():
        for row in rows:
            was = find(made, table, row)
            written = [name for name in row if was is None or was.get(name) != row[name]]
            said += [f"{table} {row}: {name} was written since" for name in written if not safe(table, row, name)]
    for table, rows in before.items():
        for row in rows:
            then, now = find(made, table, row), find(today, table, row)
            if then is not None and now is None:
                continue  # a user deleted it
            mine = [name for name in row if then is None or now is None or then.get(name) == now.get(name)]
            said += [f"{table} {row}: {name} stood before" for name in mine if not safe(table, row, name)]
    return said


@pytest.mark.parametrize("case", CONFLICTS, ids=lambda case: case.name)
def test_one_side_gives_way(project: Project, case: Conflicting) -> None:
    project.baseline(case.setup)
    schema, _ = project.state()
    before = content(project, "^public$")
    project.write(CHANGE, case.migration)
    assert project.apply().result is Result.APPLIED
    made = content(project, "^public$")
    project.run(case.since)
    for number, choice in enumerate((OnConflict.KEEP_NEW, OnConflict.KEEP_OLD)):
        one = project.copy(number)
        today, digests = content(one, "^public$"), one.state()
        foreseen = one.rollback(RollbackOptions(on_conflict=choice, dry_run=True))
        (conflict,) = foreseen.conflicts
        back = one.rollback(RollbackOptions(on_conflict=choice))
        if not (case.new if choice is OnConflict.KEEP_NEW else case.old):
            assert not conflict.way(choice)
            assert foreseen.result is Result.CONFLICTS
            assert back.result is Result.CONFLICTS
            now = one.state()
            assert compare(digests[0], now[0]) == []
            assert differences(digests[1], now[1]) == []
            continue
        assert foreseen.result is Result.REHEARSED
        assert back.result is Result.ROLLED_BACK, back.conflicts
        assert back.settled
        unproven = [note for note in back.notes if "VALIDATE CONSTRAINT" in note]
        assert [line for line in compare(schema, one.state()[0]) if not (unproven and "NOT VALID" in line)] == []
        assert lost(before, made, today, content(one, "^public$"), content(one, "^safemigrate")) == []
        for each in back.settled:
            assert f"{each.count:,}" in conflict.way(choice)
            if each.place:
                assert one.rows(f"SELECT count(*) FROM {each.place}") == [(each.count,)]

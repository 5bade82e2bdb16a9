from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db import session
from safemigrate.db.digest import digest
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import Restored
from safemigrate.model import Verdict, silent
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions
from safemigrate.workflow.request import Request

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'

# A branch on where it runs stands for a branch on rows written between the rehearsal and the apply.
BRANCH = """
DO $$ BEGIN
  IF current_setting('application_name') = 'safemigrate' THEN
    EXECUTE 'UPDATE ' || 'note' || ' SET text = upper(text)';
  END IF;
END $$;
"""


def test_rows_that_nobody_kept_stop_the_apply_before_commit(database: DatabaseUrl, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name, sql in (("1_init", "CREATE TABLE note (id int PRIMARY KEY, text text);"), ("2_branch", BRANCH)):
        folder = project / "prisma" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql)
        if name == "1_init":
            (project / "prisma" / "schema.prisma").write_text(SCHEMA)
            (project / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
            request = Request(
                project, None, database.prisma(), Settings(), silent, False, None, None, lambda *_: True, lambda _: True
            )
            apply(request, ApplyOptions(generate=False))
    with connect(database) as connection:
        session.run(connection, "INSERT INTO note SELECT n, 'note ' || n FROM generate_series(1, 5) AS n")
        before = digest(connection)
    with pytest.raises(Restored, match="did not change in the rehearsal") as caught:
        apply(request, ApplyOptions(generate=False))
    assert '"public"."note": 0 rows inserted, 5 updated, 0 deleted' in caught.value.why
    with connect(database) as connection:
        assert digest(connection) == before
        assert session.value(connection, "SELECT count(*) FROM _prisma_migrations") == 1


def test_a_sequence_left_behind_is_a_finding(database: DatabaseUrl, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "prisma" / "migrations" / "1_init").mkdir(parents=True)
    (project / "prisma" / "schema.prisma").write_text(SCHEMA)
    (project / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    request = Request(
        project, None, database.prisma(), Settings(), silent, False, None, None, lambda *_: True, lambda _: True
    )
    file = project / "prisma" / "migrations" / "1_init" / "migration.sql"
    file.write_text("CREATE TABLE note (id serial PRIMARY KEY, text text); INSERT INTO note (text) VALUES ('a');")
    apply(request, ApplyOptions(generate=False))
    file = project / "prisma" / "migrations" / "2_seed" / "migration.sql"
    file.parent.mkdir()
    file.write_text("INSERT INTO note (id, text) VALUES (7, 'seed');")
    outcome = apply(request, ApplyOptions(generate=False))
    (finding,) = [one for one in outcome.migrations[0].findings if one.rule == "sequence-behind"]
    assert "stands at 1" in finding.message
    assert "has 7" in finding.message


def test_a_migration_that_needs_rows_is_rehearsed_with_all_of_them(database: DatabaseUrl, tmp_path: Path) -> None:
    """On the bare schema the guard raises; that says nothing about the target."""
    project = tmp_path / "project"
    first = project / "prisma" / "migrations" / "1_init" / "migration.sql"
    first.parent.mkdir(parents=True)
    (project / "prisma" / "schema.prisma").write_text(SCHEMA)
    (project / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    request = Request(
        project, None, database.prisma(), Settings(), silent, False, None, None, lambda *_: True, lambda _: True
    )
    first.write_text("CREATE TABLE plan (name text PRIMARY KEY); CREATE TABLE note (id int PRIMARY KEY, text text);")
    apply(request, ApplyOptions(generate=False))
    with connect(database) as connection:
        session.run(connection, "INSERT INTO plan VALUES ('free'); INSERT INTO note VALUES (1, 'a')")
    second = project / "prisma" / "migrations" / "2_guarded" / "migration.sql"
    second.parent.mkdir()
    second.write_text(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM plan) THEN RAISE EXCEPTION 'no plan'; END IF; END $$;\n"
        "UPDATE note SET text = upper(text);"
    )
    outcome = apply(request, ApplyOptions(generate=False))
    assert outcome.migrations[0].proof is not None
    assert outcome.migrations[0].proof.verdict is Verdict.EXACT
    assert set(outcome.snapshots[0].tables) >= {'"public"."note"', '"public"."plan"'}
    with connect(database) as connection:
        assert session.value(connection, "SELECT text FROM note") == "A"


def test_a_schema_that_is_not_there_yet_is_made_and_rows_that_go_take_consent(
    database: DatabaseUrl, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    first = project / "prisma" / "migrations" / "1_init" / "migration.sql"
    first.parent.mkdir(parents=True)
    (project / "prisma" / "schema.prisma").write_text(SCHEMA)
    (project / "package.json").write_text('{"devDependencies": {"prisma": "5.22.0"}}')
    url = f"{database.prisma()}{'&' if '?' in database.prisma() else '?'}schema=tenant"
    said: list[str] = []

    def consent(_database: str, losses: Sequence[str]) -> bool:
        said.extend(losses)
        return True

    request = Request(project, None, url, Settings(), silent, False, None, None, consent, lambda _: True)
    first.write_text("CREATE TABLE note (id int PRIMARY KEY, text text);")
    apply(request, ApplyOptions(generate=False))
    assert said == []
    with connect(database) as connection:
        session.run(connection, "INSERT INTO tenant.note SELECT n, 'a' FROM generate_series(1, 5) AS n")
    second = project / "prisma" / "migrations" / "2_delete" / "migration.sql"
    second.parent.mkdir()
    second.write_text("UPDATE note SET text = 'b' WHERE id = 1;\nDELETE FROM note WHERE id > 2;")
    outcome = apply(request, ApplyOptions(generate=False))
    assert said == [
        '2_delete: "note" ("text") is overwritten in 1 row',
        '2_delete: rows of "note" are deleted, and what refers to them ON DELETE CASCADE (3 rows go)',
    ]
    found = {(one.rule, one.count) for one in outcome.migrations[0].findings}
    assert found == {("delete-rows", 3), ("overwrite-values", 1)}

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.db.sqlite.connection import Connection, rows, value
from safemigrate.errors import MigrationFailed
from safemigrate.model import Migration
from safemigrate.shadow.sqlite.rehearse import Rehearsed, rehearse, run_as_prisma
from safemigrate.sql import split

Make = Callable[[str], Connection]
Written = Callable[[str], Migration]

FAMILY = """
CREATE TABLE "Parent" ("id" INTEGER PRIMARY KEY, "name" TEXT UNIQUE);
CREATE TABLE "Child" ("id" INTEGER PRIMARY KEY, "parent" INT REFERENCES "Parent" ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE "Toy" ("id" INTEGER PRIMARY KEY, "child" INT REFERENCES "Child" ON DELETE SET NULL);
CREATE TABLE "Log" ("what" TEXT);
CREATE TRIGGER "toys" AFTER UPDATE ON "Toy" BEGIN INSERT INTO "Log" VALUES ('toy'), ('again'); END;
INSERT INTO "Parent" VALUES (1, 'a'), (2, 'b');
INSERT INTO "Child" VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO "Toy" VALUES (1, 1), (2, 2), (3, 3);
"""

REBUILD = """
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Parent" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL);
INSERT INTO "new_Parent" ("id", "name") SELECT "id", "name" FROM "Parent";
DROP TABLE "Parent";
ALTER TABLE "new_Parent" RENAME TO "Parent";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""


def seen(connection: Connection, migration: Migration) -> Rehearsed:
    return rehearse(connection, migration, split(migration.sql, dialect="sqlite"))


ALL = {'"Child"': (0, 0, 2), '"Log"': (4, 0, 0), '"Parent"': (0, 0, 1), '"Toy"': (0, 2, 0)}


@pytest.mark.parametrize(
    ("sql", "written", "counted"),
    [
        ('DELETE FROM "Parent" WHERE id = 1', {"Parent", "Child", "Toy", "Log"}, ALL),
        ('DELETE FROM "Parent" WHERE id = 9', {"Parent", "Child", "Toy", "Log"}, {}),
        ('UPDATE "Parent" SET id = 7 WHERE id = 1', {"Parent", "Child"}, {'"Child"': (0, 2, 0), '"Parent"': (0, 1, 0)}),
        ('UPDATE "Parent" SET "name" = id', {"Parent"}, {'"Parent"': (0, 2, 0)}),
        ('WITH a AS (SELECT 1) DELETE FROM "Log"', {"Log"}, {}),
        ("INSERT INTO \"Parent\" VALUES (3, 'c'), (4, 'd')", {"Parent"}, {'"Parent"': (2, 0, 0)}),
        (
            "INSERT OR REPLACE INTO \"Parent\" VALUES (1, 'x'), (3, 'b')",
            {"Parent", "Child", "Toy", "Log"},
            {'"Child"': (0, 0, 3), '"Log"': (6, 0, 0), '"Parent"': (2, 0, 2), '"Toy"': (0, 3, 0)},
        ),
        (
            "INSERT INTO \"Parent\" VALUES (1, 'x'), (3, 'c') ON CONFLICT (\"id\") DO UPDATE SET \"name\" = 'z'",
            {"Parent"},
            {'"Parent"': (1, 1, 0)},
        ),
        (
            'DROP TABLE "Parent"',
            {"Parent", "Child", "Toy", "Log"},
            {'"Child"': (0, 0, 3), '"Log"': (6, 0, 0), '"Toy"': (0, 3, 0)},
        ),
        ('DROP TABLE "Log"', {"Log"}, {}),
        ('CREATE INDEX "i" ON "Toy" ("child")', set(), {}),
    ],
)
def test_sees_what_triggers_and_foreign_keys_reach(
    make: Make, migration: Written, sql: str, written: set[str], counted: dict[str, tuple[int, int, int]]
) -> None:
    (one,) = seen(make(FAMILY), migration(sql)).observations
    assert one.written == written
    assert one.trace.rows == counted
    assert {f'"{table}"' for table in one.changed} == set(counted)


def test_what_was_written_under_another_name_is_known_by_its_own(make: Make, migration: Written) -> None:
    sql = "ALTER TABLE a RENAME TO c; DELETE FROM c; ALTER TABLE c RENAME TO a;"
    seen = rehearse(make("CREATE TABLE a (b); CREATE TABLE other (b);"), migration(sql), split(sql, dialect="sqlite"))
    assert seen.written == {"a", "c"}


def test_a_rebuild_cascades_nowhere_and_is_told_as_one(make: Make, migration: Written) -> None:
    connection = make(FAMILY)
    rehearsed = seen(connection, migration(REBUILD))
    traces = [one.trace for one in rehearsed.observations]
    assert [trace.sql.split()[0] for trace in traces] == ["CREATE", "INSERT", "DROP", "ALTER"]
    assert traces[0].born == ('"new_Parent"',)
    assert traces[1].rows == {'"new_Parent"': (2, 0, 0)}
    assert traces[3].rewrites == ('"Parent"',)
    assert not rehearsed.foreign_keys
    assert value(connection, 'SELECT count(*) FROM "Child"') == 3
    assert value(connection, "PRAGMA foreign_keys") == 1
    assert rehearsed.before.tables["Parent"].sql != rehearsed.after.tables["Parent"].sql


def test_a_catalog_is_read_again_only_where_the_schema_changed(make: Make, migration: Written) -> None:
    sql = 'UPDATE "Log" SET "what" = 1; ALTER TABLE "Log" ADD COLUMN "when" INT; ALTER TABLE "Log" DROP COLUMN "what"'
    first, second, third = seen(make(FAMILY), migration(sql)).observations
    assert first.before is first.after is second.before
    assert second.after.tables["Log"].column("when")
    assert not second.trace.rewrites
    assert third.trace.rewrites == ('"Log"',)


def test_our_counting_leaves_nothing_behind(make: Make, migration: Written) -> None:
    connection = make(FAMILY)
    seen(connection, migration('DELETE FROM "Parent"'))
    assert rows(connection, "SELECT name FROM sqlite_temp_master") == []


def test_a_failure_leaves_the_copy_as_it_was(make: Make, migration: Written) -> None:
    connection = make(FAMILY + 'INSERT INTO "Parent" VALUES (3, NULL);')
    with pytest.raises(MigrationFailed) as failure:
        seen(connection, migration(REBUILD))
    assert failure.value.summary.startswith('1_change, line 5 failed: INSERT INTO "new_Parent"')
    assert "NOT NULL constraint failed: new_Parent.name" in failure.value.why
    assert '"Parent"' in failure.value.why
    assert failure.value.sqlstate == "SQLITE_CONSTRAINT_NOTNULL"
    assert rows(connection, "SELECT name FROM sqlite_master WHERE name LIKE 'new%'") == []
    assert value(connection, "PRAGMA foreign_keys") == 1
    assert rows(connection, "SELECT name FROM sqlite_temp_master") == []


def test_as_prisma_runs_it_a_failure_stays_half_way_and_the_next_run_says_so(make: Make, migration: Written) -> None:
    connection = make(FAMILY + 'INSERT INTO "Parent" VALUES (3, NULL);')
    one = migration(REBUILD)
    with pytest.raises(MigrationFailed):
        run_as_prisma(connection, one, split(one.sql, dialect="sqlite"))
    assert value(connection, 'SELECT count(*) FROM "new_Parent"') == 0
    with pytest.raises(MigrationFailed) as failure:
        seen(connection, one)
    assert 'broke off; its rows are all in "Parent" still' in failure.value.why
    assert failure.value.fix == ('DROP TABLE "new_Parent";',)


def test_where_the_old_table_is_gone_the_rename_is_named(make: Make, migration: Written) -> None:
    half = REBUILD.partition("ALTER TABLE")[0]
    connection = make(FAMILY + half + "PRAGMA foreign_keys=ON;")
    with pytest.raises(MigrationFailed) as failure:
        seen(connection, migration(REBUILD))
    assert failure.value.fix == ('ALTER TABLE "new_Parent" RENAME TO "Parent";',)
    with pytest.raises(MigrationFailed) as failure:
        seen(connection, migration('ALTER TABLE "Parent" ADD COLUMN "x" INT'))
    assert failure.value.fix == ('ALTER TABLE "new_Parent" RENAME TO "Parent";',)


def test_a_view_does_not_stop_a_rebuild_as_it_stops_prisma(make: Make, migration: Written) -> None:
    view = 'CREATE VIEW "names" AS SELECT "name" FROM "Parent";'
    one = migration(REBUILD)
    with pytest.raises(MigrationFailed, match='ALTER TABLE "new_Parent" RENAME'):
        run_as_prisma(make(FAMILY + view), one, split(one.sql, dialect="sqlite"))
    connection = make(FAMILY + view)
    seen(connection, one)
    assert rows(connection, 'SELECT * FROM "names"') == [("a",), ("b",)]
    assert value(connection, "PRAGMA legacy_alter_table") == 0


def test_a_renamed_table_takes_its_views_with_it(make: Make, migration: Written) -> None:
    connection = make(FAMILY + 'CREATE VIEW "names" AS SELECT "name" FROM "Parent";')
    seen(connection, migration('ALTER TABLE "Parent" RENAME TO "Elder"'))
    assert rows(connection, 'SELECT * FROM "names"') == [("a",), ("b",)]


def test_rows_that_refer_to_none_are_refused_and_old_ones_are_not(make: Make, migration: Written) -> None:
    off = "PRAGMA foreign_keys=OFF;"
    connection = make(FAMILY + off + 'DELETE FROM "Parent" WHERE id = 2;' + "PRAGMA foreign_keys=ON;")
    seen(connection, migration('PRAGMA foreign_keys=OFF; ALTER TABLE "Child" RENAME TO "Kid"; PRAGMA foreign_keys=ON'))
    with pytest.raises(MigrationFailed, match='rows that refer to none: 2 of "Kid" to "Parent"'):
        seen(connection, migration(off + 'DELETE FROM "Parent" WHERE id = 1'))
    assert value(connection, 'SELECT count(*) FROM "Parent"') == 1


@pytest.mark.parametrize("first", ["", """ALTER TABLE "Child" RENAME TO "a""b";"""])
def test_rows_that_refer_to_a_dropped_table_are_refused(first: str, make: Make, migration: Written) -> None:
    with pytest.raises(MigrationFailed, match=r'rows that refer to none: 3 of .* to "Parent"'):
        seen(make(FAMILY), migration(f'PRAGMA foreign_keys=OFF; {first} DROP TABLE "Parent"; PRAGMA foreign_keys=ON;'))


def test_it_sees_no_file_beside_it(make: Make, migration: Written) -> None:
    connection, other = make(FAMILY), make(FAMILY)
    connection.attach(other.path, "before")
    seen(connection, migration('DROP TABLE "Log"; DROP TABLE IF EXISTS "Log"; CREATE TEMP TABLE "Log" (x)'))
    with pytest.raises(MigrationFailed, match="line 1 failed"):
        seen(connection, migration('INSERT INTO "Toy" SELECT "what", NULL FROM "Log"'))
    assert value(connection, 'SELECT count(*) FROM before."Log"') == 0
    assert rows(connection, "SELECT name FROM temp.sqlite_master") == []


def test_rows_that_a_trigger_orphans_are_refused_and_what_was_so_before_is_read_from_the_former_file(
    make: Make, migration: Written, tmp_path: Path
) -> None:
    off, on = "PRAGMA foreign_keys=OFF;", "PRAGMA foreign_keys=ON;"
    watched = 'CREATE TRIGGER "goes" AFTER DELETE ON "Log" BEGIN DELETE FROM "Parent" WHERE id = 1; END;'
    connection = make(FAMILY + watched + f'INSERT INTO "Log" VALUES (1); {off} DELETE FROM "Parent" WHERE id = 2; {on}')
    former = tmp_path / "former"
    former.write_bytes(connection.path.read_bytes())
    connection.attach(former, "before")
    seen(connection, migration(f'{off} UPDATE "Parent" SET "name" = id;'))
    with pytest.raises(MigrationFailed, match='rows that refer to none: 2 of "Child" to "Parent"'):
        seen(connection, migration(f'{off} DELETE FROM "Log";'))
    assert value(connection, 'SELECT count(*) FROM "Parent"') == 1

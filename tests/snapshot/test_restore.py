from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safemigrate.db import programs
from safemigrate.db.postgres import connect, server
from safemigrate.db.session import rows, run, value
from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ConnectionFailed, SnapshotError
from safemigrate.snapshot.restore import restore
from safemigrate.snapshot.store import Snapshot
from safemigrate.snapshot.take import take
from safemigrate.snapshot.verify import compare

SHOP = """
    CREATE TABLE "User" (id serial PRIMARY KEY, name text);
    CREATE TABLE "Post" (id serial PRIMARY KEY, "userId" int REFERENCES "User");
    INSERT INTO "User" (name) SELECT 'user ' || i FROM generate_series(1, 20) i;
    INSERT INTO "Post" ("userId") SELECT i FROM generate_series(1, 20) i;
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW."userId" := NULL; RETURN NEW; END';
    CREATE TRIGGER spoil BEFORE INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION spoil();
    ALTER TABLE "Post" ENABLE ALWAYS TRIGGER spoil;
    COMMENT ON TRIGGER spoil ON "Post" IS 'fires on every insert, in a restore too';
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS posts FROM "Post";
"""


@pytest.fixture
def snapshot(database: DatabaseUrl, store: Path) -> Callable[..., Snapshot]:
    def make(scope: str, *tables: str, before: str = "") -> Snapshot:
        with connect(database) as connection:
            run(connection, SHOP + before)
            found = server(connection)
        return take(database, found, scope=scope, tables=tables, store=store)  # type: ignore[arg-type]

    return make


def test_a_full_snapshot_brings_everything_back_into_a_new_database(
    snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    taken = snapshot("full")
    assert restore(taken, copy, jobs=2) == ()
    compare(taken, copy)
    assert taken.verified
    with connect(copy) as connection:
        assert rows(connection, 'SELECT count(*), count("userId") FROM "Post"') == [(20, 20)]
        assert value(connection, "SELECT posts FROM counted") == 20
        assert value(connection, "SELECT nextval('\"Post_id_seq\"')") == 21


def test_rows_of_a_partial_snapshot_refer_to_rows_it_does_not_hold(
    snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    taken = snapshot("scoped", '"public"."Post"')
    assert restore(taken, copy, shadow=True) == ()
    compare(taken, copy)
    with connect(copy) as connection:
        assert rows(connection, 'SELECT count(*), count("userId") FROM "Post"') == [(20, 20)]
        assert value(connection, 'SELECT count(*) FROM "User"') == 0
        assert rows(connection, "SELECT convalidated FROM pg_constraint WHERE contype = 'f'") == [(True,)]
        assert rows(connection, "SELECT tgenabled FROM pg_trigger WHERE tgname = 'spoil'") == [("A",)]
        assert value(connection, "SELECT posts FROM counted") == 20


def test_owners_and_grants_come_back_where_the_roles_are(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    role = f"reader_{database.database}"
    taken = snapshot("full", before=f'CREATE ROLE {role}; GRANT SELECT ON "User" TO {role};')
    assert role in taken.manifest.roles
    assert restore(taken, copy) == ()
    with connect(copy) as connection:
        assert value(connection, "SELECT has_table_privilege(%s, '\"User\"', 'SELECT')", [role])
        run(connection, f"DROP OWNED BY {role}")


def test_a_missing_role_is_said_and_costs_owners_and_grants_only(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    role = f"gone_{database.database}"
    taken = snapshot("full", before=f'CREATE ROLE {role}; GRANT SELECT ON "User" TO {role};')
    with connect(database) as connection:
        run(connection, f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert restore(taken, copy) == (f"owners and grants: the server has no role {role}",)
    compare(taken, copy)


def test_a_database_that_holds_something_is_not_touched(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot]
) -> None:
    taken = snapshot("full")
    with connect(database) as connection:
        run(connection, 'DROP TABLE "Post" CASCADE')
    with pytest.raises(SnapshotError, match="is not empty") as caught:
        restore(taken, database)
    assert "snapshot restore" in caught.value.fix[0]
    with connect(database) as connection:
        assert value(connection, "SELECT to_regclass('\"Post\"')") is None


@pytest.mark.parametrize("something", ["CREATE TYPE t AS ENUM ('a')", "CREATE FUNCTION f() RETURNS int RETURN 1"])
def test_a_type_or_a_function_is_something(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot], copy: DatabaseUrl, something: str
) -> None:
    taken = snapshot("schema")
    with connect(database) as connection:
        run(connection, f'CREATE DATABASE "{copy.database}"')
    with connect(copy) as connection:
        run(connection, something)
    with pytest.raises(SnapshotError, match="is not empty"):
        restore(taken, copy)


def test_over_a_live_database_the_names_are_swapped_and_the_old_one_is_kept(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    taken = snapshot("full")
    restore(taken, copy)
    with connect(copy) as connection:
        run(connection, 'DROP TABLE "Post" CASCADE; INSERT INTO "User" (name) VALUES (\'late\')')
        run(connection, f'ALTER DATABASE "{copy.database}" SET search_path TO "$user", "my shop"')
        run(connection, f'REVOKE CONNECT ON DATABASE "{copy.database}" FROM PUBLIC')
        run(connection, f"ALTER ROLE tester IN DATABASE \"{copy.database}\" SET work_mem TO '5MB'")
        (said,) = restore(taken, copy, over_live=True)  # our own session is one of those that are ended
    kept = said.removeprefix("the database as it was is kept as ")
    compare(taken, copy)
    with connect(copy) as connection:
        assert value(connection, 'SELECT count(*) FROM "Post"') == 20
        settings = rows(
            connection,
            "SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON"
            " d.oid = s.setdatabase WHERE datname = current_database() ORDER BY 1",
        )
        assert settings == [('search_path="$user", "my shop"',), ("work_mem=5MB",)]
        public = "SELECT count(*) FROM pg_database d, aclexplode(datacl) a WHERE datname = %s AND grantee = 0"
        assert value(connection, public + " AND privilege_type = 'CONNECT'", [copy.database]) == 0
    with connect(copy.with_database(kept)) as connection:
        assert value(connection, "SELECT count(*) FROM \"User\" WHERE name = 'late'") == 1


def test_a_partial_snapshot_never_takes_the_place_of_a_live_database(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot]
) -> None:
    taken = snapshot("scoped", '"public"."Post"')
    with pytest.raises(SnapshotError, match="has the rows of 1 of 2 tables and cannot take the place"):
        restore(taken, database, over_live=True)


def test_a_restore_that_fails_drops_what_it_made(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    taken = snapshot("full")
    taken.archive.write_bytes(taken.archive.read_bytes()[: taken.manifest.bytes // 2])
    with pytest.raises(SnapshotError, match="does not restore into"):
        restore(taken, copy)
    with pytest.raises(ConnectionFailed, match="has no database"), connect(copy):
        pass


def test_without_the_right_to_skip_checks_a_shadow_says_what_to_grant(
    database: DatabaseUrl, snapshot: Callable[..., Snapshot], copy: DatabaseUrl
) -> None:
    role = f"plain_{database.database}"
    taken = snapshot("scoped", '"public"."Post"')
    with connect(database) as connection:
        run(connection, f"CREATE ROLE {role} LOGIN CREATEDB")
    url = DatabaseUrl.parse(copy.prisma().replace("tester@", f"{role}@"))
    try:
        with pytest.raises(SnapshotError, match="may not load a partial snapshot"):
            restore(taken, url, shadow=True)
        left_out = restore(taken, url)
        assert left_out[1] == "foreign keys: the snapshot holds the rows of some tables only"
        compare(taken, url)
    finally:
        with connect(database) as connection:
            run(connection, f'DROP DATABASE IF EXISTS "{copy.database}" WITH (FORCE)')
            run(connection, f"DROP ROLE {role}")


def test_a_newer_pg_restore_works_with_an_older_server(
    snapshot: Callable[..., Snapshot], copy: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = max(programs.installations(), key=lambda one: one.major)
    monkeypatch.setattr(programs, "client", lambda program, _major, **_tls: newest.find(program))
    taken = snapshot("full")
    assert taken.manifest.pg_dump == newest.version
    assert restore(taken, copy) == ()
    compare(taken, copy)

"""Migrations that harm data: what stood before, the migration, what users wrote since, and what must stand after."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`since` is written after the migration; `without` is the same had there been no migration (default: `since`)."""

    name: str
    setup: str
    migration: str
    since: str = ""
    without: str | None = None


USERS = """
CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL UNIQUE, nick text, age int NOT NULL DEFAULT 18);
INSERT INTO "User" (email, nick, age) VALUES
  ('a@x', 'A', 1), ('b@x', NULL, 2), ('c''x', E'q"u\\\\o\\n%s%%d', 3), ('d@x', '', 4);
"""
POSTS = """
CREATE TABLE "Post" (id serial PRIMARY KEY, "userId" int REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
  title text NOT NULL);
INSERT INTO "Post" ("userId", title) SELECT u, 't' || n FROM generate_series(1, 4) u, generate_series(1, 3) n;
"""
NEW_USER = """INSERT INTO "User" (email) VALUES ('new@x'); UPDATE "User" SET email = 'z@x' WHERE id = 1;
DELETE FROM "User" WHERE id = 4;"""
ODD = """
CREATE TABLE "O'dd ""T%s" ("i d" int PRIMARY KEY, "V'a""l%" text, "ünïcödé" float8, r real, n numeric, b bytea, a text[],
  j jsonb, i interval, t timestamptz, d date, m text);
INSERT INTO "O'dd ""T%s" VALUES
 (1, E'it''s "q" \\\\ %s %% \\n\\t{},NULL', 'NaN', 'Infinity', 'NaN', '\\x00ff27', '{}', '{"a": [1, null]}', '1 mon -2 days 3.5s', 'infinity', '-infinity', repeat('é', 100000)),
 (2, NULL, '-Infinity', 'NaN', 1.10, '', '{NULL,"NULL","",",",a\\"b}', 'null', NULL, '2024-02-29 23:59:59.123456+02', '0044-03-15 BC', ''),
 (3, '', 0.1, 1e-38, 1e20, NULL, '{{1,2},{3,4}}', NULL, '-00:00:01', '4713-01-01 BC', '9999-12-31', NULL),
 (4, '-0', '-0', '-0', 0.00, '\\x', '[0:1]={x,y}', '"x"', '0', 'epoch', 'epoch', 'x');
"""

TABLES = [
    Case("drop table with serial", USERS, 'DROP TABLE "User";'),
    Case(
        "drop table with serial and later sequence", USERS + "SELECT nextval('\"User_id_seq\"');", 'DROP TABLE "User";'
    ),
    Case(
        "drop table with identity",
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);"
        "INSERT INTO t (v) VALUES ('a'), ('b');",
        "DROP TABLE t;",
    ),
    Case(
        "drop table and its enum",
        "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN'); CREATE TABLE t (id int PRIMARY KEY, r \"Role\" DEFAULT 'USER', "
        "rs \"Role\"[] DEFAULT '{}'); INSERT INTO t VALUES (1, 'ADMIN', '{USER,ADMIN}'), (2, NULL, NULL);",
        'DROP TABLE t; DROP TYPE "Role";',
    ),
    Case(
        "drop parent after its foreign key",
        USERS + POSTS,
        'ALTER TABLE "Post" DROP CONSTRAINT "Post_userId_fkey"; DROP TABLE "User";',
        'INSERT INTO "Post" ("userId", title) VALUES (2, \'later\'); DELETE FROM "Post" WHERE id = 1;',
    ),
    Case(
        "an enum goes with the default that a retyped column still casts through it",
        "CREATE TYPE kind AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, k kind NOT NULL DEFAULT 'b');"
        "INSERT INTO t VALUES (1, 'a'), (2, DEFAULT);",
        "ALTER TABLE t ALTER COLUMN k TYPE text; DROP TYPE kind CASCADE;",
        "INSERT INTO t VALUES (3, 'a'); DELETE FROM t WHERE id = 1;",
    ),
    Case("drop parent with cascade", USERS + POSTS, 'DROP TABLE "User" CASCADE;', 'DELETE FROM "Post" WHERE id = 2;'),
    Case("drop child", USERS + POSTS, 'DROP TABLE "Post";', NEW_USER.partition("DELETE")[0]),
    Case(
        "drop table under views",
        USERS + 'CREATE VIEW v AS SELECT id, email FROM "User"; CREATE VIEW w AS SELECT count(*) FROM v;'
        'CREATE MATERIALIZED VIEW m AS SELECT id FROM "User";',
        'DROP TABLE "User" CASCADE;',
    ),
    Case(
        "drop table with trigger and policies",
        USERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.nick := 'T'; RETURN NEW; END$$;"
        'CREATE TRIGGER g BEFORE INSERT OR UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION f();'
        'ALTER TABLE "User" ENABLE ROW LEVEL SECURITY; ALTER TABLE "User" FORCE ROW LEVEL SECURITY;'
        'CREATE POLICY p ON "User" USING (age > 2);',
        'DROP TABLE "User";',
    ),
    Case(
        "drop partitioned table",
        "CREATE TABLE p (id int, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');"
        "CREATE TABLE p2 PARTITION OF p DEFAULT;"
        "INSERT INTO p SELECT n, date '2024-01-01' + n * 20, 'v' || n FROM generate_series(1, 20) n;",
        "DROP TABLE p;",
    ),
    Case(
        "drop one partition",
        "CREATE TABLE p (id int, at date, v text) PARTITION BY RANGE (at);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');"
        "CREATE TABLE p2 PARTITION OF p DEFAULT;"
        "INSERT INTO p SELECT n, date '2024-01-01' + n * 20, 'v' || n FROM generate_series(1, 20) n;",
        "DROP TABLE p1;",
        "INSERT INTO p VALUES (99, '2025-02-02', 'later');",
    ),
    Case(
        "drop inherited table",
        "CREATE TABLE base (id int PRIMARY KEY, v text); CREATE TABLE child (w int) INHERITS (base);"
        "INSERT INTO base VALUES (1, 'b'); INSERT INTO child VALUES (2, 'c', 3);",
        "DROP TABLE child;",
        "UPDATE base SET v = 'later' WHERE id = 1;",
    ),
    Case(
        "drop inheritance parent with cascade",
        "CREATE TABLE base (id int PRIMARY KEY, v text); CREATE TABLE child (w int) INHERITS (base);"
        "INSERT INTO base VALUES (1, 'b'); INSERT INTO child VALUES (2, 'c', 3);",
        "DROP TABLE base CASCADE;",
    ),
    Case(
        "drop self-referencing table",
        "CREATE TABLE n (id int PRIMARY KEY, up int REFERENCES n ON DELETE CASCADE); INSERT INTO n VALUES (1, 1), (2, 1), (3, 2);",
        "DROP TABLE n;",
    ),
    Case("drop two tables at once", USERS + POSTS, 'DROP TABLE "Post", "User";'),
    Case(
        "drop table in another schema",
        'CREATE SCHEMA "Other"; CREATE TABLE "Other"."T" (id bigserial PRIMARY KEY, v text);'
        'INSERT INTO "Other"."T" (v) VALUES (\'x\');',
        'DROP TABLE "Other"."T";',
    ),
    Case(
        "drop schema with cascade",
        USERS + "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('ok', 'bad');"
        'CREATE TABLE s.t (id serial PRIMARY KEY, m s.mood, u int REFERENCES "User" (id));'
        "INSERT INTO s.t (m, u) VALUES ('ok', 1), ('bad', NULL); CREATE VIEW s.v AS SELECT * FROM s.t;"
        "CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP SCHEMA s CASCADE;",
        "UPDATE \"User\" SET nick = 'later' WHERE id = 2;",
    ),
    Case("drop odd table", ODD, 'DROP TABLE "O\'dd ""T%s";'),
    Case(
        "drop table without key", "CREATE TABLE t (v text); INSERT INTO t VALUES ('a'), ('a'), (NULL);", "DROP TABLE t;"
    ),
    Case("drop table in DO", USERS, "DO $$ BEGIN EXECUTE 'DROP TABLE \"User\"'; END $$;"),
    Case("drop odd table in DO", ODD, "DO $d$ BEGIN EXECUTE 'DROP TABLE \"O''dd \"\"T%s\"'; END $d$;"),
    Case(
        "drop parent in DO",
        USERS + POSTS,
        'DO $$ BEGIN DROP TABLE "User" CASCADE; END $$;',
        'INSERT INTO "Post" ("userId", title) VALUES (2, \'later\');',
    ),
    Case(
        "drop partitioned table in DO",
        "CREATE TABLE p (id int, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');"
        "CREATE TABLE p2 PARTITION OF p DEFAULT;"
        "INSERT INTO p SELECT n, date '2024-01-01' + n * 20, 'v' || n FROM generate_series(1, 20) n;",
        "DO $$ BEGIN DROP TABLE p; END $$;",
    ),
    Case(
        "drop and create table again", USERS, 'DROP TABLE "User"; CREATE TABLE "User" (id int PRIMARY KEY, other int);'
    ),
    Case(
        "temporary table",
        USERS,
        'CREATE TEMP TABLE x AS SELECT * FROM "User"; UPDATE "User" u SET nick = x.email FROM x WHERE x.id = u.id; DROP TABLE x;',
        NEW_USER,
    ),
    Case(
        "table born and gone",
        USERS,
        'CREATE TABLE y (id int PRIMARY KEY); INSERT INTO y VALUES (1); UPDATE "User" SET age = 9 WHERE id IN (SELECT id FROM y); DROP TABLE y;',
        NEW_USER,
    ),
    Case(
        "rename table, then drop a column",
        USERS,
        'ALTER TABLE "User" RENAME TO "Account"; ALTER TABLE "Account" DROP COLUMN nick;',
        NEW_USER.replace('"User"', '"Account"'),
        NEW_USER,
    ),
    Case(
        "rename table, then update",
        USERS,
        'UPDATE "User" SET age = 7; ALTER TABLE "User" RENAME TO "Account"; UPDATE "Account" SET age = age + 1;',
        NEW_USER.replace('"User"', '"Account"'),
        NEW_USER,
    ),
    Case("drop sequence", "CREATE SEQUENCE s; SELECT nextval('s') FROM generate_series(1, 5);", "DROP SEQUENCE s;"),
]

COLUMNS = [
    Case("drop nullable column", USERS, 'ALTER TABLE "User" DROP COLUMN nick;', NEW_USER),
    Case("drop column with default", USERS, 'ALTER TABLE "User" DROP COLUMN age;', NEW_USER),
    Case("drop unique column", USERS, 'ALTER TABLE "User" DROP COLUMN email;', "UPDATE \"User\" SET nick = 'later';"),
    Case(
        "drop primary key column",
        USERS,
        'ALTER TABLE "User" DROP COLUMN id;',
        "UPDATE \"User\" SET nick = 'later' WHERE email = 'b@x';",
    ),
    Case(
        "drop identity column",
        "CREATE TABLE t (k text PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY); INSERT INTO t VALUES ('a'), ('b'), ('c');",
        "ALTER TABLE t DROP COLUMN n;",
        "DELETE FROM t WHERE k = 'a';",
    ),
    Case(
        "drop serial column",
        "CREATE TABLE t (k text PRIMARY KEY, n serial); INSERT INTO t VALUES ('a'), ('b'), ('c');",
        "ALTER TABLE t DROP COLUMN n;",
        "DELETE FROM t WHERE k = 'a';",
    ),
    Case(
        "drop generated column",
        "CREATE TABLE t (k int PRIMARY KEY, v int, g int GENERATED ALWAYS AS (v * 2) STORED); INSERT INTO t VALUES (1, 2), (2, NULL);",
        "ALTER TABLE t DROP COLUMN g;",
        "INSERT INTO t VALUES (3, 9); UPDATE t SET v = 7 WHERE k = 2;",
    ),
    Case(
        "drop the base of a generated column",
        "CREATE TABLE t (k int PRIMARY KEY, v int, g int GENERATED ALWAYS AS (v * 2) STORED); INSERT INTO t VALUES (1, 2), (2, NULL);",
        "ALTER TABLE t DROP COLUMN v CASCADE;",
        "INSERT INTO t VALUES (3);",
    ),
    Case(
        "drop part of a composite key",
        "CREATE TABLE t (a int, b int, v text, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1, 'x'), (1, 2, 'x'), (2, 1, 'y');",
        "ALTER TABLE t DROP COLUMN b;",
        "",
    ),
    Case(
        "drop column beside a composite key",
        "CREATE TABLE t (a int, b text, v text, w int, PRIMARY KEY (b, a)); INSERT INTO t VALUES (1, 'o''o', 'x', 1), (1, '', NULL, 2), (2, 'é', 'y', 3);",
        "ALTER TABLE t DROP COLUMN v;",
        "INSERT INTO t VALUES (5, 'n', DEFAULT); UPDATE t SET w = 9 WHERE a = 1;".replace(", DEFAULT", ""),
    ),
    Case(
        "drop column beside a uuid key",
        "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), v jsonb, w int); INSERT INTO t SELECT md5(n::text)::uuid, jsonb_build_object('n', n), n FROM generate_series(1, 50) n;",
        "ALTER TABLE t DROP COLUMN v;",
        "DELETE FROM t WHERE w > 40; UPDATE t SET w = -w WHERE w < 10;",
    ),
    Case(
        "drop enum and array columns",
        "CREATE TYPE \"My Role\" AS ENUM ('it''s', 'B b'); CREATE TABLE t (id int PRIMARY KEY, r \"My Role\" NOT NULL DEFAULT 'B b', rs \"My Role\"[], ints int[]);"
        "INSERT INTO t VALUES (1, 'it''s', '{\"B b\",it''s}', '{1,NULL}'), (2, DEFAULT, '{}', '{}'), (3, DEFAULT, NULL, NULL);",
        'ALTER TABLE t DROP COLUMN r, DROP COLUMN rs, DROP COLUMN ints; DROP TYPE "My Role";',
        "INSERT INTO t VALUES (4); DELETE FROM t WHERE id = 2;",
    ),
    Case(
        "drop citext column",
        "CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, c citext UNIQUE); INSERT INTO t VALUES (1, 'AbC'), (2, NULL);",
        "ALTER TABLE t DROP COLUMN c;",
        "INSERT INTO t VALUES (3);",
    ),
    Case(
        "drop column beside a citext key",
        "CREATE EXTENSION citext; CREATE TABLE t (c citext PRIMARY KEY, v text); INSERT INTO t VALUES ('AbC', 'x'), ('d', 'y');",
        "ALTER TABLE t DROP COLUMN v;",
        "DELETE FROM t WHERE c = 'D';",
    ),
    Case(
        "drop column without a key",
        "CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1, 'x'), (1, 'y'), (1, 'x'), (2, NULL), (NULL, 'z'), (NULL, 'z');",
        "ALTER TABLE t DROP COLUMN v;",
        "INSERT INTO t VALUES (7); DELETE FROM t WHERE a = 2;",
    ),
    Case(
        "drop column with twins",
        "CREATE TABLE t (a int, v text); INSERT INTO t SELECT 1, n::text FROM generate_series(1, 20) n;",
        "ALTER TABLE t DROP COLUMN v;",
    ),
    Case(
        "drop only column",
        "CREATE TABLE t (v text); INSERT INTO t VALUES ('a'), ('b'), (NULL);",
        "ALTER TABLE t DROP COLUMN v;",
    ),
    Case(
        "drop odd columns",
        ODD,
        'ALTER TABLE "O\'dd ""T%s" DROP COLUMN "V\'a""l%", DROP COLUMN "ünïcödé", DROP r, DROP n, DROP b, DROP a, DROP j, DROP i, DROP t, DROP d, DROP m;',
        'INSERT INTO "O\'dd ""T%s" VALUES (9); DELETE FROM "O\'dd ""T%s" WHERE "i d" = 4;',
    ),
    Case(
        "drop required column without rows since",
        USERS + 'ALTER TABLE "User" ALTER age DROP DEFAULT;',
        'ALTER TABLE "User" DROP COLUMN age;',
        'DELETE FROM "User" WHERE id = 1;',
    ),
    Case(
        "drop column under views",
        USERS + 'CREATE VIEW v AS SELECT id, nick FROM "User";',
        'ALTER TABLE "User" DROP COLUMN nick CASCADE;',
        NEW_USER,
    ),
    Case("drop column in DO", USERS, 'DO $$ BEGIN ALTER TABLE "User" DROP COLUMN nick; END $$;', NEW_USER),
    Case(
        "update and drop column in DO",
        USERS,
        'DO $$ BEGIN UPDATE "User" SET nick = upper(email); ALTER TABLE "User" ADD COLUMN bio text; UPDATE "User" SET bio = nick, age = age + 1; ALTER TABLE "User" DROP COLUMN nick; END $$;',
        NEW_USER,
    ),
    Case(
        "rename column, then drop another",
        USERS,
        'ALTER TABLE "User" RENAME COLUMN email TO mail; ALTER TABLE "User" DROP COLUMN nick;',
        NEW_USER.replace("email", "mail"),
        NEW_USER,
    ),
    Case(
        "rename key, then drop a column",
        USERS,
        'ALTER TABLE "User" DROP COLUMN nick; ALTER TABLE "User" RENAME COLUMN id TO uid;',
        NEW_USER.replace("id =", "uid ="),
        NEW_USER,
    ),
    Case(
        "rename column in two steps and update",
        USERS,
        'UPDATE "User" SET nick = \'u\' || id; ALTER TABLE "User" RENAME COLUMN nick TO handle; UPDATE "User" SET handle = handle || age;',
        NEW_USER,
    ),
    Case(
        "expand and contract",
        USERS,
        'ALTER TABLE "User" ADD COLUMN "fullName" text; UPDATE "User" SET "fullName" = coalesce(nick, email); ALTER TABLE "User" ALTER COLUMN "fullName" SET NOT NULL, ALTER COLUMN "fullName" SET DEFAULT \'\'; ALTER TABLE "User" DROP COLUMN nick;',
        NEW_USER,
    ),
    Case(
        "drop and add the same column",
        USERS,
        'ALTER TABLE "User" DROP COLUMN nick; ALTER TABLE "User" ADD COLUMN nick int;',
        NEW_USER + 'UPDATE "User" SET nick = 5;',
        NEW_USER,
    ),
    Case(
        "drop and add the same column at once",
        USERS,
        "ALTER TABLE \"User\" DROP COLUMN nick, ADD COLUMN nick text NOT NULL DEFAULT 'n';",
        NEW_USER,
    ),
    Case(
        "drop column, add it, drop it",
        USERS,
        'ALTER TABLE "User" DROP COLUMN nick; ALTER TABLE "User" ADD COLUMN nick int; ALTER TABLE "User" DROP COLUMN nick;',
        NEW_USER,
    ),
    Case(
        "drop column of a partitioned table",
        "CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY HASH (id); CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO p SELECT n, 'v' || n FROM generate_series(1, 9) n;",
        "ALTER TABLE p DROP COLUMN v;",
        "INSERT INTO p VALUES (77); DELETE FROM p WHERE id = 3;",
    ),
    Case(
        "drop column of a parent",
        "CREATE TABLE base (id int PRIMARY KEY, v text); CREATE TABLE child (w int) INHERITS (base); INSERT INTO base VALUES (1, 'b'); INSERT INTO child VALUES (2, 'c', 3), (1, 'same key', 4);",
        "ALTER TABLE base DROP COLUMN v;",
    ),
    Case(
        "drop column under row level security",
        USERS
        + 'ALTER TABLE "User" ENABLE ROW LEVEL SECURITY; ALTER TABLE "User" FORCE ROW LEVEL SECURITY; CREATE POLICY p ON "User" USING (age > 2);',
        'ALTER TABLE "User" DROP COLUMN nick;',
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "drop column under a trigger",
        USERS
        + 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.age := NEW.age + 100; RETURN NEW; END$$; CREATE TRIGGER g BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION f();',
        'ALTER TABLE "User" DROP COLUMN nick;',
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "63-byte names",
        f'CREATE TABLE "{"T" * 63}" ("{"i" * 63}" int PRIMARY KEY, "{"a" * 62}1" text, "{"a" * 62}2" numeric(8,4)); INSERT INTO "{"T" * 63}" VALUES (1, \'x\', 1.2345), (2, NULL, 2);',
        f'ALTER TABLE "{"T" * 63}" ALTER "{"a" * 62}1" TYPE varchar(1) USING left("{"a" * 62}1", 1), ALTER "{"a" * 62}2" TYPE numeric(8,1); UPDATE "{"T" * 63}" SET "{"a" * 62}1" = \'q\'; ALTER TABLE "{"T" * 63}" DROP COLUMN "{"a" * 62}1";',
        f'DELETE FROM "{"T" * 63}" WHERE "{"i" * 63}" = 2;',
    ),
]

TYPES_ = "CREATE TABLE t (id int PRIMARY KEY, v {}, w int); INSERT INTO t SELECT row_number() OVER (), x, 0 FROM (VALUES {}) AS x (x);"
SINCE = "INSERT INTO t (id) VALUES (50); UPDATE t SET w = 1 WHERE id = 1; DELETE FROM t WHERE id = 2;"


def _type(
    name: str, old: str, values: str, new: str, using: str = "", since: str = SINCE, without: str | None = None
) -> Case:
    rows = f"CREATE TABLE t (id int PRIMARY KEY, v {old}, w int); INSERT INTO t SELECT n, x::{old}, 0 FROM unnest(ARRAY[{values}]) WITH ORDINALITY AS x (x, n);"
    return Case(
        name, rows, f"ALTER TABLE t ALTER COLUMN v TYPE {new}{f' USING {using}' if using else ''};", since, without
    )


RETYPED = [
    _type(
        "text to varchar by substring", "text", "'abcdef', 'x', NULL, 'it''s', ''", "varchar(3)", "substring(v, 1, 3)"
    ),
    _type("char padding", "char(5)", "'ab', 'x', NULL", "varchar(2)", "left(v, 1)"),
    _type("numeric scale", "numeric(12,6)", "1.234567, 2, NULL, 'NaN'", "numeric(8,2)"),
    _type("timestamptz precision", "timestamptz", "'2024-01-01 00:00:00.123456Z', 'infinity', NULL", "timestamptz(3)"),
    _type("timestamp to timestamptz", "timestamp", "'2024-01-01 00:00:00.123456', 'infinity', NULL", "timestamptz"),
    _type("timestamptz to date", "timestamptz", "'2024-01-01 10:00:00.123456Z', 'infinity', NULL", "date"),
    _type("text to int", "text", "'1', '02', ' 3 ', NULL", "int", "v::int"),
    _type("text to int with loss", "text", "'1', 'x', '', NULL", "int", "CASE WHEN v ~ '^[0-9]+$' THEN v::int END"),
    _type("int to text", "int", "1, -2, NULL", "text"),
    _type("int to bigint", "int", "1, -2, NULL", "bigint"),
    _type("bigint to int", "bigint", "1, -2, NULL", "int"),
    _type("json to jsonb", "json", '\'{"b": 1,  "a": 1, "a": 2}\', \'[]\', NULL', "jsonb"),
    _type("text to jsonb", "text", "'{\"b\": 1,  \"a\": 1}', '[]', NULL", "jsonb", "v::jsonb"),
    _type("double to real", "float8", "0.1, 'NaN', 1e30, '-0', NULL", "real"),
    _type("double to int", "float8", "0.1, 2.5, NULL", "int"),
    _type("boolean to text", "boolean", "true, false, NULL", "text", "CASE WHEN v THEN 'yes' ELSE 'no' END"),
    _type("text to boolean", "text", "'yes', 'N', NULL", "boolean", "v::boolean"),
    _type("text to bytea", "text", "'yes', 'ä', NULL", "bytea", "convert_to(v, 'UTF8')"),
    _type("text to array", "text", "'a,b', '', NULL", "text[]", "string_to_array(v, ',')"),
    _type("array to text", "text[]", "'{a,NULL}', '{}', NULL", "text", "array_to_string(v, ',')"),
    _type("text to uuid", "text", "'C56A4180-65AA-42EC-A945-5FD21DEC0538', NULL", "uuid", "v::uuid"),
    _type("interval precision", "interval", "'1 day 00:00:00.123456', NULL", "interval(0)"),
    _type("inet to text", "inet", "'10.0.0.1/8', '::1', NULL", "text"),
    _type("constant using", "text", "'a', 'b', NULL", "text", "'same'"),
    _type("varchar kept, value changed", "varchar(9)", "'a', 'b', NULL", "varchar(9)", "v || '!'"),
    _type(
        "written since",
        "text",
        "'1', '02', ' 3 ', NULL",
        "int",
        "v::int",
        "UPDATE t SET v = 7 WHERE id = 2; INSERT INTO t VALUES (9, 99, 1);",
        "UPDATE t SET v = '7' WHERE id = 2; INSERT INTO t VALUES (9, '99', 1);",
    ),
    _type(
        "written since, scale",
        "numeric(12,6)",
        "1.234567, 2, NULL",
        "numeric(8,2)",
        "",
        "UPDATE t SET v = 7.25 WHERE id = 1; INSERT INTO t VALUES (9, 99, 1);",
    ),
    Case(
        "type change with default",
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL DEFAULT '5'); INSERT INTO t VALUES (1, '007'), (2, '8');",
        "ALTER TABLE t ALTER v DROP DEFAULT, ALTER v TYPE int USING v::int, ALTER v SET DEFAULT 5;",
        "INSERT INTO t (id) VALUES (3);",
    ),
    Case(
        "two columns retyped at once",
        "CREATE TABLE t (id int PRIMARY KEY, a text, b numeric(9,4)); INSERT INTO t VALUES (1, '007', 1.2345), (2, NULL, 2);",
        "ALTER TABLE t ALTER a TYPE int USING a::int, ALTER b TYPE numeric(9,1);",
        "DELETE FROM t WHERE id = 2;",
    ),
    Case(
        "retype without key",
        "CREATE TABLE t (a int, v numeric(9,4)); INSERT INTO t VALUES (1, 1.2345), (1, 1.2301), (1, 1.2345), (2, NULL), (NULL, 3);",
        "ALTER TABLE t ALTER v TYPE numeric(9,2);",
        "DELETE FROM t WHERE a = 2; INSERT INTO t VALUES (7, 7);",
    ),
    Case(
        "retype without key by using",
        "CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1, '01'), (1, '1'), (1, '1'), (2, NULL), (NULL, '3');",
        "ALTER TABLE t ALTER v TYPE int USING v::int;",
        "DELETE FROM t WHERE a = 2;",
    ),
    Case(
        "retype the key",
        USERS + POSTS,
        'ALTER TABLE "Post" ALTER "userId" TYPE bigint; ALTER TABLE "User" ALTER id TYPE bigint;',
        NEW_USER,
    ),
    Case(
        "retype the key to text",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "ALTER TABLE t ALTER id TYPE text;",
        "INSERT INTO t VALUES ('3', 'c');",
    ),
    Case(
        "retype the key by using",
        "CREATE TABLE t (id text PRIMARY KEY, v text); INSERT INTO t VALUES ('01', 'a'), ('2', 'b');",
        "ALTER TABLE t ALTER id TYPE int USING id::int;",
        "UPDATE t SET v = 'c' WHERE id = 1;",
        "UPDATE t SET v = 'c' WHERE id = '01';",
    ),
    Case(
        "retype key and value",
        "CREATE TABLE t (id text PRIMARY KEY, v numeric(9,4)); INSERT INTO t VALUES ('01', 1.2345), ('2', 3);",
        "ALTER TABLE t ALTER id TYPE int USING id::int, ALTER v TYPE numeric(9,1);",
    ),
    Case(
        "enum recreated as Prisma does",
        "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN', 'GUEST'); CREATE TABLE t (id int PRIMARY KEY, r \"Role\" NOT NULL DEFAULT 'USER', rs \"Role\"[] DEFAULT '{USER}');"
        "INSERT INTO t VALUES (1, 'ADMIN', '{ADMIN,USER}'), (2, 'GUEST', '{}'), (3, 'USER', NULL);",
        "UPDATE t SET r = 'USER' WHERE r = 'GUEST'; BEGIN; CREATE TYPE \"Role_new\" AS ENUM ('USER', 'ADMIN'); ALTER TABLE t ALTER r DROP DEFAULT, ALTER rs DROP DEFAULT;"
        'ALTER TABLE t ALTER COLUMN r TYPE "Role_new" USING (r::text::"Role_new"); ALTER TABLE t ALTER COLUMN rs TYPE "Role_new"[] USING (rs::text::"Role_new"[]);'
        'ALTER TYPE "Role" RENAME TO "Role_old"; ALTER TYPE "Role_new" RENAME TO "Role"; DROP TYPE "Role_old"; '
        "ALTER TABLE t ALTER r SET DEFAULT 'USER', ALTER rs SET DEFAULT '{USER}'; COMMIT;",
        "INSERT INTO t (id) VALUES (4); UPDATE t SET r = 'ADMIN' WHERE id = 3;",
    ),
    Case(
        "enum value added",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e DEFAULT 'a', vs e[]); INSERT INTO t VALUES (1, 'b', '{a,b}');",
        "ALTER TYPE e ADD VALUE 'c' BEFORE 'b';",
        "INSERT INTO t (id) VALUES (2);",
    ),
    Case(
        "enum value added and used",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e DEFAULT 'a', vs e[]); INSERT INTO t VALUES (1, 'b', '{a,b}'), (2, 'a', NULL);",
        "ALTER TYPE e ADD VALUE 'c'; UPDATE t SET v = 'c' WHERE v = 'b'; ALTER TABLE t ALTER v SET DEFAULT 'c';",
        "INSERT INTO t (id, v) VALUES (4, 'a');",
    ),
    Case(
        "enum to text",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e DEFAULT 'a'); INSERT INTO t VALUES (1, 'b'), (2, NULL);",
        "ALTER TABLE t ALTER v DROP DEFAULT, ALTER v TYPE text USING v::text; DROP TYPE e;",
        "INSERT INTO t VALUES (3, 'a');",
    ),
    Case(
        "text to enum",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'A'), (2, ' b'), (3, NULL);",
        "CREATE TYPE e AS ENUM ('a', 'b'); ALTER TABLE t ALTER v TYPE e USING lower(trim(v))::e;",
        "INSERT INTO t VALUES (4, 'a');",
    ),
]
KEYLESS = "CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'y'), (2, NULL), (NULL, NULL);"
STAMPED = (
    USERS
    + 'ALTER TABLE "User" ADD COLUMN "updatedAt" timestamptz NOT NULL DEFAULT \'2020-01-01\'; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW."updatedAt" := now(); RETURN NEW; END$$; CREATE TRIGGER g BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION f();'
)
SET_NULL = (
    USERS
    + POSTS
    + 'CREATE TABLE "Like" (id int PRIMARY KEY, "userId" int REFERENCES "User" ON DELETE SET NULL, "postId" int REFERENCES "Post" ON DELETE SET NULL); INSERT INTO "Like" SELECT p.id, p."userId", p.id FROM "Post" p;'
)

ROWS = [
    Case("update", USERS, "UPDATE \"User\" SET nick = 'none' WHERE nick IS NULL;", NEW_USER),
    Case(
        "update all",
        USERS,
        'UPDATE "User" SET nick = upper(nick), age = age * 2;',
        NEW_USER + "UPDATE \"User\" SET nick = 'mine' WHERE id = 3;",
    ),
    Case(
        "update odd values",
        ODD,
        "UPDATE \"O'dd \"\"T%s\" SET \"V'a\"\"l%\" = 'x', \"ünïcödé\" = 0, r = 0, n = 0, b = 'y', a = '{z}', j = '1', i = '0', t = now(), d = now(), m = '';",
        'INSERT INTO "O\'dd ""T%s" VALUES (9);',
    ),
    Case("delete odd rows", ODD, 'DELETE FROM "O\'dd ""T%s";', 'INSERT INTO "O\'dd ""T%s" VALUES (9);'),
    Case(
        "update under a stamping trigger",
        STAMPED,
        'UPDATE "User" SET age = 5;',
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "update the key", USERS + POSTS, 'UPDATE "User" SET id = -id;', "INSERT INTO \"User\" (email) VALUES ('new@x');"
    ),
    Case(
        "swap keys",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');",
        "UPDATE t SET id = -id; UPDATE t SET id = 4 + id;",
    ),
    Case(
        "delete some",
        USERS + POSTS,
        'DELETE FROM "User" WHERE id < 3;',
        'INSERT INTO "User" (email) VALUES (\'new@x\'); INSERT INTO "Post" ("userId", title) VALUES (3, \'n\');',
    ),
    Case(
        "delete all with cascades",
        SET_NULL,
        'DELETE FROM "User";',
        'UPDATE "Like" SET "postId" = "postId" WHERE id < 4;',
    ),
    Case(
        "delete posts, set default", SET_NULL, 'DELETE FROM "Post" WHERE id > 4;', 'DELETE FROM "Like" WHERE id = 12;'
    ),
    Case(
        "delete parents, then children that have a new column",
        USERS + POSTS,
        'DELETE FROM "User" WHERE id = 4; ALTER TABLE "Post" ADD COLUMN likes int DEFAULT 1; '
        'DELETE FROM "Post" WHERE "userId" = 3;',
        NEW_USER.replace("id = 4", "id = 2"),
    ),
    Case(
        "delete self-referencing",
        "CREATE TABLE n (id int PRIMARY KEY, up int REFERENCES n ON DELETE CASCADE, v text); INSERT INTO n VALUES (1, NULL, 'r'), (2, 1, 'x'), (3, 2, 'y'), (4, NULL, 'z');",
        "DELETE FROM n WHERE id = 1;",
        "INSERT INTO n VALUES (9, 4, 'l');",
    ),
    Case(
        "delete in a cycle",
        "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE); INSERT INTO a VALUES (1, 1), (2, NULL); INSERT INTO b VALUES (1, 1); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b ON DELETE SET NULL;",
        "DELETE FROM a;",
    ),
    Case(
        "truncate cascade", USERS + POSTS, 'TRUNCATE "User" CASCADE;', "INSERT INTO \"User\" (email) VALUES ('new@x');"
    ),
    Case("truncate restart identity", USERS, 'TRUNCATE "User" RESTART IDENTITY;'),
    Case("truncate without key", KEYLESS, "TRUNCATE t;", "INSERT INTO t VALUES (1, 'x');"),
    Case(
        "update without key",
        KEYLESS,
        "UPDATE t SET v = 'u' WHERE a = 1;",
        "INSERT INTO t VALUES (8, 'n'); DELETE FROM t WHERE a = 2;",
    ),
    Case(
        "delete without key",
        KEYLESS,
        "DELETE FROM t WHERE ctid IN (SELECT min(ctid) FROM t GROUP BY a, v);",
        "INSERT INTO t VALUES (8, 'n');",
    ),
    Case("insert without key", KEYLESS, "INSERT INTO t VALUES (1, 'x'), (5, NULL);", "INSERT INTO t VALUES (8, 'n');"),
    Case(
        "insert seed rows",
        USERS + POSTS,
        "INSERT INTO \"User\" (email) VALUES ('seed1'), ('seed2');",
        "UPDATE \"User\" SET nick = 'l' WHERE id = 1;",
    ),
    Case(
        "insert on conflict",
        USERS,
        "INSERT INTO \"User\" (id, email) VALUES (1, 'q'), (-7, 'r') ON CONFLICT (id) DO UPDATE SET email = excluded.email || '!';",
        "UPDATE \"User\" SET nick = 'k' WHERE id = 1;",
    ),
    Case(
        "merge",
        USERS,
        "MERGE INTO \"User\" u USING (VALUES (1, 'm1'), (2, 'm2'), (-9, 'm3')) AS s (id, email) ON u.id = s.id WHEN MATCHED AND s.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET email = s.email WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, s.email);",
        'DELETE FROM "User" WHERE id = 3;',
    ),
    Case(
        "CTE writes",
        USERS + POSTS,
        'WITH gone AS (DELETE FROM "Post" WHERE id < 5 RETURNING *), up AS (UPDATE "User" SET age = 0 RETURNING id) INSERT INTO "Post" ("userId", title) SELECT "userId", \'copy \' || title FROM gone;',
        "UPDATE \"User\" SET nick = 'l';",
    ),
    Case(
        "writes in DO",
        USERS + POSTS,
        'DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM "User" LOOP UPDATE "User" SET nick = r.email WHERE id = r.id; END LOOP; EXECUTE \'DELETE FROM "Post" WHERE id = 3\'; END $$;',
        NEW_USER,
    ),
    Case(
        "writes in a function",
        USERS,
        "CREATE FUNCTION fix() RETURNS void LANGUAGE sql AS 'UPDATE \"User\" SET age = 99'; SELECT fix(); DROP FUNCTION fix();",
        NEW_USER.replace("(email)", "(email)"),
    ),
    Case(
        "writes under a view",
        USERS + 'CREATE VIEW v AS SELECT id, nick FROM "User";',
        "UPDATE v SET nick = 'via view';",
        NEW_USER,
    ),
    Case(
        "writes by another table's trigger",
        USERS
        + POSTS
        + 'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE "User" SET age = age + 1 WHERE id = NEW."userId"; RETURN NEW; END$$; CREATE TRIGGER g AFTER UPDATE ON "Post" FOR EACH ROW EXECUTE FUNCTION f();',
        "UPDATE \"Post\" SET title = 'x' WHERE id < 5;",
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "dedupe before a unique index",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, NULL), (5, NULL);",
        "DELETE FROM t x USING t y WHERE x.v = y.v AND x.id > y.id; CREATE UNIQUE INDEX u ON t (v);",
        "INSERT INTO t VALUES (6, 'c');",
    ),
    Case(
        "backfill, then required",
        USERS,
        'UPDATE "User" SET nick = \'anon\' WHERE nick IS NULL; ALTER TABLE "User" ALTER COLUMN nick SET NOT NULL;',
        "INSERT INTO \"User\" (email, nick) VALUES ('n', 'm');",
    ),
    Case(
        "new required column",
        USERS,
        'ALTER TABLE "User" ADD COLUMN "createdAt" timestamptz NOT NULL DEFAULT now(); UPDATE "User" SET "createdAt" = \'2000-01-01\';',
        NEW_USER,
    ),
    Case(
        "update partitioned rows",
        "CREATE TABLE p (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p SELECT n, n, 'v' FROM generate_series(1, 20) n;",
        "UPDATE p SET at = at + 5 WHERE id < 8; DELETE FROM p WHERE id = 20; UPDATE p1 SET v = 'one'; INSERT INTO p VALUES (50, 3, 's');",
        "INSERT INTO p VALUES (99, 99, 'l');",
    ),
    Case(
        "update inherited rows",
        "CREATE TABLE base (id int PRIMARY KEY, v text); CREATE TABLE child (w int) INHERITS (base); INSERT INTO base VALUES (1, 'b'); INSERT INTO child VALUES (2, 'c', 3), (1, 'twin', 4);",
        "UPDATE base SET v = v || '!';",
    ),
    Case(
        "replica role",
        USERS + POSTS,
        'SET session_replication_role = replica; DELETE FROM "User" WHERE id = 1; UPDATE "User" SET age = 0; SET session_replication_role = origin;',
        "",
    ),
    Case(
        "settings changed",
        "CREATE TABLE t (id int PRIMARY KEY, d date, t timestamptz, i interval, f float8, b bytea); INSERT INTO t VALUES (1, '2024-03-02', '2024-07-01 12:00:00.5+05', '1 mon 2 days 03:04:05', 0.1, '\\x27ff'), (2, 'infinity', NULL, NULL, NULL, '');",
        "SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Kolkata'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = -15; SET bytea_output = 'escape'; UPDATE t SET d = '01/02/2025', t = now(), i = '1 day', f = 3, b = 'z'; ALTER TABLE t ALTER t TYPE timestamptz(0); DELETE FROM t WHERE id = 2;",
        "INSERT INTO t (id) VALUES (9);",
    ),
    Case(
        "texts of a date format that the script set",
        "CREATE TABLE t (id int PRIMARY KEY, d date); INSERT INTO t VALUES (1, '2024-03-02');",
        "SET DateStyle = 'SQL, DMY'; ALTER TABLE t ALTER d TYPE text;",
    ),
    Case(
        "search path emptied",
        USERS,
        "SELECT pg_catalog.set_config('search_path', '', false); UPDATE public.\"User\" SET age = 1; ALTER TABLE public.\"User\" DROP COLUMN nick;",
        NEW_USER,
    ),
    Case(
        "search path left set",
        USERS + "CREATE SCHEMA audit;",
        'ALTER TABLE "User" DROP COLUMN nick; SET search_path TO audit; CREATE TABLE "User" (id int PRIMARY KEY);',
        NEW_USER,
    ),
    Case(
        "nondeterministic collation",
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE t (k text COLLATE ci PRIMARY KEY, v text COLLATE ci, w text COLLATE \"C\"); INSERT INTO t VALUES ('a', 'x', 'w'), ('b', 'y', 'w');",
        "UPDATE t SET v = upper(v); UPDATE t SET k = upper(k) WHERE k = 'b';",
        "UPDATE t SET v = 'Y' WHERE k = 'c'; UPDATE t SET w = 'z';",
    ),
    Case(
        "keys of two collations",
        "CREATE TABLE t (a text COLLATE \"C\", b text COLLATE \"POSIX\", v text, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('a', 'b', 'x'), ('a', 'c', 'y');",
        "UPDATE t SET v = 'q' WHERE b = 'b'; DELETE FROM t WHERE b = 'c'; ALTER TABLE t ALTER v TYPE varchar(1);",
        "INSERT INTO t VALUES ('z', 'z', 'z');",
    ),
    Case(
        "generated column",
        "CREATE TABLE t (id int PRIMARY KEY, v int, g int GENERATED ALWAYS AS (v * 2) STORED); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL);",
        "UPDATE t SET v = 5; DELETE FROM t WHERE id = 3;",
        "UPDATE t SET v = 6 WHERE id = 2;",
    ),
    Case(
        "generated identity",
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int); INSERT INTO t (v) VALUES (1), (2), (3);",
        "UPDATE t SET v = 5; DELETE FROM t WHERE id = 3; INSERT INTO t (v) VALUES (8);",
        "UPDATE t SET v = 6 WHERE id = 2;",
    ),
    Case(
        "composite type and range",
        "CREATE TYPE c AS (x int, y text); CREATE TABLE t (id int PRIMARY KEY, v c, r int4range, m money, p point); INSERT INTO t VALUES (1, '(1,\"a\"\"b,\")', '[1,5)', 12.5, '(1,2)'), (2, NULL, 'empty', NULL, NULL);",
        "UPDATE t SET v = NULL, r = NULL, m = 0, p = NULL; DELETE FROM t WHERE id = 2;",
        "INSERT INTO t (id) VALUES (4);",
    ),
    Case(
        "update, then drop the column, then update",
        USERS,
        'UPDATE "User" SET nick = \'x\', age = 50; ALTER TABLE "User" DROP COLUMN nick; UPDATE "User" SET age = age + 1; DELETE FROM "User" WHERE id = 3;',
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "insert, then drop the table's column",
        USERS,
        "INSERT INTO \"User\" (id, email, nick) VALUES (-8, 's', 'n'); ALTER TABLE \"User\" DROP COLUMN nick;",
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "delete, then drop the key",
        USERS,
        'DELETE FROM "User" WHERE id = 2; ALTER TABLE "User" DROP COLUMN id;',
        "UPDATE \"User\" SET age = 3 WHERE email = 'a@x';",
    ),
    Case(
        "enum in updated rows, type recreated",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, v e); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "UPDATE t SET v = 'a'; CREATE TYPE f AS ENUM ('a'); ALTER TABLE t ALTER v TYPE f USING v::text::f; DROP TYPE e; ALTER TYPE f RENAME TO e;",
        "INSERT INTO t VALUES (3, 'a');",
    ),
    Case(
        "data moved to a new table",
        USERS,
        'CREATE TABLE "Profile" (id serial PRIMARY KEY, "userId" int UNIQUE REFERENCES "User" (id) ON DELETE CASCADE, nick text); INSERT INTO "Profile" ("userId", nick) SELECT id, nick FROM "User"; ALTER TABLE "User" DROP COLUMN nick;',
        "UPDATE \"Profile\" SET nick = 'l'; INSERT INTO \"User\" (email) VALUES ('n');",
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "merge of two tables",
        USERS + "CREATE TABLE old (uid int PRIMARY KEY, bio text); INSERT INTO old VALUES (1, 'b1'), (3, NULL);",
        'ALTER TABLE "User" ADD bio text; UPDATE "User" u SET bio = o.bio FROM old o WHERE o.uid = u.id; DROP TABLE old;',
        NEW_USER,
    ),
    Case(
        "copied to a new table and renamed",
        USERS,
        'CREATE TABLE "new_User" (id serial PRIMARY KEY, email text NOT NULL UNIQUE); INSERT INTO "new_User" (id, email) SELECT id, email FROM "User"; DROP TABLE "User"; ALTER TABLE "new_User" RENAME TO "User"; SELECT setval(\'"new_User_id_seq"\', 4);',
        "",
    ),
]
PARTITIONED = """CREATE TABLE p (at int, v text) PARTITION BY RANGE (at); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p SELECT n % 15, 'v' || n % 3 FROM generate_series(1, 40) n;"""
HEIRS = """CREATE TABLE base (id int PRIMARY KEY, v text); CREATE TABLE child (w int) INHERITS (base); INSERT INTO base VALUES (1, 'b'), (5, 'e');
INSERT INTO child VALUES (2, 'c', 3), (1, 'twin', 4);"""
CHECKED = """CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO audit (what) VALUES (TG_OP || coalesce(NEW.nick, OLD.nick, '')); RETURN coalesce(NEW, OLD); END$$;
CREATE TABLE audit (id serial PRIMARY KEY, what text); CREATE TRIGGER z AFTER INSERT OR UPDATE OR DELETE ON "User" FOR EACH ROW EXECUTE FUNCTION noted();"""
MORE = [
    Case("truncate partitioned, no key", PARTITIONED, "TRUNCATE p;", "INSERT INTO p VALUES (3, 'n');"),
    Case("truncate one partition", PARTITIONED, "TRUNCATE p1;", "INSERT INTO p VALUES (3, 'n');"),
    Case(
        "delete and update partitioned, no key",
        PARTITIONED,
        "DELETE FROM p WHERE at < 4; UPDATE p SET at = at + 4; DELETE FROM p2 WHERE v = 'v1';",
        "INSERT INTO p VALUES (100, 'n');",
    ),
    Case("truncate a parent", HEIRS, "TRUNCATE base;", "INSERT INTO child VALUES (9, 'n', 1);"),
    Case(
        "delete through a parent",
        HEIRS,
        "DELETE FROM base WHERE id = 1; DELETE FROM ONLY base;",
        "INSERT INTO child VALUES (9, 'n', 1);",
    ),
    Case("retype partitioned", PARTITIONED, "ALTER TABLE p ALTER v TYPE varchar(9);", "INSERT INTO p VALUES (3, 'n');"),
    Case(
        "retype partitioned with loss",
        "CREATE TABLE p (id int PRIMARY KEY, v numeric(9,4)) PARTITION BY HASH (id); CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO p SELECT n, n + 0.1234 FROM generate_series(1, 9) n;",
        "ALTER TABLE p ALTER v TYPE numeric(9,1);",
        "INSERT INTO p VALUES (30, 1);",
    ),
    Case(
        "retype in DO",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, '01'), (2, NULL);",
        "DO $$ BEGIN ALTER TABLE t ALTER v TYPE int USING v::int; END $$;",
        "INSERT INTO t VALUES (3, 3);",
        "INSERT INTO t VALUES (3, '3');",
    ),
    Case(
        "rewrite in DO",
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, '01'), (2, NULL);",
        "DO $$ BEGIN ALTER TABLE t ALTER v TYPE text USING 'x'; END $$;",
        "INSERT INTO t VALUES (3, 3);",
    ),
    Case(
        "audit by triggers",
        USERS + CHECKED,
        'UPDATE "User" SET nick = \'x\' WHERE id < 3; DELETE FROM "User" WHERE id = 3; INSERT INTO "User" (email) VALUES (\'s\');',
        "",
    ),
    Case(
        "rule on a table",
        USERS
        + 'CREATE TABLE log (id int); CREATE RULE r AS ON UPDATE TO "User" DO ALSO INSERT INTO log VALUES (OLD.id);',
        'UPDATE "User" SET age = 1;',
        "",
    ),
    Case(
        "function in an UPDATE writes elsewhere",
        USERS
        + POSTS
        + 'CREATE FUNCTION bump(i int) RETURNS int LANGUAGE plpgsql AS $$BEGIN DELETE FROM "Post" WHERE "userId" = i; RETURN i; END$$;',
        'UPDATE "User" SET age = bump(id) WHERE id < 3;',
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "default calls a function that writes",
        USERS
        + 'CREATE FUNCTION bump() RETURNS int LANGUAGE plpgsql AS $$BEGIN UPDATE "User" SET age = age + 1; RETURN 1; END$$; CREATE TABLE c (id int PRIMARY KEY, v int DEFAULT bump());',
        "INSERT INTO c (id) VALUES (1), (2);",
        "INSERT INTO \"User\" (email) VALUES ('n');",
    ),
    Case(
        "copy from a query",
        USERS,
        'INSERT INTO "User" (email, nick) SELECT email || \'.old\', nick FROM "User";',
        'UPDATE "User" SET age = 1 WHERE id = 1;',
    ),
    Case(
        "update from itself with alias",
        USERS,
        'UPDATE "User" AS u SET (nick, age) = (SELECT v.email, v.age + 1 FROM "User" v WHERE v.id = u.id);',
        NEW_USER,
    ),
    Case(
        "swap unique values",
        USERS,
        "UPDATE \"User\" SET email = 'tmp' WHERE id = 1; UPDATE \"User\" SET email = 'a@x' WHERE id = 2; UPDATE \"User\" SET email = 'b@x' WHERE id = 1;",
        'UPDATE "User" SET age = 0;',
    ),
    Case(
        "replace rows",
        USERS,
        "DELETE FROM \"User\" WHERE id = 1; INSERT INTO \"User\" (email, nick) VALUES ('a@x', 'again');",
        'UPDATE "User" SET age = 0 WHERE id = 2;',
    ),
    Case(
        "replace a row in one MERGE",
        "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "WITH d AS (DELETE FROM t WHERE id = 1 RETURNING v) INSERT INTO t SELECT 5, v || '2' FROM d; UPDATE t SET v = 'a' WHERE id = 5;",
        "INSERT INTO t VALUES (7, 'z');",
    ),
    Case(
        "domain and array of domain",
        "CREATE DOMAIN posint AS int CHECK (VALUE > 0); CREATE TABLE t (id int PRIMARY KEY, v posint, w posint[]); INSERT INTO t VALUES (1, 5, '{1,2}'), (2, NULL, NULL);",
        "UPDATE t SET v = 1, w = '{}'; ALTER TABLE t DROP COLUMN v, DROP COLUMN w; DROP DOMAIN posint;",
        "INSERT INTO t VALUES (3);",
    ),
    Case(
        "deferrable unique key",
        "CREATE TABLE t (id int, v int, PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1, 1), (2, 2);",
        "UPDATE t SET id = 3 - id;",
        "INSERT INTO t VALUES (9, 9);",
    ),
    Case(
        "deferred foreign key",
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 1), (2, 2);",
        "DELETE FROM a WHERE id = 1; DELETE FROM b WHERE a = 1; ALTER TABLE b ADD c int;",
        "INSERT INTO a VALUES (7);",
    ),
    Case(
        "nulls in a unique key",
        "CREATE TABLE t (a int, b int, v text, UNIQUE (a, b)); INSERT INTO t VALUES (1, NULL, 'x'), (1, NULL, 'y'), (1, 1, 'z');",
        "UPDATE t SET v = 'q'; ALTER TABLE t DROP COLUMN v;",
        "INSERT INTO t VALUES (9, 9);",
    ),
    Case(
        "drop key, add another",
        "CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL, v text); INSERT INTO t VALUES (1, 'x', 'p'), (2, 'y', 'q');",
        "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (b); ALTER TABLE t DROP COLUMN a; UPDATE t SET v = 'n';",
        "DELETE FROM t WHERE b = 'y';",
    ),
    Case(
        "serial key to uuid",
        USERS,
        'ALTER TABLE "User" ADD COLUMN uid uuid NOT NULL DEFAULT gen_random_uuid(); ALTER TABLE "User" DROP CONSTRAINT "User_pkey"; ALTER TABLE "User" DROP COLUMN id; ALTER TABLE "User" RENAME COLUMN uid TO id; ALTER TABLE "User" ADD PRIMARY KEY (id);',
        "UPDATE \"User\" SET nick = 'w' WHERE email = 'a@x'; DELETE FROM \"User\" WHERE email = 'b@x';",
    ),
    Case(
        "foreign keys to uuid",
        USERS + POSTS,
        'ALTER TABLE "User" ADD COLUMN uid uuid NOT NULL DEFAULT gen_random_uuid(); ALTER TABLE "Post" ADD COLUMN uid uuid; UPDATE "Post" p SET uid = u.uid FROM "User" u WHERE u.id = p."userId"; ALTER TABLE "Post" DROP COLUMN "userId"; ALTER TABLE "User" DROP CONSTRAINT "User_pkey", DROP COLUMN id, ADD PRIMARY KEY (uid); ALTER TABLE "Post" ADD FOREIGN KEY (uid) REFERENCES "User" (uid);',
        'DELETE FROM "Post" WHERE id = 1;',
    ),
    Case(
        "many to many made of a column",
        USERS + POSTS,
        'CREATE TABLE "_PostToUser" ("A" int NOT NULL REFERENCES "Post" ON DELETE CASCADE, "B" int NOT NULL REFERENCES "User" ON DELETE CASCADE, PRIMARY KEY ("A", "B")); INSERT INTO "_PostToUser" SELECT id, "userId" FROM "Post"; ALTER TABLE "Post" DROP COLUMN "userId";',
        'DELETE FROM "Post" WHERE id = 3;',
    ),
    Case(
        "check with update before",
        "CREATE TABLE t (id int PRIMARY KEY, s text CHECK (s IN ('a', 'b'))); INSERT INTO t VALUES (1, 'a'), (2, 'b');",
        "ALTER TABLE t DROP CONSTRAINT t_s_check; UPDATE t SET s = upper(s); ALTER TABLE t ADD CONSTRAINT t_s_check CHECK (s IN ('A', 'B'));",
        "DELETE FROM t WHERE id = 2;",
    ),
    Case(
        "set schema, then change",
        USERS,
        'CREATE SCHEMA moved; ALTER TABLE "User" SET SCHEMA moved; UPDATE moved."User" SET age = 0; ALTER TABLE moved."User" DROP COLUMN nick;',
        NEW_USER.replace('"User"', 'moved."User"'),
        NEW_USER,
    ),
    Case(
        "big values",
        "CREATE TABLE t (id int PRIMARY KEY, v text, b bytea); INSERT INTO t VALUES (1, repeat(E'ab\\'\\\\\n%s{}\",', 100000), decode(repeat('00ff27', 100000), 'hex'));",
        "UPDATE t SET v = v || 'x', b = NULL;",
        "INSERT INTO t (id) VALUES (2);",
    ),
    Case(
        "column named like ours",
        "CREATE TABLE t (key int PRIMARY KEY, old text, new text, n int, k int, t int, r int); INSERT INTO t VALUES (1, 'o', 'w', 1, 2, 3, 4), (2, NULL, NULL, 5, 6, 7, 8);",
        "UPDATE t SET old = 'x', new = NULL, n = 0, k = 0, t = 0, r = 0; DELETE FROM t WHERE key = 2; ALTER TABLE t ALTER old TYPE varchar(1) USING 'q', ALTER t TYPE text; ALTER TABLE t DROP COLUMN k, DROP COLUMN r;",
        "INSERT INTO t (key) VALUES (4);",
    ),
]

ALL = [*TABLES, *COLUMNS, *RETYPED, *ROWS, *MORE]
LOSSY = [
    Case(
        "retype in DO, no key",
        "CREATE TABLE t (a int, v numeric(9,4)); INSERT INTO t VALUES (1, 1.2345), (1, 1.2346), (2, NULL);",
        "DO $$ BEGIN ALTER TABLE t ALTER v TYPE numeric(9,1); END $$;",
        "INSERT INTO t VALUES (3, 3);",
    ),
    Case(
        "retype through a parent",
        HEIRS,
        "ALTER TABLE base ALTER v TYPE varchar(1) USING left(v, 1);",
        "INSERT INTO child VALUES (9, 'n', 1);",
    ),
    Case(
        "values that a USING forgets, in a table without a key",
        "CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1, 'x'), (1, 'y');",
        "ALTER TABLE t ALTER v TYPE boolean USING v = 'x';",
    ),
    Case(
        "a key that a USING forgets",
        "CREATE TABLE t (a int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x'), (2, 'y');",
        "ALTER TABLE t ALTER a TYPE uuid USING gen_random_uuid();",
    ),
]

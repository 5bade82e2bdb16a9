-- Views, functions, extensions, publications and privileges.

-- case: view
-- change
CREATE VIEW v AS SELECT * FROM "User";
CREATE VIEW v2 AS SELECT "id" FROM v;

-- case: view dropped with cascade
CREATE VIEW v WITH (security_barrier = true) AS SELECT "id", "name" AS "n" FROM "User" WHERE "id" > 0 WITH LOCAL CHECK OPTION;
ALTER VIEW v ALTER COLUMN "n" SET DEFAULT 'q';
COMMENT ON VIEW v IS 'view';
COMMENT ON COLUMN v."n" IS 'col';
GRANT SELECT ON v TO PUBLIC;
CREATE VIEW w AS SELECT "n" FROM v;
CREATE VIEW a AS SELECT "n" FROM w;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr INSTEAD OF INSERT ON w FOR EACH ROW EXECUTE FUNCTION tf();
CREATE RULE ru AS ON INSERT TO a DO INSTEAD NOTHING;
-- change
DROP VIEW v CASCADE;

-- case: view replaced
CREATE VIEW v AS SELECT "id" FROM "User";
-- change
CREATE OR REPLACE VIEW v AS SELECT "id" FROM "User" WHERE "id" > 3;

-- case: view grows under another
CREATE VIEW v AS SELECT "id" FROM "User";
CREATE VIEW w AS SELECT * FROM v;
-- change
CREATE OR REPLACE VIEW v AS SELECT "id", "name" FROM "User" WHERE "id" > 3;

-- case: view altered
CREATE VIEW v AS SELECT "id", "name" FROM "User";
-- change
ALTER VIEW v SET (security_barrier = true);
ALTER VIEW v RENAME COLUMN "name" TO "n";
ALTER VIEW v RENAME TO w;

-- case: views of a column that goes
CREATE VIEW v AS SELECT "id", "name" FROM "User";
CREATE VIEW w AS SELECT "name" FROM v;
CREATE MATERIALIZED VIEW m AS SELECT "name" FROM w;
CREATE INDEX mi ON m("name");
CREATE VIEW other AS SELECT "id" FROM v;
-- change
ALTER TABLE "User" DROP COLUMN "name" CASCADE;

-- case: views rebuilt around a type change
CREATE VIEW v AS SELECT "id", "score" FROM "User";
CREATE VIEW w AS SELECT "score" FROM v;
-- change
DROP VIEW w;
DROP VIEW v;
ALTER TABLE "User" ALTER COLUMN "score" TYPE BIGINT;
CREATE VIEW v AS SELECT "id", "score" FROM "User";
CREATE VIEW w AS SELECT "score" FROM v;

-- case: materialized view
-- change
CREATE MATERIALIZED VIEW m AS SELECT * FROM "User";
CREATE UNIQUE INDEX ON m("id");

-- case: materialized view dropped
CREATE MATERIALIZED VIEW m WITH (fillfactor = 70) AS SELECT "id", "email" FROM "User";
CREATE UNIQUE INDEX mi ON m("id");
COMMENT ON MATERIALIZED VIEW m IS 'mv';
ALTER MATERIALIZED VIEW m CLUSTER ON mi;
-- change
DROP MATERIALIZED VIEW m;

-- case: function
-- change
CREATE FUNCTION f(a INT, b TEXT DEFAULT 'x', OUT c INT, VARIADIC d INT[] DEFAULT '{}') LANGUAGE sql AS $$ SELECT 1 $$;
CREATE PROCEDURE p(a INT) LANGUAGE sql AS $$ SELECT 1 $$;

-- case: function dropped
CREATE FUNCTION f(a INT, b TEXT DEFAULT 'x', OUT c INT) LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE COST 7 SET search_path = pg_catalog AS $_$ SELECT $1 $_$;
CREATE PROCEDURE p(a INT) LANGUAGE plpgsql AS $body$ BEGIN RAISE NOTICE 'a $$ $procedure$ b'; END $body$;
COMMENT ON FUNCTION f IS 'fun';
REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE p TO pg_monitor;
-- change
DROP FUNCTION f;
DROP PROCEDURE p;

-- case: function replaced
CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
CREATE VIEW v AS SELECT f(1);
-- change
CREATE OR REPLACE FUNCTION f(a INT) RETURNS INT LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 2; END $$;

-- case: function gets a default
CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
CREATE VIEW v AS SELECT f(1);
-- change
CREATE OR REPLACE FUNCTION f(a INT DEFAULT 3) RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;

-- case: function dropped and made again with another result
CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
CREATE VIEW v AS SELECT f(1);
ALTER TABLE "User" ALTER COLUMN "score" SET DEFAULT f(2);
-- change
DROP FUNCTION f CASCADE;
CREATE FUNCTION f(a INT) RETURNS BIGINT LANGUAGE sql AS $$ SELECT 1::bigint $$;
CREATE VIEW v AS SELECT f(1);
ALTER TABLE "User" ALTER COLUMN "score" SET DEFAULT f(2);

-- case: functions that call each other by text
CREATE FUNCTION z() RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION a() RETURNS INT LANGUAGE sql AS $$ SELECT z() $$;
-- change
DROP FUNCTION a;
DROP FUNCTION z;

-- case: function renamed and moved
CREATE SCHEMA s;
CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
-- change
ALTER FUNCTION f(INT) RENAME TO g;
ALTER FUNCTION g(INT) SET SCHEMA s;

-- case: function that defaults and generated columns need
CREATE FUNCTION slug(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$ SELECT lower(t) $$;
ALTER TABLE "Post" ADD COLUMN "slug" TEXT GENERATED ALWAYS AS (slug("title")) STORED;
ALTER TABLE "User" ALTER COLUMN "name" SET DEFAULT slug('X');
-- change
DROP FUNCTION slug CASCADE;

-- case: aggregate
CREATE AGGREGATE plus(INT) (SFUNC = int4pl, STYPE = INT, INITCOND = '0');
COMMENT ON AGGREGATE plus(INT) IS 'agg';
-- change
DROP AGGREGATE plus(INT);
CREATE AGGREGATE plus2(INT) (SFUNC = int4pl, STYPE = INT, INITCOND = '5', PARALLEL = SAFE);

-- case: publication
CREATE PUBLICATION pub FOR TABLE "User" WITH (publish = 'insert');
-- change
DROP PUBLICATION pub;
CREATE PUBLICATION pub2 FOR ALL TABLES;

-- case: publication altered
CREATE PUBLICATION pub FOR TABLE "User";
-- change
ALTER PUBLICATION pub ADD TABLE "Post";
ALTER PUBLICATION pub SET (publish = 'insert, delete');
ALTER PUBLICATION pub RENAME TO pub2;

-- case: event trigger
CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
-- change
CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('DROP FUNCTION') EXECUTE FUNCTION ef();

-- case: default privileges
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;
-- change
ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- case: objects made again under default privileges
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE FUNCTION f() RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
CREATE TABLE t ("id" INT);
-- change
DROP FUNCTION f;
DROP TABLE t;
DROP TABLE "Post";

-- case: cast and collation
-- change
CREATE FUNCTION conv("Role") RETURNS INT LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;
CREATE CAST ("Role" AS INT) WITH FUNCTION conv("Role");
CREATE COLLATION "mine" FROM "C";
ALTER TABLE "User" ALTER COLUMN "name" TYPE VARCHAR(40) COLLATE "mine";

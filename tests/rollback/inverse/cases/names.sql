-- Renames, swaps, chains, moves between schemas, and what takes a name that became free.

-- case: column renamed and retyped
-- change
ALTER TABLE "User" RENAME COLUMN "score" TO "points";
ALTER TABLE "User" ALTER COLUMN "points" TYPE TEXT;

-- case: column retyped, renamed, and a new one under its name
-- change
ALTER TABLE "User" ALTER COLUMN "score" TYPE TEXT;
ALTER TABLE "User" RENAME COLUMN "score" TO "points";
ALTER TABLE "User" ADD COLUMN "score" BOOLEAN NOT NULL DEFAULT true;

-- case: table renamed while a column is dropped
-- change
ALTER TABLE "User" RENAME TO "Person";
ALTER TABLE "Person" DROP COLUMN "name";
ALTER TABLE "Person" RENAME COLUMN "email" TO "mail";

-- case: table renamed, moved, and everything on it changed
CREATE SCHEMA s;
-- change
ALTER TABLE "Post" RENAME TO "Article";
ALTER TABLE "Article" SET SCHEMA s;
ALTER TABLE s."Article" DROP COLUMN "title";
ALTER TABLE s."Article" ALTER COLUMN "authorId" TYPE BIGINT;
ALTER TABLE s."Article" ADD COLUMN "body" TEXT;
DROP INDEX s."Post_authorId_idx";

-- case: chain of renames of a table
-- change
ALTER TABLE "Post" RENAME TO "a";
ALTER TABLE "a" RENAME TO "b";
ALTER TABLE "b" RENAME TO "c";
ALTER TABLE "User" RENAME TO "Post";
ALTER TABLE "c" RENAME TO "User";

-- case: ring of three columns
ALTER TABLE "User" ADD COLUMN "a" INT, ADD COLUMN "b" TEXT, ADD COLUMN "c" BOOLEAN;
-- change
ALTER TABLE "User" RENAME "a" TO "t";
ALTER TABLE "User" RENAME "b" TO "a";
ALTER TABLE "User" RENAME "c" TO "b";
ALTER TABLE "User" RENAME "t" TO "c";

-- case: columns swap types by swapping names
ALTER TABLE "User" ADD COLUMN "a" INT, ADD COLUMN "b" TEXT;
CREATE VIEW v AS SELECT "a", "b" FROM "User";
CREATE INDEX i ON "User" ("a", lower("b"));
-- change
ALTER TABLE "User" RENAME "a" TO "t";
ALTER TABLE "User" RENAME "b" TO "a";
ALTER TABLE "User" RENAME "t" TO "b";

-- case: ring of tables, one of them dropped
CREATE TABLE a ("id" INT); CREATE TABLE b ("id" INT); CREATE TABLE c ("id" INT);
-- change
ALTER TABLE a RENAME TO t;
ALTER TABLE b RENAME TO a;
ALTER TABLE t RENAME TO b;
DROP TABLE c;
ALTER TABLE "Post" RENAME TO c;

-- case: index takes the name of a table
-- change
ALTER TABLE "Post" RENAME TO "Article";
ALTER INDEX "Post_authorId_idx" RENAME TO "Post";

-- case: sequence, index, view and table swap names
CREATE SEQUENCE sq; CREATE VIEW vw AS SELECT 1 AS one; CREATE TABLE tb ("id" INT); CREATE INDEX ix ON tb ("id");
-- change
ALTER SEQUENCE sq RENAME TO t;
ALTER VIEW vw RENAME TO sq;
ALTER TABLE tb RENAME TO vw;
ALTER INDEX ix RENAME TO tb;
ALTER SEQUENCE t RENAME TO ix;

-- case: type takes the name of a dropped table
CREATE TABLE x ("id" INT);
-- change
DROP TABLE x;
ALTER TYPE "Role" RENAME TO x;

-- case: composite type and table swap names
CREATE TABLE x ("id" INT); CREATE TYPE y AS (a INT);
-- change
ALTER TABLE x RENAME TO t;
ALTER TYPE y RENAME TO x;
ALTER TABLE t RENAME TO y;

-- case: new type under the name of a renamed one, columns of both
-- change
ALTER TYPE "Role" RENAME TO "OldRole";
CREATE TYPE "Role" AS ENUM ('x');
ALTER TABLE "User" ADD COLUMN "new" "Role";

-- case: functions swap names
CREATE FUNCTION f(INT) RETURNS INT LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g(INT) RETURNS INT LANGUAGE sql AS 'SELECT 2';
CREATE VIEW v AS SELECT f(1), g(2);
-- change
ALTER FUNCTION f RENAME TO t; ALTER FUNCTION g RENAME TO f; ALTER FUNCTION t RENAME TO g;

-- case: constraints swap names
ALTER TABLE "Post" ADD CONSTRAINT a CHECK ("id" > 0), ADD CONSTRAINT b CHECK ("id" > -1), ADD CONSTRAINT u UNIQUE ("title");
-- change
ALTER TABLE "Post" RENAME CONSTRAINT a TO t; ALTER TABLE "Post" RENAME CONSTRAINT b TO a; ALTER TABLE "Post" RENAME CONSTRAINT t TO b;
ALTER TABLE "Post" RENAME CONSTRAINT u TO t; ALTER TABLE "Post" RENAME CONSTRAINT "Post_pkey" TO u; ALTER TABLE "Post" RENAME CONSTRAINT t TO "Post_pkey";

-- case: triggers, policies and rules swap names
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER a BEFORE INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION tf(); CREATE TRIGGER b AFTER INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION tf();
CREATE POLICY a ON "Post" USING (true); CREATE POLICY b ON "Post" USING (false);
CREATE RULE a AS ON DELETE TO "Post" WHERE OLD."id" < 0 DO INSTEAD NOTHING; CREATE RULE b AS ON UPDATE TO "Post" WHERE OLD."id" < 0 DO INSTEAD NOTHING;
-- change
ALTER TRIGGER a ON "Post" RENAME TO t; ALTER TRIGGER b ON "Post" RENAME TO a; ALTER TRIGGER t ON "Post" RENAME TO b;
ALTER POLICY a ON "Post" RENAME TO t; ALTER POLICY b ON "Post" RENAME TO a; ALTER POLICY t ON "Post" RENAME TO b;
ALTER RULE a ON "Post" RENAME TO t; ALTER RULE b ON "Post" RENAME TO a; ALTER RULE t ON "Post" RENAME TO b;

-- case: view renamed and replaced under its name
CREATE VIEW v AS SELECT "id" FROM "User"; CREATE VIEW w AS SELECT * FROM v;
-- change
ALTER VIEW v RENAME TO old;
CREATE VIEW v AS SELECT "email" FROM "User";

-- case: column of a view renamed
CREATE VIEW v AS SELECT "id", "name" FROM "User"; CREATE VIEW w AS SELECT "name" FROM v; CREATE MATERIALIZED VIEW m AS SELECT "name" FROM w;
-- change
ALTER VIEW v RENAME COLUMN "name" TO "n"; ALTER TABLE "User" RENAME COLUMN "name" TO "fullName"; ALTER MATERIALIZED VIEW m RENAME COLUMN "name" TO "mn";

-- case: sequence dropped and its name taken by a type
CREATE SEQUENCE x;
-- change
DROP SEQUENCE x;
CREATE TYPE x AS (a INT);

-- case: enum and sequence swap names over one name
CREATE SEQUENCE x; CREATE TYPE y AS ENUM ('a');
-- change
ALTER SEQUENCE x RENAME TO z; ALTER TYPE y RENAME TO x; ALTER SEQUENCE z RENAME TO y;

-- case: schema renamed and a new one under its name
CREATE SCHEMA a; CREATE TABLE a.t ("id" INT PRIMARY KEY); CREATE TYPE a.e AS ENUM ('x'); CREATE FUNCTION a.f() RETURNS a.e LANGUAGE sql AS $$ SELECT 'x'::a.e $$;
-- change
ALTER SCHEMA a RENAME TO b;
CREATE SCHEMA a;
CREATE TABLE a.t ("id" TEXT);

-- case: everything moved to another schema
CREATE SCHEMA s;
CREATE VIEW v AS SELECT 1 AS one; CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; CREATE INDEX ON m (one);
CREATE SEQUENCE q; CREATE DOMAIN d AS INT CHECK (VALUE > 0); CREATE TYPE c AS (x INT); CREATE TYPE r AS RANGE (SUBTYPE = INT4);
CREATE FUNCTION f(a "Role") RETURNS d LANGUAGE sql AS 'SELECT 1::d'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE ag(INT) (SFUNC = int4pl, STYPE = INT);
CREATE STATISTICS st ON "id", "title" FROM "Post";
CREATE TABLE u ("d" d, "c" c[], "r" r);
-- change
ALTER VIEW v SET SCHEMA s; ALTER MATERIALIZED VIEW m SET SCHEMA s; ALTER SEQUENCE q SET SCHEMA s; ALTER DOMAIN d SET SCHEMA s;
ALTER TYPE c SET SCHEMA s; ALTER TYPE r SET SCHEMA s; ALTER FUNCTION f SET SCHEMA s; ALTER PROCEDURE p SET SCHEMA s;
ALTER AGGREGATE ag(INT) SET SCHEMA s; ALTER STATISTICS st SET SCHEMA s; ALTER TABLE u SET SCHEMA s; ALTER TYPE "Role" SET SCHEMA s;

-- case: everything renamed
CREATE VIEW v AS SELECT 1 AS one; CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;
CREATE SEQUENCE q; CREATE DOMAIN d AS INT CONSTRAINT dc CHECK (VALUE > 0); CREATE TYPE c AS (x INT); CREATE TYPE r AS RANGE (SUBTYPE = INT4);
CREATE FUNCTION f(a "Role") RETURNS d LANGUAGE sql AS 'SELECT 1::d'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE ag(INT) (SFUNC = int4pl, STYPE = INT);
CREATE STATISTICS st ON "id", "title" FROM "Post"; CREATE PUBLICATION pub FOR TABLE "Post";
CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; CREATE EVENT TRIGGER et ON sql_drop EXECUTE FUNCTION ef();
CREATE COLLATION co FROM "C"; CREATE SCHEMA s;
ALTER EVENT TRIGGER et DISABLE;
-- change
ALTER VIEW v RENAME TO v2; ALTER MATERIALIZED VIEW m RENAME TO m2; ALTER SEQUENCE q RENAME TO q2; ALTER DOMAIN d RENAME TO d2;
ALTER DOMAIN d2 RENAME CONSTRAINT dc TO dc2;
ALTER TYPE c RENAME TO c2; ALTER TYPE r RENAME TO r2; ALTER FUNCTION f RENAME TO f2; ALTER PROCEDURE p RENAME TO p2;
ALTER AGGREGATE ag(INT) RENAME TO ag2; ALTER STATISTICS st RENAME TO st2; ALTER PUBLICATION pub RENAME TO pub2;
ALTER EVENT TRIGGER et RENAME TO et2; ALTER COLLATION co RENAME TO co2; ALTER SCHEMA s RENAME TO s2;

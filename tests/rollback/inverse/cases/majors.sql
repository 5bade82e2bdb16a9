-- What only newer servers have: the name of a case ends with the first major that runs it.

-- case: nulls not distinct, since 15
CREATE UNIQUE INDEX i ON "User" ("name") NULLS NOT DISTINCT;
ALTER TABLE "User" ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT ("score", "name") DEFERRABLE;
-- change
DROP INDEX i; ALTER TABLE "User" DROP CONSTRAINT u;
CREATE UNIQUE INDEX i2 ON "Post" ("title") NULLS NOT DISTINCT;

-- case: view that asks for the caller's rights, since 15
CREATE VIEW v WITH (security_invoker = true) AS SELECT "id" FROM "User"; CREATE VIEW w AS SELECT "id" FROM "User";
-- change
ALTER VIEW v RESET (security_invoker); ALTER VIEW w SET (security_invoker = true, check_option = local);

-- case: set null of some columns, since 15
CREATE TABLE a ("x" INT, "y" INT, PRIMARY KEY ("x", "y")); CREATE TABLE b ("id" INT, "x" INT, "y" INT, CONSTRAINT f FOREIGN KEY ("x", "y") REFERENCES a ON DELETE SET NULL ("y"));
-- change
ALTER TABLE b DROP CONSTRAINT f;

-- case: publication of columns, rows and schemas, since 15
CREATE SCHEMA s; CREATE PUBLICATION pub FOR TABLE "User" WHERE ("id" > 3), TABLES IN SCHEMA s; CREATE PUBLICATION gone FOR TABLE "Post" ("id"), "User" WHERE ("id" > 1);
-- change
ALTER PUBLICATION pub SET TABLE "User", "Post" WHERE ("id" > 0); DROP PUBLICATION gone;

-- case: unlogged sequence, since 15
CREATE UNLOGGED SEQUENCE q; CREATE SEQUENCE r;
-- change
DROP SEQUENCE q; ALTER SEQUENCE r SET UNLOGGED;

-- case: multirange with a name of its own, since 14
CREATE TYPE r AS RANGE (SUBTYPE = INT4, MULTIRANGE_TYPE_NAME = many); ALTER TABLE "User" ADD COLUMN "m" many;
-- change
ALTER TABLE "User" DROP COLUMN "m"; DROP TYPE r;

-- case: statistics on expressions, since 14
CREATE STATISTICS st (mcv) ON lower("title"), "id" FROM "Post"; CREATE STATISTICS one ON (lower("title")) FROM "Post";
-- change
DROP STATISTICS st; ALTER TABLE "Post" ALTER COLUMN "title" TYPE VARCHAR(100);

-- case: compression of a column, since 14
ALTER TABLE "User" ALTER COLUMN "name" SET COMPRESSION pglz;
-- change
ALTER TABLE "User" ALTER COLUMN "name" SET COMPRESSION default, ALTER COLUMN "email" SET COMPRESSION pglz;

-- case: function with a body that is parsed, since 14
CREATE FUNCTION f(a INT) RETURNS TEXT BEGIN ATOMIC SELECT "email" FROM "User" WHERE "id" = a; END;
-- change
ALTER TABLE "User" DROP COLUMN "email" CASCADE;

-- case: collation with rules of its own, since 17
CREATE COLLATION mine (provider = builtin, locale = 'C.UTF-8'); ALTER TABLE "User" ADD COLUMN "c" TEXT COLLATE mine;
-- change
ALTER TABLE "User" DROP COLUMN "c"; DROP COLLATION mine;

-- case: expression of a generated column changed, since 17
ALTER TABLE "User" ADD COLUMN "low" TEXT GENERATED ALWAYS AS (lower("email")) STORED; CREATE INDEX i ON "User" ("low"); COMMENT ON COLUMN "User"."low" IS 'low';
-- change
ALTER TABLE "User" ALTER COLUMN "low" SET EXPRESSION AS (upper("email"));

-- case: identity of a partitioned table, since 17
CREATE TABLE "Event" ("id" INT GENERATED ALWAYS AS IDENTITY, "x" INT) PARTITION BY RANGE ("x"); CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
-- change
DROP TABLE "Event";

-- case: identity added to a partitioned table, since 17
CREATE TABLE "Event" ("id" INT NOT NULL, "x" INT) PARTITION BY RANGE ("x"); CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
-- change
ALTER TABLE "Event" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY;

-- case: maintain, since 17
GRANT MAINTAIN ON "User" TO pg_monitor; REVOKE MAINTAIN ON "Post" FROM CURRENT_USER;
-- change
REVOKE MAINTAIN ON "User" FROM pg_monitor; DROP TABLE "Post";

-- case: named not null dropped, since 18
CREATE TABLE t ("id" INT CONSTRAINT must NOT NULL, "x" INT CONSTRAINT alone NOT NULL NO INHERIT, "y" INT NOT NULL);
-- change
DROP TABLE t;

-- case: named not null renamed, dropped, proven, since 18
CREATE TABLE t ("id" INT CONSTRAINT must NOT NULL, "x" INT CONSTRAINT shall NOT NULL, "y" INT, "z" INT NOT NULL); ALTER TABLE t ADD CONSTRAINT later NOT NULL "y" NOT VALID;
-- change
ALTER TABLE t RENAME CONSTRAINT must TO has_to; ALTER TABLE t DROP CONSTRAINT shall; ALTER TABLE t VALIDATE CONSTRAINT later; ALTER TABLE t RENAME CONSTRAINT t_z_not_null TO zz; ALTER TABLE t RENAME COLUMN "z" TO "w";

-- case: not null of heirs, since 18
CREATE TABLE a ("id" INT CONSTRAINT must NOT NULL); CREATE TABLE k ("x" INT) INHERITS (a);
-- change
ALTER TABLE a RENAME CONSTRAINT must TO has_to;
ALTER TABLE a ALTER COLUMN "id" DROP NOT NULL;

-- case: not null inherited or not, since 18
CREATE TABLE a ("id" INT CONSTRAINT must NOT NULL NO INHERIT, "x" INT CONSTRAINT all_of NOT NULL); CREATE TABLE k ("y" INT) INHERITS (a);
-- change
ALTER TABLE a ALTER CONSTRAINT must INHERIT;

-- case: virtual generated column, since 18
ALTER TABLE "User" ADD COLUMN "low" TEXT GENERATED ALWAYS AS (lower("email")) VIRTUAL; ALTER TABLE "User" ADD COLUMN "up" TEXT GENERATED ALWAYS AS (upper("email")) VIRTUAL;
-- change
ALTER TABLE "User" DROP COLUMN "low"; ALTER TABLE "User" ALTER COLUMN "up" SET EXPRESSION AS (lower("email"));

-- case: not enforced, since 18
ALTER TABLE "Post" ADD CONSTRAINT c CHECK ("id" > 1000) NOT ENFORCED; ALTER TABLE "Post" ALTER CONSTRAINT "Post_authorId_fkey" NOT ENFORCED;
-- change
ALTER TABLE "Post" DROP CONSTRAINT c; ALTER TABLE "Post" ALTER CONSTRAINT "Post_authorId_fkey" ENFORCED;

-- case: enforced no more, and deferrable, since 18
-- change
ALTER TABLE "Post" ALTER CONSTRAINT "Post_authorId_fkey" DEFERRABLE INITIALLY DEFERRED NOT ENFORCED;

-- case: without overlaps, since 18
CREATE TABLE t ("id" INT4RANGE, "at" DATERANGE, CONSTRAINT p PRIMARY KEY ("id", "at" WITHOUT OVERLAPS)); CREATE TABLE u ("id" INT4RANGE, "at" DATERANGE, CONSTRAINT f FOREIGN KEY ("id", PERIOD "at") REFERENCES t ("id", PERIOD "at"));
-- change
DROP TABLE u; ALTER TABLE t DROP CONSTRAINT p;

-- case: publication of generated columns, since 18
CREATE PUBLICATION pub FOR TABLE "User" WITH (publish_generated_columns = stored); CREATE PUBLICATION pub2 FOR TABLE "User";
-- change
DROP PUBLICATION pub; ALTER PUBLICATION pub2 SET (publish_generated_columns = stored);

-- Enums, domains, composite types and ranges, and whatever is made of them.

-- case: enum created
-- change
CREATE TYPE "Status" AS ENUM ('DRAFT', 'DONE');

-- case: enum created and used
-- change
CREATE TYPE "Status" AS ENUM ('DRAFT', 'DONE');
ALTER TABLE "Post" ADD COLUMN "status" "Status" NOT NULL DEFAULT 'DRAFT', ADD COLUMN "all" "Status"[];

-- case: enum dropped with its column
-- change
ALTER TABLE "User" DROP COLUMN "role";
DROP TYPE "Role";

-- case: enum dropped with cascade
CREATE FUNCTION f(r "Role") RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT "role" FROM "User";
-- change
DROP TYPE "Role" CASCADE;

-- case: value added
-- change
ALTER TYPE "Role" ADD VALUE 'EDITOR';

-- case: value added before
-- change
ALTER TYPE "Role" ADD VALUE 'EDITOR' BEFORE 'ADMIN';

-- case: value added under everything
ALTER TABLE "User" ADD COLUMN "roles" "Role"[] DEFAULT ARRAY['USER', 'ADMIN']::"Role"[];
UPDATE "User" SET "roles" = ARRAY[NULL, 'ADMIN']::"Role"[] WHERE "id" = 2;
CREATE DOMAIN "Admin" AS "Role" CHECK (VALUE <> 'USER');
ALTER TABLE "Post" ADD COLUMN "admin" "Admin" DEFAULT 'ADMIN';
CREATE TYPE "Grant" AS ("role" "Role", "n" INT);
ALTER TABLE "Post" ADD COLUMN "grant" "Grant";
UPDATE "Post" SET "grant" = ROW('ADMIN', 3);
CREATE INDEX "admins" ON "User"("email") WHERE "role" = 'ADMIN';
CREATE INDEX "by_role" ON "User"("role");
ALTER TABLE "User" ADD CONSTRAINT "no_admin" CHECK ("role" <> 'ADMIN' OR "id" > 0);
CREATE VIEW v AS SELECT "id", "role" FROM "User" WHERE "role" = 'ADMIN';
CREATE VIEW v2 AS SELECT * FROM v;
CREATE MATERIALIZED VIEW m AS SELECT "role", count(*) FROM v2 GROUP BY "role";
CREATE UNIQUE INDEX ON m ("role");
CREATE FUNCTION is_admin(r "Role" DEFAULT 'USER') RETURNS boolean LANGUAGE sql AS $$ SELECT r = 'ADMIN' $$;
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON "User" USING ("role" = 'ADMIN');
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE UPDATE ON "User" FOR EACH ROW WHEN (NEW."role" = 'ADMIN') EXECUTE FUNCTION tf();
COMMENT ON TYPE "Role" IS 'who one is';
GRANT USAGE ON TYPE "Role" TO PUBLIC;
-- change
ALTER TYPE "Role" ADD VALUE 'EDITOR';

-- case: value renamed
CREATE VIEW v AS SELECT "id" FROM "User" WHERE "role" = 'ADMIN';
-- change
ALTER TYPE "Role" RENAME VALUE 'ADMIN' TO 'ROOT';

-- case: values swapped
-- change
ALTER TYPE "Role" RENAME VALUE 'ADMIN' TO 'X';
ALTER TYPE "Role" RENAME VALUE 'USER' TO 'ADMIN';
ALTER TYPE "Role" RENAME VALUE 'X' TO 'USER';

-- case: enum recreated by prisma, value removed
UPDATE "User" SET "role" = 'ADMIN' WHERE "id" = 1;
-- change
BEGIN;
CREATE TYPE "Role_new" AS ENUM ('USER', 'EDITOR');
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING (CASE "role"::text WHEN 'ADMIN' THEN 'EDITOR' ELSE 'USER' END::"Role_new");
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';
COMMIT;

-- case: enum array recreated
ALTER TABLE "User" ADD COLUMN "roles" "Role"[] DEFAULT ARRAY['USER']::"Role"[];
-- change
CREATE TYPE "Role_new" AS ENUM ('USER', 'EDITOR', 'ADMIN');
ALTER TABLE "User" ALTER COLUMN "roles" DROP DEFAULT, ALTER COLUMN "role" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "roles" TYPE "Role_new"[] USING ("roles"::text::"Role_new"[]);
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER', ALTER COLUMN "roles" SET DEFAULT ARRAY['USER']::"Role"[];

-- case: enum recreated under a view, an index, a check and a policy
CREATE VIEW v AS SELECT "role" FROM "User";
CREATE INDEX i ON "User"("id") WHERE "role" = 'ADMIN';
ALTER TABLE "User" ADD CONSTRAINT c CHECK ("role" <> 'ADMIN' OR "id" > 0);
CREATE POLICY p ON "User" USING ("role" = 'ADMIN');
-- change
DROP VIEW v;
DROP POLICY p ON "User";
DROP INDEX i;
ALTER TABLE "User" DROP CONSTRAINT c;
CREATE TYPE "Role_new" AS ENUM ('USER');
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT, ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
DROP TYPE "Role";
ALTER TYPE "Role_new" RENAME TO "Role";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';
CREATE VIEW v AS SELECT "role" FROM "User";
CREATE POLICY p ON "User" USING ("role" = 'USER');
CREATE INDEX i ON "User"("id") WHERE "role" = 'USER';

-- case: enum to text, type dropped
-- change
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "role" TYPE TEXT;
DROP TYPE "Role";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';

-- case: text to enum
-- change
CREATE TYPE "Name" AS ENUM ('name 1', 'name 2', 'name 3', 'name 4', 'name 5');
ALTER TABLE "User" ALTER COLUMN "name" TYPE "Name" USING "name"::text::"Name";

-- case: enum renamed
-- change
ALTER TYPE "Role" RENAME TO "UserRole";

-- case: enum moved
CREATE SCHEMA "auth";
-- change
ALTER TYPE "Role" SET SCHEMA "auth";
ALTER TYPE "auth"."Role" RENAME TO "R";

-- case: enums swap names
CREATE TYPE "Other" AS ENUM ('x');
-- change
ALTER TYPE "Role" RENAME TO "Tmp";
ALTER TYPE "Other" RENAME TO "Role";
ALTER TYPE "Tmp" RENAME TO "Other";

-- case: enum in primary key and foreign key, value added
CREATE TABLE "Kind" ("role" "Role" NOT NULL PRIMARY KEY, "id" INT);
CREATE TABLE "Thing" ("id" SERIAL PRIMARY KEY, "role" "Role" NOT NULL REFERENCES "Kind"("role"));
INSERT INTO "Kind" VALUES ('USER', 1);
INSERT INTO "Thing"("role") VALUES ('USER');
-- change
ALTER TYPE "Role" ADD VALUE 'EDITOR';

-- case: domain created
-- change
CREATE DOMAIN "Email" AS TEXT CHECK (VALUE ~ '@');
ALTER TABLE "User" ALTER COLUMN "email" TYPE "Email";

-- case: domain dropped with cascade
CREATE DOMAIN "Email" AS VARCHAR(50) COLLATE "C" DEFAULT 'x@y' NOT NULL CONSTRAINT "at" CHECK (VALUE ~ '@');
COMMENT ON DOMAIN "Email" IS 'mail';
COMMENT ON CONSTRAINT "at" ON DOMAIN "Email" IS 'must have one';
ALTER TABLE "User" ADD COLUMN "mail" "Email";
-- change
DROP DOMAIN "Email" CASCADE;

-- case: domain altered
CREATE DOMAIN "Email" AS TEXT DEFAULT 'x@y' CONSTRAINT "at" CHECK (VALUE ~ '@');
ALTER TABLE "User" ADD COLUMN "mail" "Email";
-- change
ALTER DOMAIN "Email" DROP CONSTRAINT "at";
ALTER DOMAIN "Email" ADD CONSTRAINT "long" CHECK (length(VALUE) > 1);
ALTER DOMAIN "Email" SET DEFAULT 'a@b';
ALTER DOMAIN "Email" SET NOT NULL;

-- case: domain constraint renamed and validated
CREATE DOMAIN "Email" AS TEXT;
ALTER DOMAIN "Email" ADD CONSTRAINT "at" CHECK (VALUE ~ '@') NOT VALID;
-- change
ALTER DOMAIN "Email" VALIDATE CONSTRAINT "at";
ALTER DOMAIN "Email" RENAME CONSTRAINT "at" TO "has_at";

-- case: domain off a column
CREATE DOMAIN "Email" AS TEXT CHECK (VALUE ~ '@');
ALTER TABLE "User" ALTER COLUMN "email" TYPE "Email";
-- change
ALTER TABLE "User" ALTER COLUMN "email" TYPE TEXT;
DROP DOMAIN "Email";

-- case: composite created
-- change
CREATE TYPE "Point" AS ("x" INT, "y" TEXT COLLATE "C");
ALTER TABLE "User" ADD COLUMN "at" "Point", ADD COLUMN "been" "Point"[];

-- case: composite dropped
CREATE TYPE "Point" AS ("x" INT, "y" TEXT COLLATE "C");
COMMENT ON TYPE "Point" IS 'where';
ALTER TABLE "User" ADD COLUMN "at" "Point";
-- change
DROP TYPE "Point" CASCADE;

-- case: composite grows and renames
CREATE TYPE "Point" AS ("x" INT, "y" TEXT);
-- change
ALTER TYPE "Point" ADD ATTRIBUTE "z" INT;
ALTER TYPE "Point" RENAME ATTRIBUTE "x" TO "a";
ALTER TYPE "Point" ALTER ATTRIBUTE "y" TYPE VARCHAR(7);

-- case: composite that no column holds loses an attribute
CREATE TYPE "Point" AS ("x" INT, "y" TEXT); CREATE FUNCTION f(p "Point") RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$;
-- change
ALTER TYPE "Point" DROP ATTRIBUTE "x";

-- case: range
-- change
CREATE TYPE "Span" AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);

-- case: range dropped
CREATE TYPE "Span" AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
ALTER TABLE "User" ADD COLUMN "span" "Span";
-- change
ALTER TABLE "User" DROP COLUMN "span";
DROP TYPE "Span";

-- case: enum and sequence of one name, both renamed
CREATE SEQUENCE "one";
ALTER TYPE "Role" RENAME TO "two";
ALTER SEQUENCE "one" RENAME TO "two";
-- change
ALTER SEQUENCE "two" RENAME TO "three";
ALTER TYPE "two" RENAME TO "three";

-- Constraints, indexes, triggers, policies, rules and statistics.

-- case: unique index
-- change
CREATE UNIQUE INDEX "Post_title_key" ON "Post"("title");

-- case: unique constraint
-- change
ALTER TABLE "Post" ADD CONSTRAINT "u" UNIQUE ("title") DEFERRABLE INITIALLY DEFERRED;

-- case: unique index dropped
CREATE UNIQUE INDEX "x" ON "Post" USING btree (lower("title") DESC NULLS LAST, "id" int4_ops) INCLUDE ("authorId") WITH (fillfactor = 60) WHERE "id" > 0;
COMMENT ON INDEX "x" IS 'c';
ALTER TABLE "Post" CLUSTER ON "Post_authorId_idx";
-- change
DROP INDEX "x";
DROP INDEX "Post_authorId_idx";

-- case: index with other methods
CREATE INDEX "h" ON "Post" USING hash ("title");
ALTER TABLE "Post" ADD "tags" TEXT[];
CREATE INDEX "g" ON "Post" USING gin ("tags");
CREATE INDEX "b" ON "Post" USING brin ("id") WITH (pages_per_range = 16);
CREATE INDEX "c" ON "Post" ("title" COLLATE "C" text_pattern_ops);
-- change
DROP INDEX "h", "g", "b", "c";

-- case: index renamed
-- change
ALTER INDEX "User_email_key" RENAME TO "User_mail_key";

-- case: indexes swap names
CREATE INDEX "a" ON "Post"("title");
-- change
ALTER INDEX "a" RENAME TO "tmp";
ALTER INDEX "Post_authorId_idx" RENAME TO "a";
ALTER INDEX "tmp" RENAME TO "Post_authorId_idx";

-- case: index options
-- change
ALTER INDEX "Post_authorId_idx" SET (fillfactor = 50);

-- case: index replaced under its name
-- change
DROP INDEX "Post_authorId_idx";
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId", "title");

-- case: cluster
-- change
ALTER TABLE "Post" CLUSTER ON "Post_authorId_idx";

-- case: unique constraint dropped
ALTER TABLE "Post" ADD CONSTRAINT "u" UNIQUE ("title", "id") INCLUDE ("authorId") WITH (fillfactor = 70) DEFERRABLE;
COMMENT ON CONSTRAINT "u" ON "Post" IS 'cc';
-- change
ALTER TABLE "Post" DROP CONSTRAINT "u";

-- case: unique constraint from an index
CREATE UNIQUE INDEX "u" ON "Post"("title");
-- change
ALTER TABLE "Post" ADD CONSTRAINT "u" UNIQUE USING INDEX "u";

-- case: foreign key dropped
-- change
ALTER TABLE "Post" DROP CONSTRAINT "Post_authorId_fkey";

-- case: foreign key replaced as prisma does it
-- change
ALTER TABLE "Post" DROP CONSTRAINT "Post_authorId_fkey";
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- case: foreign key made deferrable
-- change
ALTER TABLE "Post" ALTER CONSTRAINT "Post_authorId_fkey" DEFERRABLE INITIALLY DEFERRED;

-- case: foreign key not valid, then validated
ALTER TABLE "Post" DROP CONSTRAINT "Post_authorId_fkey";
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") NOT VALID;
-- change
ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_authorId_fkey";

-- case: constraint renamed
-- change
ALTER TABLE "Post" RENAME CONSTRAINT "Post_authorId_fkey" TO "fk";
ALTER TABLE "Post" RENAME CONSTRAINT "Post_pkey" TO "pk";

-- case: check
-- change
ALTER TABLE "Post" ADD CONSTRAINT "c" CHECK ("title" <> '');

-- case: check dropped, one of them not valid
ALTER TABLE "Post" ADD CONSTRAINT "c" CHECK ("title" <> '' AND "id" > 0);
ALTER TABLE "Post" ADD CONSTRAINT "n" CHECK ("id" > 1000) NOT VALID;
COMMENT ON CONSTRAINT "c" ON "Post" IS 'check';
-- change
ALTER TABLE "Post" DROP CONSTRAINT "c", DROP CONSTRAINT "n";

-- case: check with a function of one's own
CREATE FUNCTION ok(t TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS $$ SELECT t <> '' $$;
ALTER TABLE "Post" ADD CONSTRAINT "c" CHECK (ok("title"));
CREATE INDEX "oks" ON "Post"("id") WHERE ok("title");
-- change
DROP FUNCTION ok CASCADE;

-- case: exclude
ALTER TABLE "Post" ADD "r" INT4RANGE;
ALTER TABLE "Post" ADD CONSTRAINT "e" EXCLUDE USING gist ("r" WITH &&) WHERE ("id" > 0);
-- change
ALTER TABLE "Post" DROP CONSTRAINT "e";

-- case: exclude added
ALTER TABLE "Post" ADD "r" INT4RANGE;
-- change
ALTER TABLE "Post" ADD CONSTRAINT "e" EXCLUDE USING gist ("r" WITH &&);

-- case: primary key changed as prisma does it
-- change
ALTER TABLE "Post" DROP CONSTRAINT "Post_pkey",
ADD CONSTRAINT "Post_pkey" PRIMARY KEY ("id", "authorId");

-- case: trigger and function
-- change
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE INSERT OR UPDATE ON "Post" FOR EACH ROW EXECUTE FUNCTION tf('a', 'b');

-- case: trigger function dropped with cascade
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE INSERT OR UPDATE ON "Post" FOR EACH ROW EXECUTE FUNCTION tf('a', 'b');
-- change
DROP FUNCTION tf CASCADE;

-- case: trigger replaced, disabled, renamed
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION tf();
CREATE TRIGGER tr2 BEFORE INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION tf();
CREATE TRIGGER tr3 BEFORE INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION tf();
-- change
DROP TRIGGER tr ON "Post";
CREATE TRIGGER tr AFTER INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION tf();
ALTER TABLE "Post" DISABLE TRIGGER tr2;
ALTER TRIGGER tr3 ON "Post" RENAME TO tr4;

-- case: policy
-- change
ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON "Post" AS RESTRICTIVE FOR INSERT TO pg_monitor, PUBLIC WITH CHECK ("id" > 3);

-- case: policy dropped
CREATE POLICY p ON "Post" AS RESTRICTIVE FOR INSERT TO pg_monitor WITH CHECK ("id" > 3);
-- change
DROP POLICY p ON "Post";

-- case: rule
-- change
CREATE RULE ru AS ON UPDATE TO "Post" WHERE NEW."id" < 0 DO ALSO DELETE FROM "User" WHERE "id" = NEW."id";

-- case: rule replaced and disabled
CREATE RULE ru AS ON UPDATE TO "Post" WHERE NEW."id" < 0 DO INSTEAD NOTHING;
CREATE RULE ru2 AS ON UPDATE TO "Post" WHERE NEW."id" < 0 DO INSTEAD NOTHING;
-- change
CREATE OR REPLACE RULE ru AS ON UPDATE TO "Post" WHERE NEW."id" < 7 DO INSTEAD NOTHING;
ALTER TABLE "Post" DISABLE RULE ru2;
ALTER RULE ru2 ON "Post" RENAME TO ru3;

-- case: statistics
CREATE STATISTICS st ON "id", "title" FROM "Post";
-- change
ALTER TABLE "Post" DROP COLUMN "title";
CREATE STATISTICS st2 (ndistinct) ON "id", "authorId" FROM "Post";

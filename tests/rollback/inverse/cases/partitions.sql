-- Partitions and inheritance.

-- case: partitioned tree dropped
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, "kind" TEXT NOT NULL DEFAULT 'x', "userId" INT REFERENCES "User"("id"), PRIMARY KEY ("id", "at", "kind")) PARTITION BY RANGE ("at");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST ("kind");
CREATE TABLE "Event_1_x" PARTITION OF "Event_1" FOR VALUES IN ('x', 'y');
CREATE TABLE "Event_d" PARTITION OF "Event" DEFAULT;
CREATE INDEX "by_user" ON "Event" ("userId") WHERE "userId" > 0;
CREATE INDEX "only_x" ON "Event_1_x" ("userId");
ALTER TABLE "Event_1_x" ADD CONSTRAINT "c" CHECK ("id" > 0);
ALTER TABLE "Event_d" ALTER COLUMN "kind" SET DEFAULT 'd';
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr AFTER INSERT ON "Event" FOR EACH ROW EXECUTE FUNCTION tf();
ALTER TABLE "Event_d" DISABLE TRIGGER tr;
INSERT INTO "Event" VALUES (1, '2024-05-05', 'x', 1), (2, '2020-05-05', 'q', 1);
-- change
DROP TABLE "Event";

-- case: partition dropped from a tree with everything
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, "kind" TEXT NOT NULL DEFAULT 'x', "userId" INT REFERENCES "User"("id"), PRIMARY KEY ("id", "at", "kind")) PARTITION BY RANGE ("at");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST ("kind");
CREATE TABLE "Event_1_x" PARTITION OF "Event_1" FOR VALUES IN ('x', 'y');
CREATE INDEX "by_user" ON "Event" ("userId") WHERE "userId" > 0;
ALTER TABLE "Event" ADD CONSTRAINT "c" CHECK ("id" > 0);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr AFTER INSERT ON "Event" FOR EACH ROW EXECUTE FUNCTION tf();
COMMENT ON TABLE "Event_1_x" IS 'x'; COMMENT ON INDEX "Event_1_x_userId_idx" IS 'x'; GRANT SELECT ON "Event_1" TO PUBLIC;
INSERT INTO "Event" VALUES (1, '2024-05-05', 'x', 1);
-- change
DROP TABLE "Event_1";

-- case: partition trigger disabled
CREATE TABLE "Event" ("id" INT NOT NULL) PARTITION BY LIST ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES IN (1);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr AFTER INSERT ON "Event" FOR EACH ROW EXECUTE FUNCTION tf();
-- change
ALTER TABLE "Event_1" DISABLE TRIGGER tr;

-- case: sub-partitioned partition detached
CREATE TABLE "Event" ("id" INT NOT NULL, "k" INT NOT NULL, PRIMARY KEY ("id", "k")) PARTITION BY LIST ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES IN (1) PARTITION BY HASH ("k");
CREATE TABLE "Event_1_0" PARTITION OF "Event_1" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE INDEX i ON "Event" ("k");
INSERT INTO "Event" VALUES (1, 1);
-- change
ALTER TABLE "Event" DETACH PARTITION "Event_1";

-- case: partition given other bounds
CREATE TABLE "Event" ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
INSERT INTO "Event" VALUES (1);
-- change
ALTER TABLE "Event" DETACH PARTITION "Event_1";
ALTER TABLE "Event" ATTACH PARTITION "Event_1" FOR VALUES FROM (0) TO (100);

-- case: partition given other bounds in one block
CREATE TABLE "Event" ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
INSERT INTO "Event" VALUES (1);
-- change
DO $$ BEGIN
  ALTER TABLE "Event" DETACH PARTITION "Event_1";
  ALTER TABLE "Event" ATTACH PARTITION "Event_1" FOR VALUES FROM (0) TO (100);
END $$;

-- case: partition moved to another parent
CREATE TABLE a ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE b ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE p PARTITION OF a FOR VALUES FROM (0) TO (10);
INSERT INTO a VALUES (1);
-- change
ALTER TABLE a DETACH PARTITION p;
ALTER TABLE b ATTACH PARTITION p FOR VALUES FROM (0) TO (10);

-- case: foreign key to a partitioned table
CREATE TABLE "Event" ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
CREATE TABLE "Note" ("id" INT PRIMARY KEY, "e" INT REFERENCES "Event"("id"));
INSERT INTO "Event" VALUES (1); INSERT INTO "Note" VALUES (1, 1);
-- change
DROP TABLE "Event" CASCADE;

-- case: foreign key between partitioned tables added
CREATE TABLE "Event" ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
CREATE TABLE "Note" ("id" INT, "e" INT) PARTITION BY LIST ("e");
CREATE TABLE "Note_1" PARTITION OF "Note" FOR VALUES IN (1);
-- change
ALTER TABLE "Note" ADD FOREIGN KEY ("e") REFERENCES "Event"("id") ON DELETE CASCADE;

-- case: index attached by hand
CREATE TABLE "Event" ("id" INT NOT NULL, "x" INT) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
CREATE INDEX ix ON ONLY "Event" ("x");
CREATE INDEX ix1 ON "Event_1" ("x");
-- change
ALTER INDEX ix ATTACH PARTITION ix1;

-- case: index on the parent alone
CREATE TABLE "Event" ("id" INT NOT NULL, "x" INT) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
CREATE INDEX ix ON ONLY "Event" ("x");
-- change
DROP INDEX ix;

-- case: partitioned index dropped
CREATE TABLE "Event" ("id" INT NOT NULL, "x" INT, "y" INT) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10) PARTITION BY RANGE ("x");
CREATE TABLE "Event_1_1" PARTITION OF "Event_1" FOR VALUES FROM (0) TO (10);
CREATE INDEX ix ON "Event" ("y") INCLUDE ("x") WITH (fillfactor = 50);
ALTER INDEX "Event_1_1_y_x_idx" RENAME TO mine; COMMENT ON INDEX mine IS 'x';
ALTER TABLE "Event" ADD UNIQUE ("id", "x");
-- change
DROP INDEX ix;
ALTER TABLE "Event" DROP CONSTRAINT "Event_id_x_key";

-- case: partition swapped for another
CREATE TABLE "Event" ("id" INT NOT NULL PRIMARY KEY) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
INSERT INTO "Event" VALUES (1);
-- change
ALTER TABLE "Event" DETACH PARTITION "Event_1";
ALTER TABLE "Event_1" RENAME TO "Event_old";
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (10);
DROP TABLE "Event_old";

-- case: table made partitioned as people do it
-- change
ALTER TABLE "Post" RENAME TO "Post_old";
CREATE TABLE "Post" (LIKE "Post_old" INCLUDING DEFAULTS) PARTITION BY RANGE ("id");
CREATE TABLE "Post_1" PARTITION OF "Post" FOR VALUES FROM (0) TO (1000);
INSERT INTO "Post" SELECT * FROM "Post_old";
DROP TABLE "Post_old" CASCADE;

-- case: partition key by expression and opclass
CREATE TABLE "Event" ("id" INT NOT NULL, "t" TEXT COLLATE "C") PARTITION BY RANGE (lower("t") COLLATE "C" text_pattern_ops, "id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (MINVALUE, MINVALUE) TO ('m', 5);
-- change
DROP TABLE "Event";

-- case: several parents dropped
CREATE TABLE a ("id" INT, "x" TEXT NOT NULL DEFAULT 'a'); CREATE TABLE b ("id" INT, "y" INT CHECK ("y" > 0)); CREATE TABLE k ("z" INT, "x" TEXT) INHERITS (a, b);
ALTER TABLE k ALTER COLUMN "x" SET DEFAULT 'k'; INSERT INTO k ("id", "x", "y", "z") VALUES (1, 'q', 3, 4);
-- change
DROP TABLE a, b, k;

-- case: parent dropped with cascade
CREATE TABLE a ("id" INT, "x" TEXT NOT NULL DEFAULT 'a'); CREATE TABLE k ("z" INT) INHERITS (a);
-- change
DROP TABLE a CASCADE;

-- case: inherited column dropped at the parent
CREATE TABLE a ("id" INT, "x" TEXT NOT NULL DEFAULT 'a', "w" INT CHECK ("w" > 0)); CREATE TABLE k ("z" INT) INHERITS (a); CREATE INDEX ki ON k ("x");
COMMENT ON COLUMN k."x" IS 'of k'; GRANT SELECT ("x") ON k TO PUBLIC; ALTER TABLE k ALTER COLUMN "x" SET STATISTICS 7, ALTER COLUMN "x" SET DEFAULT 'k';
-- change
ALTER TABLE a DROP COLUMN "x", DROP COLUMN "w";

-- case: inherited column retyped
CREATE TABLE a ("id" INT, "x" TEXT NOT NULL DEFAULT 'a'); CREATE TABLE k ("z" INT) INHERITS (a); CREATE INDEX ki ON k (lower("x")); CREATE VIEW v AS SELECT "x" FROM a;
-- change
DROP VIEW v;
ALTER TABLE a ALTER COLUMN "x" TYPE VARCHAR(30);

-- case: constraint inherited and not
CREATE TABLE a ("id" INT, "x" INT); CREATE TABLE k ("z" INT) INHERITS (a);
ALTER TABLE a ADD CONSTRAINT here CHECK ("x" > 0) NO INHERIT; ALTER TABLE a ADD CONSTRAINT all_of CHECK ("x" > 1);
-- change
ALTER TABLE a DROP CONSTRAINT here, DROP CONSTRAINT all_of;
ALTER TABLE a ADD CONSTRAINT new CHECK ("x" > 2);
ALTER TABLE a ADD CONSTRAINT new_here CHECK ("x" > 3) NO INHERIT;

-- case: inherits no more, its columns its own
CREATE TABLE a ("id" INT, "x" INT); CREATE TABLE k ("id" INT, "x" INT, "z" INT);
ALTER TABLE k INHERIT a;
-- change
ALTER TABLE k NO INHERIT a;

-- case: constraint merged with an inherited one
CREATE TABLE a ("id" INT, "x" INT, CONSTRAINT c CHECK ("x" > 0)); CREATE TABLE k (CONSTRAINT c CHECK ("x" > 0)) INHERITS (a);
-- change
ALTER TABLE a DROP CONSTRAINT c;

-- case: column of one's own merged with an inherited one
CREATE TABLE a ("id" INT, "x" INT); CREATE TABLE k ("x" INT) INHERITS (a);
-- change
ALTER TABLE a DROP COLUMN "x";

-- case: inherited defaults and not null differ
CREATE TABLE a ("id" INT, "x" INT DEFAULT 1); CREATE TABLE k () INHERITS (a);
ALTER TABLE k ALTER COLUMN "x" DROP DEFAULT, ALTER COLUMN "id" SET NOT NULL;
-- change
DROP TABLE k;
ALTER TABLE a ALTER COLUMN "x" SET DEFAULT 2;

-- case: enum of heirs and foreign tables gets a label
CREATE TABLE a ("id" INT, "r" "Role" NOT NULL DEFAULT 'USER'); CREATE TABLE k ("x" INT) INHERITS (a); INSERT INTO k VALUES (1, 'ADMIN', 2); CREATE TABLE n () INHERITS (a); ALTER TABLE n ALTER COLUMN "r" DROP DEFAULT;
CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft ("r" "Role" NOT NULL DEFAULT 'USER', "x" TEXT) SERVER far;
CREATE TABLE p ("id" INT, "r" "Role" NOT NULL) PARTITION BY RANGE ("id"); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); INSERT INTO p VALUES (1, 'USER');
-- change
ALTER TYPE "Role" ADD VALUE 'EDITOR'; ALTER FOREIGN TABLE ft ALTER COLUMN "x" TYPE INT;

-- case: server dropped with its foreign tables
CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft ("id" INT) SERVER far; CREATE USER MAPPING FOR PUBLIC SERVER far;
-- change
DROP SERVER far CASCADE;

-- case: an index's comment that a new type hands down
CREATE TABLE "Event" ("id" INT NOT NULL, "kind" TEXT) PARTITION BY RANGE ("id");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM (0) TO (9);
CREATE INDEX "by_kind" ON "Event" ("kind");
COMMENT ON INDEX "by_kind" IS 'said';
-- change
ALTER TABLE "Event" ALTER "kind" TYPE VARCHAR(9);

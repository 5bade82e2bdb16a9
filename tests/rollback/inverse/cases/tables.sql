-- Tables, sequences and schemas.

-- case: created
-- change
CREATE TABLE "Tag" ("id" SERIAL NOT NULL, "name" TEXT NOT NULL, CONSTRAINT "Tag_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "Tag_name_key" ON "Tag"("name");

-- case: created with foreign keys both ways
-- change
CREATE TABLE "Tag" ("id" SERIAL NOT NULL PRIMARY KEY, "userId" INT NOT NULL REFERENCES "User"("id"));
ALTER TABLE "User" ADD COLUMN "tagId" INT REFERENCES "Tag"("id");

-- case: two that point at each other
-- change
CREATE TABLE "A" ("id" INT PRIMARY KEY, "b" INT);
CREATE TABLE "B" ("id" INT PRIMARY KEY, "a" INT REFERENCES "A"("id"));
ALTER TABLE "A" ADD FOREIGN KEY ("b") REFERENCES "B"("id");

-- case: join table of prisma
-- change
CREATE TABLE "_PostToUser" ("A" INTEGER NOT NULL, "B" INTEGER NOT NULL, CONSTRAINT "_PostToUser_AB_pkey" PRIMARY KEY ("A","B"));
CREATE INDEX "_PostToUser_B_index" ON "_PostToUser"("B");
ALTER TABLE "_PostToUser" ADD CONSTRAINT "_PostToUser_A_fkey" FOREIGN KEY ("A") REFERENCES "Post"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_PostToUser" ADD CONSTRAINT "_PostToUser_B_fkey" FOREIGN KEY ("B") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- case: dropped
-- change
DROP TABLE "Post";

-- case: dropped with cascade and everything on it
ALTER TABLE "Post" ADD COLUMN "low" TEXT GENERATED ALWAYS AS (lower("title")) STORED, ADD COLUMN "n" BIGINT GENERATED ALWAYS AS IDENTITY;
ALTER TABLE "Post" SET (fillfactor = 70, autovacuum_enabled = false), ALTER COLUMN "title" SET STATISTICS 7;
ALTER TABLE "Post" SET (toast.autovacuum_enabled = false);
ALTER TABLE "Post" REPLICA IDENTITY FULL;
ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Post" FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON "Post" AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ("id" > 0) WITH CHECK ("id" > 1);
COMMENT ON TABLE "Post" IS 'posts'; COMMENT ON COLUMN "Post"."title" IS 'title';
COMMENT ON CONSTRAINT "Post_pkey" ON "Post" IS 'key'; COMMENT ON INDEX "Post_authorId_idx" IS 'idx'; COMMENT ON POLICY own ON "Post" IS 'pol';
COMMENT ON SEQUENCE "Post_id_seq" IS 'seq'; COMMENT ON INDEX "Post_pkey" IS 'its index';
GRANT SELECT, INSERT ON "Post" TO PUBLIC; GRANT USAGE ON SEQUENCE "Post_id_seq" TO PUBLIC;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr AFTER INSERT ON "Post" REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tf();
CREATE CONSTRAINT TRIGGER ctr AFTER INSERT ON "Post" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tf();
ALTER TABLE "Post" DISABLE TRIGGER tr; COMMENT ON TRIGGER tr ON "Post" IS 'trig';
CREATE RULE ru AS ON DELETE TO "Post" WHERE OLD."id" < 0 DO INSTEAD NOTHING; COMMENT ON RULE ru ON "Post" IS 'rule';
CREATE TABLE "Comment" ("id" SERIAL PRIMARY KEY, "postId" INT REFERENCES "Post"("id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "Comment"("postId") VALUES (1), (2);
CREATE VIEW v AS SELECT p."id", u."email" FROM "Post" p JOIN "User" u ON u."id" = p."authorId";
CREATE VIEW v2 WITH (security_barrier) AS SELECT * FROM v; COMMENT ON COLUMN v2."id" IS 'the id'; GRANT SELECT ("id") ON v2 TO PUBLIC;
CREATE MATERIALIZED VIEW m AS SELECT * FROM v2; CREATE UNIQUE INDEX mi ON m("id");
CREATE MATERIALIZED VIEW m2 AS SELECT count(*) FROM m WITH NO DATA;
CREATE FUNCTION pf(p "Post") RETURNS TEXT LANGUAGE sql AS $$ SELECT p."title" $$;
CREATE FUNCTION posts() RETURNS SETOF "Post" LANGUAGE sql AS $$ SELECT * FROM "Post" $$;
CREATE STATISTICS st (dependencies) ON "id", "title" FROM "Post"; ALTER STATISTICS st SET STATISTICS 33;
CREATE PUBLICATION pub FOR TABLE "Post", "User";
ALTER TABLE "Post" CLUSTER ON "Post_authorId_idx";
-- change
DROP TABLE "Post" CASCADE;

-- case: parent and child dropped together
-- change
DROP TABLE "User", "Post";

-- case: dropped and made again, another
-- change
DROP TABLE "Post";
CREATE TABLE "Post" ("id" UUID NOT NULL PRIMARY KEY, "body" TEXT);

-- case: renamed as prisma does it
-- change
ALTER TABLE "Post" RENAME TO "Article";
ALTER TABLE "Article" RENAME CONSTRAINT "Post_pkey" TO "Article_pkey";
ALTER TABLE "Article" RENAME CONSTRAINT "Post_authorId_fkey" TO "Article_authorId_fkey";
ALTER INDEX "Post_authorId_idx" RENAME TO "Article_authorId_idx";
ALTER SEQUENCE "Post_id_seq" RENAME TO "Article_id_seq";

-- case: tables swap names
-- change
ALTER TABLE "Post" RENAME TO "Tmp";
ALTER TABLE "User" RENAME TO "Post";
ALTER TABLE "Tmp" RENAME TO "User";

-- case: renamed, and a new one under its name
-- change
ALTER TABLE "Post" RENAME TO "OldPost";
CREATE TABLE "Post" ("id" INT PRIMARY KEY);

-- case: moved to another schema
-- change
CREATE SCHEMA "blog";
ALTER TABLE "Post" SET SCHEMA "blog";

-- case: moved and renamed where its name is taken
CREATE SCHEMA "blog";
CREATE TABLE "blog"."Page" ("id" INT);
-- change
ALTER TABLE "Post" SET SCHEMA "blog";
ALTER TABLE "blog"."Page" SET SCHEMA "public";
ALTER TABLE "blog"."Post" RENAME TO "Page";
ALTER TABLE "public"."Page" RENAME TO "Post";

-- case: schema dropped with cascade
CREATE SCHEMA "blog";
COMMENT ON SCHEMA "blog" IS 'b';
GRANT USAGE ON SCHEMA "blog" TO PUBLIC;
CREATE TYPE "blog"."Kind" AS ENUM ('a', 'b');
CREATE TABLE "blog"."Entry" ("id" SERIAL PRIMARY KEY, "kind" "blog"."Kind" DEFAULT 'a', "userId" INT REFERENCES "User"("id"));
CREATE VIEW public.entries AS SELECT * FROM "blog"."Entry";
CREATE FUNCTION "blog".f() RETURNS "blog"."Kind" LANGUAGE sql AS $$ SELECT 'a'::"blog"."Kind" $$;
-- change
DROP SCHEMA "blog" CASCADE;

-- case: schema renamed
CREATE SCHEMA "blog";
CREATE TABLE "blog"."Entry" ("id" SERIAL PRIMARY KEY, "userId" INT REFERENCES "User"("id"));
-- change
ALTER SCHEMA "blog" RENAME TO "journal";
ALTER TABLE "journal"."Entry" ADD COLUMN "x" INT;
CREATE TABLE "journal"."New" ("id" INT);

-- case: options
ALTER TABLE "Post" SET (fillfactor = 80);
-- change
ALTER TABLE "Post" RESET (fillfactor);
ALTER TABLE "User" SET (fillfactor = 60, toast.autovacuum_enabled = false);

-- case: unlogged
CREATE TABLE "Log" ("id" SERIAL PRIMARY KEY, "n" INT GENERATED ALWAYS AS IDENTITY);
CREATE UNLOGGED TABLE "Fast" ("id" SERIAL PRIMARY KEY);
-- change
ALTER TABLE "Log" SET UNLOGGED;
ALTER TABLE "Fast" SET LOGGED;

-- case: unlogged dropped
CREATE UNLOGGED TABLE "Fast" ("id" SERIAL PRIMARY KEY);
-- change
DROP TABLE "Fast";

-- case: row level security
-- change
ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Post" FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON "Post" FOR SELECT USING ("id" > 0);

-- case: row level security off
ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "Post" FOR SELECT USING ("id" > 0);
-- change
ALTER TABLE "Post" DISABLE ROW LEVEL SECURITY;
ALTER POLICY own ON "Post" USING ("id" > 9);
ALTER POLICY own ON "Post" RENAME TO mine;

-- case: replica identity
CREATE UNIQUE INDEX ri ON "Post"("id", "title");
ALTER TABLE "Post" REPLICA IDENTITY USING INDEX ri;
-- change
ALTER TABLE "Post" REPLICA IDENTITY NOTHING;
ALTER TABLE "User" REPLICA IDENTITY FULL;

-- case: inheritance
CREATE TABLE "Base" ("id" INT PRIMARY KEY, "x" TEXT CHECK ("x" <> ''));
CREATE TABLE "Kid" ("y" INT) INHERITS ("Base");
INSERT INTO "Kid" VALUES (1, 'a', 2);
-- change
ALTER TABLE "Base" ADD COLUMN "z" INT DEFAULT 3;
ALTER TABLE "Base" RENAME COLUMN "x" TO "xx";

-- case: child dropped
CREATE TABLE "Base" ("id" INT PRIMARY KEY, "x" TEXT CHECK ("x" <> ''));
CREATE TABLE "Kid" ("y" INT) INHERITS ("Base");
-- change
DROP TABLE "Kid";

-- case: new parent
-- change
CREATE TABLE "Base" ("id" INT NOT NULL);
ALTER TABLE "Post" INHERIT "Base";

-- case: partition made
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");
CREATE INDEX "Event_at_idx" ON "Event"("at");
-- change
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

-- case: partition dropped
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, "userId" INT REFERENCES "User"("id"), PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");
CREATE INDEX "Event_at_idx" ON "Event"("at");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO "Event" VALUES (1, '2024-05-05', 1);
-- change
DROP TABLE "Event_1";

-- case: partition detached
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO "Event" VALUES (1, '2024-05-05');
-- change
ALTER TABLE "Event" DETACH PARTITION "Event_1";

-- case: partition attached
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");
CREATE INDEX "Event_at_idx" ON "Event"("at");
CREATE TABLE "Event_1" ("id" INT NOT NULL, "at" DATE NOT NULL);
INSERT INTO "Event_1" VALUES (1, '2024-05-05');
-- change
ALTER TABLE "Event" ATTACH PARTITION "Event_1" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

-- case: partitioned table dropped
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, "userId" INT REFERENCES "User"("id"), PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");
CREATE INDEX "Event_at_idx" ON "Event"("at");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO "Event" VALUES (1, '2024-05-05', 1);
-- change
DROP TABLE "Event";

-- case: partitioned table altered
CREATE TABLE "Event" ("id" INT NOT NULL, "at" DATE NOT NULL, "n" INT, PRIMARY KEY ("id", "at")) PARTITION BY RANGE ("at");
CREATE TABLE "Event_1" PARTITION OF "Event" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO "Event" VALUES (1, '2024-05-05', 1);
-- change
ALTER TABLE "Event" ADD COLUMN "x" TEXT DEFAULT 'q', DROP COLUMN "n";
CREATE INDEX "Event_at_idx" ON "Event"("at");
ALTER TABLE "Event" ALTER COLUMN "id" TYPE BIGINT;

-- case: sequence created
-- change
CREATE SEQUENCE "s" AS SMALLINT START 5 INCREMENT -1 MINVALUE -9 MAXVALUE 9 CACHE 2 CYCLE;

-- case: sequence dropped
CREATE SEQUENCE "s" AS SMALLINT START 5 INCREMENT -1 MINVALUE -9 MAXVALUE 9 CACHE 2 CYCLE;
COMMENT ON SEQUENCE "s" IS 'x';
GRANT USAGE ON SEQUENCE "s" TO PUBLIC;
-- change
DROP SEQUENCE "s";

-- case: sequence dropped with the default that uses it
-- change
DROP SEQUENCE "Post_id_seq" CASCADE;

-- case: sequence altered
-- change
ALTER SEQUENCE "Post_id_seq" AS BIGINT INCREMENT 10 MAXVALUE 5000000000 CYCLE;
ALTER SEQUENCE "User_id_seq" RENAME TO "u";

-- case: sequence owned by another column
-- change
ALTER TABLE "Post" ADD COLUMN "n" INT;
ALTER SEQUENCE "Post_id_seq" OWNED BY "Post"."n";

-- case: sequence owned by nobody
-- change
ALTER SEQUENCE "Post_id_seq" OWNED BY NONE;

-- case: grants and comments
GRANT SELECT ON "Post" TO PUBLIC;
COMMENT ON TABLE "Post" IS 'x';
-- change
REVOKE SELECT ON "Post" FROM PUBLIC;
GRANT INSERT, UPDATE ON "User" TO PUBLIC;
COMMENT ON TABLE "Post" IS NULL;
COMMENT ON TABLE "User" IS 'it''s "users"';

-- case: owner and rights of a role
-- change
GRANT SELECT ON "Post" TO pg_monitor WITH GRANT OPTION;
ALTER TABLE "User" OWNER TO pg_monitor;

-- case: schemas swap names
CREATE SCHEMA a;
CREATE SCHEMA b;
CREATE TABLE a.t ("id" INT);
-- change
ALTER SCHEMA a RENAME TO c;
ALTER SCHEMA b RENAME TO a;
ALTER SCHEMA c RENAME TO b;
ALTER TABLE b.t SET SCHEMA a;

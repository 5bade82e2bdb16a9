-- provider: sqlite
-- What people write for SQLite, and loses nothing.

-- case: the procedure of SQLite's own manual
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER REFERENCES "User" ("id") ON DELETE CASCADE);
CREATE INDEX "User_name_idx" ON "User" ("name");
INSERT INTO "User" VALUES (1, 'a');
INSERT INTO "Post" VALUES (1, 1);
-- migration
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE new_User ("id" INTEGER PRIMARY KEY, "name" TEXT, "age" INTEGER);
INSERT INTO new_User ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
ALTER TABLE new_User RENAME TO "User";
CREATE INDEX "User_name_idx" ON "User" ("name");
PRAGMA foreign_key_check;
COMMIT;
PRAGMA foreign_keys=ON;

-- case: a renamed field that the copy takes along, mapped
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
INSERT INTO "User" VALUES (1, NULL);
-- migration
PRAGMA foreign_keys=OFF;
DROP TABLE IF EXISTS "new_User";
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL);
INSERT INTO "new_User" ("id", "name") SELECT "id", coalesce("name", 'nobody') AS "name" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: a required column that the copy fills
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "first" TEXT NOT NULL, "last" TEXT NOT NULL);
INSERT INTO "User" VALUES (1, 'a', 'b');
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "first" TEXT NOT NULL, "last" TEXT NOT NULL, "full" TEXT NOT NULL);
INSERT INTO "new_User" SELECT "id", "first", "last", "first" || ' ' || "last" FROM "User" ORDER BY "id";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: a trigger, made again behind the rebuild
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
CREATE TRIGGER "stamp" AFTER UPDATE ON "User" BEGIN SELECT 1; END;
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "age" INTEGER);
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
CREATE TRIGGER "stamp" AFTER UPDATE ON "User" BEGIN
    SELECT CASE WHEN new."name" IS NULL THEN RAISE(ABORT, 'no; name') END;
END;
PRAGMA foreign_keys=ON;

-- case: a search index that triggers keep
-- setup
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "title" TEXT);
-- migration
CREATE VIRTUAL TABLE "Post_search" USING fts5(title, content='Post', content_rowid='id');
INSERT INTO "Post_search" (rowid, title) SELECT "id", "title" FROM "Post";
CREATE TRIGGER "Post_added" AFTER INSERT ON "Post" BEGIN
    INSERT INTO "Post_search" (rowid, title) VALUES (new."id", new."title");
END;
CREATE TRIGGER "Post_gone" AFTER DELETE ON "Post" BEGIN
    INSERT INTO "Post_search" ("Post_search", rowid, title) VALUES ('delete', old."id", old."title");
END;

-- case: names in every kind of quotes
-- migration
CREATE TABLE [My Table] (`id` INTEGER PRIMARY KEY, "it's" TEXT DEFAULT 'a;b''c', x BLOB DEFAULT X'00') WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS [my;index] ON [My Table] (lower("it's"), x DESC) WHERE x IS NOT NULL; -- it's
/* a comment; that nobody closes -- ' */

-- case: settings of the connection and the file
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
-- migration
PRAGMA journal_mode=WAL;
PRAGMA main.synchronous = NORMAL;
PRAGMA foreign_keys = ON;
ANALYZE;
REINDEX "User";

-- case: a column dropped together with its index, that nothing was in
-- migration
CREATE TABLE "Draft" ("id" INTEGER PRIMARY KEY, "text" TEXT);
CREATE INDEX "Draft_text_idx" ON "Draft" ("text");
DROP INDEX "Draft_text_idx";
ALTER TABLE "Draft" DROP COLUMN "text";
DROP TABLE "Draft";

-- case: a strict table and a generated column
-- migration
CREATE TABLE "Price" (
    "id" INTEGER PRIMARY KEY,
    "net" INTEGER NOT NULL CHECK ("net" >= 0),
    "gross" INTEGER GENERATED ALWAYS AS ("net" * 119 / 100) VIRTUAL
) STRICT;
ALTER TABLE "Price" ADD COLUMN "note" TEXT NOT NULL DEFAULT ('');

-- case: rows put in, but none written over
-- setup
CREATE TABLE "Config" ("key" TEXT PRIMARY KEY, "value" TEXT);
-- migration
BEGIN;
SAVEPOINT "seed";
INSERT OR IGNORE INTO "Config" ("key", "value") VALUES ('a', 'b');
INSERT INTO "Config" ("key", "value") VALUES ('c', 'd') ON CONFLICT ("key") DO NOTHING;
UPDATE "Config" SET "value" = 'x' WHERE "value" IS NULL;
RELEASE "seed";
COMMIT;

-- case: a view made anew
-- setup
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY);
CREATE VIEW "Recent" AS SELECT "id" FROM "Post";
-- migration
DROP VIEW "Recent";
CREATE VIEW IF NOT EXISTS "Recent" AS SELECT "id" FROM "Post" ORDER BY "id" DESC LIMIT 10;

-- case: a view that does not mind, for the PRAGMA says so
-- setup
CREATE TABLE "Order" ("id" INTEGER PRIMARY KEY);
CREATE TABLE "Item" ("id" INTEGER PRIMARY KEY);
CREATE VIEW "Recent" AS SELECT "id" FROM "Item" ORDER BY "id" DESC;
CREATE VIEW "Open" AS SELECT "id" FROM "Order";
-- migration
PRAGMA foreign_keys=OFF;
PRAGMA legacy_alter_table=ON;
CREATE TABLE "new_Order" ("id" INTEGER PRIMARY KEY, "note" TEXT);
INSERT INTO "new_Order" ("id") SELECT "id" FROM "Order";
DROP TABLE "Order";
ALTER TABLE "new_Order" RENAME TO "Order";
PRAGMA legacy_alter_table=OFF;
PRAGMA foreign_keys=ON;

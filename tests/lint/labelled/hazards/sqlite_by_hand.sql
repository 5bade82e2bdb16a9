-- provider: sqlite
-- What people write for SQLite, or change in what Prisma wrote.

-- case: rows that the copy leaves out
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "deletedAt" DATETIME);
INSERT INTO "User" VALUES (1, 'a', NULL), (2, 'b', 3);
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "deletedAt" DATETIME);
-- expect: data-loss rebuild-loses-values
INSERT INTO "new_User" SELECT * FROM "User" WHERE "deletedAt" IS NULL;
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: duplicates that the copy leaves out
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "email" TEXT);
INSERT INTO "User" VALUES (1, 'a'), (2, 'a');
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "User_next" ("id" INTEGER PRIMARY KEY, "email" TEXT UNIQUE);
-- expect: data-loss rebuild-loses-values
-- maybe: correctness
INSERT OR IGNORE INTO "User_next" ("id", "email") SELECT "id", "email" FROM "User";
DROP TABLE "User";
ALTER TABLE "User_next" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: the table renamed first, and a column left behind
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "bio" TEXT);
INSERT INTO "User" VALUES (1, 'a', 'b');
-- migration
PRAGMA foreign_keys=OFF;
ALTER TABLE "User" RENAME TO "User_old";
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
-- expect: data-loss drop-column
INSERT INTO "User" ("id", "name") SELECT "id", "name" FROM "User_old";
DROP TABLE "User_old";
PRAGMA foreign_keys=ON;

-- case: a rebuild without the PRAGMA
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER REFERENCES "User" ("id") ON DELETE CASCADE);
INSERT INTO "User" VALUES (1, 'a');
INSERT INTO "Post" VALUES (1, 1);
-- migration
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "age" INTEGER);
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
-- expect: data-loss rebuild-in-transaction
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";

-- case: what Prisma does not know of a table
-- setup
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT COLLATE NOCASE,
    "age" INTEGER CHECK ("age" >= 0)
) STRICT;
INSERT INTO "User" ("email", "age") VALUES ('a', 1);
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY, "email" TEXT, "age" INTEGER);
-- expect: correctness rebuild-loses-options
-- expect: correctness drop-constraint
INSERT INTO "new_User" ("id", "email", "age") SELECT "id", "email", "age" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: a generated column that becomes a plain one
-- setup
CREATE TABLE "Item" ("id" INTEGER PRIMARY KEY, "price" INTEGER, "twice" INTEGER AS ("price" * 2) STORED);
INSERT INTO "Item" ("price") VALUES (1);
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Item" ("id" INTEGER PRIMARY KEY, "price" INTEGER, "twice" INTEGER);
-- expect: compatibility drop-default
INSERT INTO "new_Item" ("id", "price", "twice") SELECT "id", "price", "twice" FROM "Item";
DROP TABLE "Item";
ALTER TABLE "new_Item" RENAME TO "Item";
PRAGMA foreign_keys=ON;

-- case: a trigger that goes with its table
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
CREATE TABLE "Log" ("what" TEXT);
CREATE TRIGGER "logged" AFTER UPDATE ON "User" BEGIN INSERT INTO "Log" VALUES (new."name"); END;
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "age" INTEGER);
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
-- expect: compatibility drop-trigger
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: a CHECK added
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "age" INTEGER);
INSERT INTO "User" VALUES (1, -1);
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "age" INTEGER CHECK ("age" >= 0));
-- expect: correctness constraint-on-existing
INSERT INTO "new_User" ("id", "age") SELECT "id", "age" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
-- fails: CHECK constraint failed

-- case: a misspelled column is a string
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
INSERT INTO "User" VALUES (1, 'a');
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
-- expect: data-loss overwrite-values
INSERT INTO "new_User" ("id", "name") SELECT "id", "naem" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: a cast that makes 0 of what is no number
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "age" TEXT);
INSERT INTO "User" VALUES (1, 'old');
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "age" INTEGER);
-- expect: data-loss type-change
INSERT INTO "new_User" ("id", "age") SELECT "id", CAST("age" AS INTEGER) FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: foreign keys left off
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
-- migration
-- expect: correctness setting-left-set
PRAGMA foreign_keys=OFF;
ALTER TABLE "User" ADD COLUMN "name" TEXT;

-- case: a unique column added in place
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
-- migration
-- expect: correctness refused-by-sqlite
ALTER TABLE "User" ADD COLUMN "email" TEXT UNIQUE;
-- fails: Cannot add a UNIQUE column

-- case: a column added in place whose default is worked out
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
INSERT INTO "User" VALUES (1);
-- migration
-- expect: correctness refused-by-sqlite
ALTER TABLE "User" ADD COLUMN "seenAt" DATETIME DEFAULT CURRENT_TIMESTAMP;
-- fails: non-constant default

-- case: a required column added in place
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
INSERT INTO "User" VALUES (1);
-- migration
-- expect: correctness required-column-without-default
ALTER TABLE "User" ADD COLUMN "email" TEXT NOT NULL;
-- fails: Cannot add a NOT NULL column

-- case: an indexed column dropped
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT, "email" TEXT);
CREATE INDEX "User_email_idx" ON "User" ("email");
-- migration
-- expect: correctness refused-by-sqlite
-- expect: data-loss drop-column
ALTER TABLE "User" DROP COLUMN "email";
-- fails: error in index

-- case: a column dropped, written in another case
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "bio" TEXT);
INSERT INTO "User" VALUES (1, 'b');
-- migration
-- expect: data-loss drop-column
ALTER TABLE user DROP bio;

-- case: a column renamed in place
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "bio" TEXT);
-- migration
-- expect: compatibility rename-column
ALTER TABLE [User] RENAME COLUMN `bio` TO "about";

-- case: a parent dropped while foreign keys are enforced
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER REFERENCES "User" ("id") ON DELETE CASCADE);
INSERT INTO "User" VALUES (1);
-- migration
-- expect: data-loss drop-table
DROP TABLE "User";

-- case: rows replaced
-- setup
CREATE TABLE "Config" ("key" TEXT PRIMARY KEY, "value" TEXT);
-- migration
-- expect: data-loss overwrite-values
REPLACE INTO "Config" ("key", "value") VALUES ('a', 'b');

-- case: rows deleted with a function of SQLite's
-- setup
CREATE TABLE "Session" ("id" INTEGER PRIMARY KEY, "at" DATETIME);
-- migration
-- expect: data-loss delete-rows
DELETE FROM "Session" WHERE datetime("at") < datetime('now', '-30 days');

-- case: every row deleted
-- setup
CREATE TABLE "Session" ("id" INTEGER PRIMARY KEY);
-- migration
-- expect: data-loss truncate-or-delete-all
DELETE FROM "Session";

-- case: a BEGIN in a transaction
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
-- migration
BEGIN;
-- expect: correctness unbalanced-transaction
BEGIN IMMEDIATE;
COMMIT;
-- fails: within a transaction

-- case: the schema written by hand
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
-- migration
-- expect: correctness opaque-statement
PRAGMA writable_schema=ON;
PRAGMA writable_schema=OFF;

-- case: another file attached
-- migration
-- expect: correctness opaque-statement
ATTACH ':memory:' AS "other";

-- case: a trigger of another table is in the way
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "posts" INTEGER);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER);
CREATE TRIGGER "counted" AFTER INSERT ON "Post" BEGIN
    UPDATE user SET posts = posts + 1 WHERE id = new."userId";
END;
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER PRIMARY KEY, "posts" INTEGER, "name" TEXT);
INSERT INTO "new_User" ("id", "posts") SELECT "id", "posts" FROM "User";
DROP TABLE "User";
-- expect: correctness rebuild-breaks-others
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
-- fails: error in trigger counted

-- case: foreign keys that follow a table renamed aside
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER REFERENCES "User" ("id"));
-- migration
PRAGMA foreign_keys=OFF;
-- expect: correctness rebuild-breaks-others
ALTER TABLE "User" RENAME TO "User_old";
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY, "name" TEXT);
INSERT INTO "User" ("id") SELECT "id" FROM "User_old";
DROP TABLE "User_old";
PRAGMA foreign_keys=ON;

-- case: a new column whose default refers to nothing
-- setup
CREATE TABLE "App" ("id" INTEGER PRIMARY KEY);
INSERT INTO "App" VALUES (1);
-- migration
CREATE TABLE "Registry" ("id" TEXT NOT NULL PRIMARY KEY);
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_App" (
    "id" INTEGER PRIMARY KEY,
    "registryId" TEXT NOT NULL DEFAULT '0',
    CONSTRAINT "App_registryId_fkey" FOREIGN KEY ("registryId") REFERENCES "Registry" ("id")
);
-- expect: correctness constraint-on-existing
INSERT INTO "new_App" ("id") SELECT "id" FROM "App";
DROP TABLE "App";
ALTER TABLE "new_App" RENAME TO "App";
PRAGMA foreign_keys=ON;

-- case: an id of text that becomes the row's id
-- setup
CREATE TABLE "Item" ("id" TEXT NOT NULL PRIMARY KEY);
INSERT INTO "Item" VALUES ('a1');
-- migration
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Item" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);
-- expect: data-loss type-change
-- maybe: correctness
INSERT INTO "new_Item" ("id") SELECT "id" FROM "Item";
DROP TABLE "Item";
ALTER TABLE "new_Item" RENAME TO "Item";
PRAGMA foreign_keys=ON;
-- fails: datatype mismatch

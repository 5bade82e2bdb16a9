-- provider: sqlite
-- What Prisma's table rebuild hides on SQLite.

-- case: a column left out
-- setup
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT, "bio" TEXT);
INSERT INTO "User" ("name", "bio") VALUES ('a', 'b');
-- migration
/*
  Warnings:

  - You are about to drop the column `bio` on the `User` table. All the data in the column will be lost.

*/
-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" TEXT
);
-- expect: data-loss rebuild-loses-values or rebuild-in-transaction or sqlite-rebuild or drop-column, within 3
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- case: a field renamed
-- setup
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT);
INSERT INTO "User" ("name") VALUES ('a');
-- migration
/*
  Warnings:

  - You are about to drop the column `name` on the `User` table. All the data in the column will be lost.

*/
-- RedefineTables
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "fullName" TEXT
);
-- expect: data-loss rebuild-loses-values or rebuild-in-transaction or sqlite-rebuild or drop-column or drop-and-add-column, within 3
INSERT INTO "new_User" ("id") SELECT "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;

-- case: a required column that the copy does not fill
-- setup
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT);
INSERT INTO "User" ("name") VALUES ('a');
-- migration
/*
  Warnings:

  - Added the required column `email` to the `User` table without a default value. This is not possible if the table is not empty.

*/
-- RedefineTables
PRAGMA foreign_keys=OFF;
-- expect: correctness rebuild-loses-values or rebuild-in-transaction or sqlite-rebuild or required-column-without-default, within 4
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" TEXT,
    "email" TEXT NOT NULL
);
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
-- fails: NOT NULL constraint failed

-- case: a rebuild in a transaction
-- setup
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT);
CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "userId" INTEGER REFERENCES "User"("id") ON DELETE CASCADE);
INSERT INTO "User" ("name") VALUES ('a');
INSERT INTO "Post" ("userId") VALUES (1);
-- migration
-- expect: data-loss rebuild-loses-values or rebuild-in-transaction or sqlite-rebuild or rebuild-in-transaction or drop-table, within 6
BEGIN;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT, "age" INTEGER);
INSERT INTO "new_User" ("id", "name") SELECT "id", "name" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
COMMIT;

-- case: a table dropped
-- setup
CREATE TABLE "User" ("id" INTEGER PRIMARY KEY);
INSERT INTO "User" VALUES (1);
-- migration
-- DropTable
PRAGMA foreign_keys=off;
-- expect: data-loss drop-table
DROP TABLE "User";
PRAGMA foreign_keys=on;

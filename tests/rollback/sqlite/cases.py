"""Changes of SQLite files as Prisma writes them and by hand, on rows, with whatever else such files have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`since` is written after the migration, `then` is that or what it would have been without the migration."""

    name: str
    before: str
    migration: str
    since: str = ""
    then: str | None = None


USERS = """
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "age" INTEGER
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
INSERT INTO "User" VALUES (1, 'ada@x', 'Ada', 36), (2, 'bob@x', NULL, 41), (5, 'eve@x', 'Eve', NULL);
"""
POSTS = (
    USERS
    + """
CREATE TABLE "Post" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "title" TEXT NOT NULL DEFAULT '',
    "authorId" INTEGER NOT NULL,
    CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
INSERT INTO "Post" VALUES ('a', 'one', 1), ('b', 'two', 1), ('c', '', 5);
"""
)
RESERVED = """
Pragma writable_schema=1;
CREATE UNIQUE INDEX "sqlite_autoindex_User_2" ON "User"("email");
Pragma writable_schema=0;
"""
EXTRAS = (
    POSTS
    + """
CREATE TABLE "Log" ("what" TEXT);
CREATE TRIGGER "user_log" AFTER UPDATE ON "User" BEGIN INSERT INTO "Log" VALUES (old.email || '; ' || new.email); END;
CREATE VIEW "Authors" AS SELECT u."id", u."name", count(*) AS posts FROM "User" u JOIN "Post" p ON p."authorId" = u."id" GROUP BY u."id";
CREATE TRIGGER "no_authors" INSTEAD OF DELETE ON "Authors" BEGIN DELETE FROM "User" WHERE "id" = old."id"; END;
CREATE INDEX "hand_lower" ON "User"(lower("name"));
CREATE INDEX "hand_old" ON "User"("age") WHERE "age" > 40;
INSERT INTO "Log" VALUES ('first'), ('first'), (NULL);
"""
)
TAGS = (
    POSTS
    + """
CREATE TABLE "Tag" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL);
CREATE TABLE "_PostToTag" (
    "A" TEXT NOT NULL,
    "B" INTEGER NOT NULL,
    CONSTRAINT "_PostToTag_A_fkey" FOREIGN KEY ("A") REFERENCES "Post" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "_PostToTag_B_fkey" FOREIGN KEY ("B") REFERENCES "Tag" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "_PostToTag_AB_unique" ON "_PostToTag"("A", "B");
CREATE INDEX "_PostToTag_B_index" ON "_PostToTag"("B");
INSERT INTO "Tag" VALUES (1, 'x'), (2, 'y'), (3, 'z');
INSERT INTO "_PostToTag" VALUES ('a', 1), ('a', 2), ('b', 1), ('c', 3);
"""
)
STRANGE = """
CREATE TABLE "Odd" ("id" TEXT PRIMARY KEY NOT NULL, "n" INTEGER, "r" REAL, "t" TEXT, "b" BLOB, "any", "d" DATETIME);
INSERT INTO "Odd" VALUES
    ('1', 1, 1.0, '1', x'31', '1', 1700000000000),
    ('2', 'not a number', 'nor this', x'ff00', 'text', x'', '2024-01-01T00:00:00.000Z'),
    ('3', 1.5, 9007199254740993, '9007199254740993', 1.0, 1, 1.5),
    ('4', 9223372036854775807, -0.0, 1e300, NULL, 1.0, NULL),
    ('é''"x', NULL, 1e-320, '', zeroblob(3), NULL, '');
"""


def rebuild(table: str, create: str, columns: str, select: str = "", after: str = "") -> str:
    """Write a rebuild as Prisma 5 does."""
    return f"""-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_{table}" ({create});
INSERT INTO "new_{table}" ({columns}) SELECT {select or columns} FROM "{table}";
DROP TABLE "{table}";
ALTER TABLE "new_{table}" RENAME TO "{table}";
{after}
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
"""


SEARCH = """
CREATE TABLE "Post" ("id" INTEGER NOT NULL PRIMARY KEY, "title" TEXT, "body" TEXT);
CREATE VIRTUAL TABLE "search" USING fts5(title, body, content='Post', content_rowid='id');
CREATE VIRTUAL TABLE notes USING fts5(text);
CREATE VIRTUAL TABLE place USING rtree(id, x0, x1);
CREATE TRIGGER "ai" AFTER INSERT ON "Post" BEGIN INSERT INTO "search" (rowid, title, body) VALUES (new."id", new."title", new."body"); END;
CREATE TRIGGER "ad" AFTER DELETE ON "Post" BEGIN INSERT INTO "search" ("search", rowid, title, body) VALUES ('delete', old."id", old."title", old."body"); INSERT INTO notes VALUES (old."title"); END;
INSERT INTO "Post" VALUES (1, 'one', 'first words'), (5, 'two', 'second words'), (7, NULL, '');
INSERT INTO notes (rowid, text) VALUES (3, 'three'), (9, 'nine');
INSERT INTO place VALUES (1, 0.5, 1.5), (4, 2, 3);
"""


ID = '"id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT'
EMAIL_KEY = 'CREATE UNIQUE INDEX "User_email_key" ON "User"("email");'
WITHOUT_AGE = rebuild("User", f'{ID}, "email" TEXT NOT NULL, "name" TEXT', '"id", "email", "name"', after=EMAIL_KEY)
OLD_PRAGMAS = WITHOUT_AGE.replace("PRAGMA defer_foreign_keys=ON;\n", "").replace("PRAGMA defer_foreign_keys=OFF;\n", "")

EXACT = [
    Case(
        "add a column",
        POSTS,
        'ALTER TABLE "User" ADD COLUMN "bio" TEXT;',
        """INSERT INTO "User" VALUES (9, 'new@x', 'New', 1, 'hi'); UPDATE "User" SET "bio" = 'ho' WHERE "id" = 1;""",
        """INSERT INTO "User" VALUES (9, 'new@x', 'New', 1);""",
    ),
    Case("add a required column", POSTS, """ALTER TABLE "User" ADD COLUMN "role" TEXT NOT NULL DEFAULT 'USER';"""),
    Case(
        "drop a column by a rebuild",
        EXTRAS,
        WITHOUT_AGE,
        """INSERT INTO "User" ("id", "email") VALUES (9, 'new@x'); UPDATE "User" SET "name" = 'Bo' WHERE "id" = 2;
        DELETE FROM "User" WHERE "id" = 5;""",
        """DELETE FROM "Post" WHERE "authorId" = 5; PRAGMA recursive_triggers; INSERT INTO "User" ("id", "email") VALUES (9, 'new@x');
        DROP TRIGGER "user_log"; UPDATE "User" SET "name" = 'Bo' WHERE "id" = 2; DELETE FROM "User" WHERE "id" = 5;
        CREATE TRIGGER "user_log" AFTER UPDATE ON "User" BEGIN INSERT INTO "Log" VALUES (old.email || '; ' || new.email); END;""",
    ),
    Case("drop a column, the form of Prisma 3", EXTRAS, OLD_PRAGMAS),
    Case("drop a column by ALTER", POSTS, 'ALTER TABLE "User" DROP COLUMN "age";'),
    Case(
        "a required column",
        POSTS,
        rebuild(
            "User",
            f"""{ID}, "email" TEXT NOT NULL, "name" TEXT NOT NULL DEFAULT 'none', "age" INTEGER""",
            '"id", "email", "name", "age"',
            """"id", "email", coalesce("name", 'none') AS "name", "age\"""",
            EMAIL_KEY,
        ),
        """UPDATE "User" SET "name" = 'Bo' WHERE "id" = 2; INSERT INTO "User" VALUES (7, 'g@x', 'Gus', 1);""",
    ),
    Case(
        "text to number",
        STRANGE,
        rebuild(
            "Odd",
            '"id" TEXT PRIMARY KEY NOT NULL, "n" TEXT, "r" INTEGER, "t" INTEGER, "b" REAL, "any" TEXT, "d" REAL',
            '"id", "n", "r", "t", "b", "any", "d"',
        ),
    ),
    Case(
        "everything to text",
        STRANGE,
        rebuild(
            "Odd",
            '"id" TEXT PRIMARY KEY NOT NULL, "n" TEXT, "r" TEXT, "t" BLOB, "b" TEXT, "any" TEXT, "d" TEXT',
            '"id", "n", "r", "t", "b", "any", "d"',
        ),
    ),
    Case(
        "casts",
        STRANGE,
        rebuild(
            "Odd",
            '"id" TEXT PRIMARY KEY NOT NULL, "n" TEXT, "r" INTEGER, "t" INTEGER, "b" BLOB, "any", "d" DATETIME',
            '"id", "n", "r", "t", "b", "any", "d"',
            '"id", CAST("n" AS TEXT) AS "n", CAST("r" AS INTEGER), CAST("t" AS INTEGER), "b", "any", "d"',
        ),
    ),
    Case(
        "drop a table",
        TAGS,
        'PRAGMA foreign_keys=off; DROP TABLE "Tag"; DROP TABLE "_PostToTag"; PRAGMA foreign_keys=on;',
    ),
    Case("drop a parent, which cascades", TAGS, 'DROP TABLE "_PostToTag"; DROP TABLE "User";'),
    Case("drop all", EXTRAS, 'DROP VIEW "Authors"; DROP TABLE "Post"; DROP TABLE "User"; DROP TABLE "Log";'),
    Case("rename a table", EXTRAS, 'ALTER TABLE "User" RENAME TO "Person";'),
    Case(
        "rename a column",
        EXTRAS,
        'ALTER TABLE "User" RENAME COLUMN "name" TO "full name";',
        """INSERT INTO "User" VALUES (9, 'new@x', 'New', 1);""",
    ),
    Case("rename the key", POSTS, 'ALTER TABLE "User" RENAME COLUMN "id" TO "userId";'),
    Case("case alone", POSTS, 'ALTER TABLE "User" RENAME TO "x"; ALTER TABLE "x" RENAME TO "user";'),
    Case("case of a column", POSTS, 'ALTER TABLE "User" RENAME COLUMN "email" TO "EMAIL";'),
    Case(
        "swapped names",
        """CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT);
        INSERT INTO a VALUES (1, 'a1'), (2, 'a2'); INSERT INTO b VALUES (1, 'b1'), (3, 'b3');""",
        "ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b;",
        "INSERT INTO a VALUES (9, 'x');",
        "INSERT INTO b VALUES (9, 'x');",
    ),
    Case(
        "swapped columns",
        USERS,
        'ALTER TABLE "User" RENAME COLUMN "email" TO "x"; ALTER TABLE "User" RENAME COLUMN "name" TO "email"; ALTER TABLE "User" RENAME COLUMN "x" TO "name";',
    ),
    Case(
        "rename and rebuild",
        POSTS,
        'ALTER TABLE "User" RENAME TO "Person";'
        + rebuild(
            "Person", f'{ID}, "email" TEXT NOT NULL, "nick" TEXT', '"id", "email", "nick"', '"id", "email", "name"'
        ),
    ),
    Case(
        "same name, other meaning",
        POSTS,
        'DROP TABLE "Post"; CREATE TABLE "Post" ("id" INTEGER PRIMARY KEY, "amount" REAL); INSERT INTO "Post" VALUES (1, 2.5), (2, NULL);',
        'INSERT INTO "Post" VALUES (3, 1);',
        "",
    ),
    Case(
        "key from number to text",
        POSTS,
        rebuild(
            "User",
            '"id" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT',
            '"id", "email", "name"',
            after=EMAIL_KEY,
        )
        + rebuild(
            "Post",
            '"id" TEXT NOT NULL PRIMARY KEY, "title" TEXT NOT NULL, "authorId" TEXT NOT NULL REFERENCES "User"("id")',
            '"id", "title", "authorId"',
        ),
        """UPDATE "User" SET "email" = 'y@y' WHERE "id" = '2'; INSERT INTO "Post" VALUES ('d', 'four', '2');""",
        """UPDATE "User" SET "email" = 'y@y' WHERE "id" = 2; INSERT INTO "Post" VALUES ('d', 'four', 2);""",
    ),
    Case(
        "a new kind of key",
        USERS,
        rebuild(
            "User",
            '"uuid" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL',
            '"uuid", "email"',
            """hex("email"), "email\"""",
        ),
        """UPDATE "User" SET "email" = 'z@z' WHERE "email" = 'bob@x';""",
    ),
    Case(
        "UPDATE",
        EXTRAS,
        """UPDATE "User" SET "age" = "age" + 1, "name" = upper("name");""",
        """DROP TRIGGER "user_log"; UPDATE "User" SET "name" = 'new' WHERE "id" = 1; INSERT INTO "User" VALUES (6, 'f@x', 'Fay', 3); DELETE FROM "Post"; DELETE FROM "User" WHERE "id" = 5;
        CREATE TRIGGER "user_log" AFTER UPDATE ON "User" BEGIN INSERT INTO "Log" VALUES (old.email || '; ' || new.email); END;""",
    ),
    Case("UPDATE of the key", POSTS, """UPDATE "User" SET "id" = "id" + 100;"""),
    Case(
        "UPDATE of a unique value in a ring",
        USERS,
        """UPDATE "User" SET "email" = 'tmp' WHERE "id" = 1; UPDATE "User" SET "email" = 'ada@x' WHERE "id" = 2; UPDATE "User" SET "email" = 'bob@x' WHERE "id" = 1;""",
    ),
    Case(
        "DELETE, which cascades",
        EXTRAS,
        'DELETE FROM "User" WHERE "id" = 1;',
        """INSERT INTO "Post" VALUES ('n', 'new', 5); UPDATE "Post" SET "title" = 'x' WHERE "id" = 'c';""",
    ),
    Case("DELETE by a view", EXTRAS, 'DELETE FROM "Authors" WHERE "id" = 1;'),
    Case(
        "INSERT",
        POSTS,
        """INSERT INTO "User" ("email") VALUES ('seed@x'); INSERT INTO "Post" SELECT 's', 'seeded', max("id") FROM "User";""",
    ),
    Case("REPLACE", POSTS, """REPLACE INTO "Post" VALUES ('a', 'replaced', 5), ('z', 'new', 1);"""),
    Case(
        "all of it",
        TAGS,
        'DELETE FROM "_PostToTag"; DELETE FROM "Post"; DELETE FROM "User"; DELETE FROM sqlite_sequence;',
    ),
    Case(
        "implicit relation",
        TAGS,
        'DELETE FROM "Tag" WHERE "id" = 1; INSERT INTO "_PostToTag" VALUES (\'c\', 2);',
        'INSERT INTO "_PostToTag" VALUES (\'a\', 3); DELETE FROM "_PostToTag" WHERE "A" = \'c\' AND "B" = 3;',
    ),
    Case("an index", POSTS, 'CREATE INDEX "i" ON "Post"("title"); DROP INDEX "Post_authorId_idx";'),
    Case("an index of another kind", EXTRAS, 'DROP INDEX "hand_old"; CREATE UNIQUE INDEX "hand_old" ON "User"("age");'),
    Case(
        "a unique index and what was in its way",
        USERS,
        """UPDATE "User" SET "name" = "id"; CREATE UNIQUE INDEX "User_name_key" ON "User"("name");""",
    ),
    Case(
        "a view and a trigger",
        EXTRAS,
        'DROP TRIGGER "no_authors"; DROP VIEW "Authors"; DROP TRIGGER "user_log"; CREATE VIEW "Authors" AS SELECT 1 AS one; CREATE TRIGGER "user_log" AFTER DELETE ON "Log" BEGIN SELECT 1; END;',
    ),
    Case(
        "new tables",
        POSTS,
        'CREATE TABLE "A" ("id" INTEGER PRIMARY KEY, "b" INT REFERENCES "B"); CREATE TABLE "B" ("id" INTEGER PRIMARY KEY, "a" INT REFERENCES "A", "u" INT REFERENCES "User"); INSERT INTO "B" VALUES (1, NULL, 1);',
        'INSERT INTO "B" VALUES (2, NULL, 5);',
        "",
    ),
    Case(
        "no rowid, a key of two",
        """CREATE TABLE t (a TEXT, b INTEGER, v, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1, 'p'), ('x', 2, x'00'), ('y', 1, NULL);
        CREATE TABLE c (id INTEGER PRIMARY KEY, a, b, FOREIGN KEY (b, a) REFERENCES t ON DELETE SET NULL); INSERT INTO c VALUES (1, 'x', 2), (2, 'y', 1);""",
        "DELETE FROM t WHERE b = 2; UPDATE t SET v = 'q'; ALTER TABLE t DROP COLUMN v; INSERT INTO t VALUES ('z', 9);",
        "INSERT INTO t VALUES ('n', 7);",
        "INSERT INTO t VALUES ('n', 7, NULL);",
    ),
    Case(
        "strict",
        """CREATE TABLE t (id INT PRIMARY KEY, n INTEGER, r REAL, t TEXT NOT NULL, b BLOB, a ANY) STRICT;
        INSERT INTO t VALUES (1, 1, 1.5, '1', x'01', '007'), (2, NULL, 2, 'x', NULL, 7), (3, 5, 5, '5', x'', 7.0);""",
        rebuild("t", '"id" INTEGER PRIMARY KEY, "n" TEXT, "t" INTEGER, "a" INTEGER', '"id", "n", "t", "a"')
        .replace('"t"', "t")
        .replace('"new_t"', "new_t")
        .replace(" t INTEGER", ' "t" INTEGER'),
    ),
    Case(
        "generated columns",
        """CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT AS (a * 2) STORED, c TEXT AS (a || 'x'), v TEXT DEFAULT 'v'); CREATE UNIQUE INDEX i ON t(b);
        INSERT INTO t (id, a, v) VALUES (1, 10, 'p'), (2, NULL, NULL), (3, 7, 'v');""",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, a INT, b INT, d INT AS (a + 1)); INSERT INTO n (id, a, b) SELECT id, a, b FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t; UPDATE t SET b = 5, a = a + 1;",
        "INSERT INTO t (id, a, b) VALUES (9, 9, 0);",
        "INSERT INTO t (id, a) VALUES (9, 9);",
    ),
    Case(
        "self reference and a ring",
        """CREATE TABLE n (id INTEGER PRIMARY KEY, up INT REFERENCES n ON DELETE CASCADE, m INT REFERENCES m, x TEXT);
        CREATE TABLE m (id INTEGER PRIMARY KEY, n INT REFERENCES n ON DELETE CASCADE);
        PRAGMA foreign_keys = OFF; INSERT INTO n VALUES (1, NULL, 1, 'a'), (2, 1, 1, 'b'), (3, 2, 2, 'c'), (4, 4, NULL, 'd'); INSERT INTO m VALUES (1, 1), (2, 3);""",
        "UPDATE n SET m = NULL; DELETE FROM m WHERE id = 2; DELETE FROM m; DELETE FROM n WHERE id = 1;",
    ),
    Case(
        "rows that point nowhere already",
        """CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p, v TEXT);
        PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (1, 7, 'x'), (2, 8, 'y');""",
        "ALTER TABLE c DROP COLUMN v;",
    ),
    Case(
        "rows that point nowhere, gone with their table",
        """CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p, v TEXT);
        PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (1, 7, 'x'), (2, 8, 'y');""",
        "DROP TABLE c;",
    ),
    Case(
        "a foreign key to what is no key",
        """CREATE TABLE p (id INT, v); CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id));
        PRAGMA foreign_keys = OFF; INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 1), (2, 8);""",
        "PRAGMA foreign_keys = OFF; DROP TABLE c; PRAGMA foreign_keys = ON;",
    ),
    Case(
        "an id that is gone",
        USERS,
        rebuild("User", '"email" TEXT NOT NULL PRIMARY KEY, "name" TEXT', '"email", "name"'),
        """INSERT INTO "User" VALUES ('new@x', 'New'), ('more@x', NULL); DELETE FROM "User" WHERE "email" = 'bob@x';""",
        """INSERT INTO "User" VALUES (6, 'new@x', 'New', NULL), (7, 'more@x', NULL, NULL); DELETE FROM "User" WHERE "id" = 2;""",
    ),
    Case(
        "no key",
        """CREATE TABLE t (a, b TEXT); INSERT INTO t VALUES (1, 'x'), (1, 'x'), ('1', 'x'), (1.0, 'x'), (NULL, NULL), (NULL, NULL), (x'31', 'z');""",
        "UPDATE t SET b = b || '!' WHERE a = 1; DELETE FROM t WHERE a = x'31'; INSERT INTO t VALUES (1, 'x');",
        "INSERT INTO t VALUES (7, 'seven'), (1, 'x');",
    ),
    Case(
        "no key, some rows left out",
        """CREATE TABLE "l" ("a", "b"); INSERT INTO "l" VALUES (1, 'x'), (1, 'x'), (1.0, 'x'), (2, 'y'), (NULL, 'x'), (3, 'z');""",
        """CREATE TABLE "new_l" ("a", "b" TEXT); INSERT INTO "new_l" SELECT "a", "b" FROM "l" WHERE "b" <> 'y';
        DROP TABLE "l"; ALTER TABLE "new_l" RENAME TO "l";""",
        """DELETE FROM "l" WHERE "a" = 3 OR rowid = 1; INSERT INTO "l" VALUES (4, 'since');""",
    ),
    Case(
        "no key, rebuilt",
        """CREATE TABLE t (a, b TEXT, c INT); INSERT INTO t VALUES (1, 'x', 1), (1, 'x', 2), ('1', 'x', 3), (1.0, 'x', 1), (NULL, NULL, NULL), (NULL, NULL, 5), (x'31', 'z', 1);""",
        "CREATE TABLE n (a, b TEXT); INSERT INTO n SELECT a, b FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
        "INSERT INTO t VALUES (7, 'seven');",
        "INSERT INTO t VALUES (7, 'seven', NULL);",
    ),
    Case(
        "names",
        """CREATE TABLE "my ""table"" d'é" ("select" INTEGER PRIMARY KEY, "a ""b"" c" TEXT, [from] TEXT DEFAULT 'it''s', `ü` TEXT DEFAULT "dq");
        INSERT INTO "my ""table"" d'é" VALUES (1, 'x', 'y', 'z'), (2, NULL, NULL, NULL); CREATE TABLE "order" ("group" TEXT PRIMARY KEY, "index" BLOB);
        INSERT INTO "order" VALUES ('a', x'00'), (NULL, 1), (NULL, 1); CREATE TRIGGER "tr ""ig" AFTER INSERT ON "order" BEGIN SELECT 1; END;""",
        """ALTER TABLE "my ""table"" d'é" DROP COLUMN "a ""b"" c"; ALTER TABLE "my ""table"" d'é" DROP COLUMN `ü`; ALTER TABLE "my ""table"" d'é" RENAME TO "vïew"; UPDATE "order" SET "index" = 2; ALTER TABLE "order" ADD COLUMN "x y" INT; UPDATE "vïew" SET [from] = 1;""",
    ),
    Case(
        "case of a key's value",
        "CREATE TABLE t (k TEXT PRIMARY KEY COLLATE NOCASE, v); INSERT INTO t VALUES ('Ada', 1), ('Bob', 2);",
        "UPDATE t SET k = upper(k); UPDATE t SET v = v + 1 WHERE k = 'ada';",
    ),
    Case(
        "a default that is none",
        """CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, r INT DEFAULT (random()), w TEXT DEFAULT word, yes BOOLEAN NOT NULL DEFAULT true, m INT DEFAULT -1);
        INSERT INTO t (id) VALUES (1), (2); INSERT INTO t VALUES (3, 'then', 5, NULL, false, NULL);""",
        "CREATE TABLE n (id INTEGER PRIMARY KEY); INSERT INTO n SELECT id FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
    ),
    Case(
        "CREATE TABLE AS",
        POSTS,
        """CREATE TABLE keep AS SELECT * FROM "Post"; DROP TABLE "Post"; CREATE TABLE "Post" ("id" TEXT PRIMARY KEY, "title" TEXT); INSERT INTO "Post" SELECT "id", "title" FROM keep; DROP TABLE keep;""",
        """UPDATE "Post" SET "title" = 'new' WHERE "id" = 'b'; DELETE FROM "Post" WHERE "id" = 'a';""",
    ),
    Case(
        "two tables into one",
        POSTS,
        """CREATE TABLE "All" ("id" TEXT PRIMARY KEY, "text" TEXT); INSERT INTO "All" SELECT "id", "title" FROM "Post"; INSERT INTO "All" SELECT 'u' || "id", "email" FROM "User"; DROP TABLE "Post";""",
    ),
    Case(
        "one table into two",
        USERS,
        """CREATE TABLE "Profile" ("user" INTEGER PRIMARY KEY, "name" TEXT); INSERT INTO "Profile" SELECT "id", "name" FROM "User"; ALTER TABLE "User" DROP COLUMN "name";""",
    ),
    *(
        Case(f"an index with a name of SQLite's own, {what}", f"{USERS}{RESERVED}", migration)
        for what, migration in (
            ("made again", rebuild("User", f'{ID}, "email" TEXT NOT NULL', '"id", "email"', after=RESERVED)),
            ("lost", rebuild("User", f'{ID}, "email" TEXT NOT NULL', '"id", "email"')),
            ("dropped", 'DROP INDEX "sqlite_autoindex_User_2";'),
            ("dropped with its table", 'DROP TABLE "User";'),
        )
    ),
    Case(
        "a counter set back",
        POSTS,
        """DELETE FROM "User" WHERE "id" = 5; UPDATE sqlite_sequence SET seq = 2 WHERE name = 'User';""",
    ),
    Case(
        "a rebuild that forgets the counter",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT); INSERT INTO t VALUES (1, 1), (50, 1); DELETE FROM t WHERE id = 50;",
        "CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, v INT); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
    ),
    Case(
        "a check and a collation",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0), s TEXT COLLATE NOCASE UNIQUE, CHECK (s <> '')); INSERT INTO t VALUES (1, 1, 'a'), (2, NULL, NULL);",
        "CREATE TABLE x (id INTEGER PRIMARY KEY, n INT, s TEXT); INSERT INTO x SELECT id, -n, s FROM t; DROP TABLE t; ALTER TABLE x RENAME TO t;",
        "INSERT INTO t VALUES (3, 5, 'c');",
        "INSERT INTO t VALUES (3, NULL, 'c');",
    ),
    Case(
        "empty tables",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL); CREATE TABLE u (a, b);",
        rebuild("t", '"id" TEXT NOT NULL PRIMARY KEY', '"id"') + "DROP TABLE u;",
    ),
    Case("nothing", POSTS, "SELECT 1; PRAGMA user_version;"),
    Case(
        "search: rows",
        SEARCH,
        """DELETE FROM "Post" WHERE "id" = 5; INSERT INTO "Post" VALUES (9, 'x', 'y'); UPDATE notes SET text = 'drei' WHERE rowid = 3; DELETE FROM place WHERE id = 1;""",
        """INSERT INTO notes VALUES ('new'); INSERT INTO place VALUES (8, 8, 9);""",
        """INSERT INTO notes (rowid, text) VALUES (11, 'new'); INSERT INTO place VALUES (8, 8, 9);""",
    ),
    Case(
        "search: dropped",
        SEARCH,
        """DROP TABLE "search"; DROP TABLE notes; DROP TABLE place; DROP TRIGGER "ai"; DROP TRIGGER "ad";""",
    ),
    Case(
        "search: made anew",
        SEARCH,
        """DROP TABLE "search"; CREATE VIRTUAL TABLE "search" USING fts5(title, body, extra); DROP TABLE notes; CREATE VIRTUAL TABLE notes USING fts5(text, tokenize = 'trigram'); INSERT INTO notes VALUES ('new');""",
    ),
    Case(
        "search: its table rebuilt",
        SEARCH,
        rebuild("Post", '"id" INTEGER NOT NULL PRIMARY KEY, "title" TEXT', '"id", "title"'),
    ),
    Case("search: renamed", SEARCH, "ALTER TABLE notes RENAME TO remarks;"),
    Case(
        "many at once",
        TAGS,
        WITHOUT_AGE
        + rebuild(
            "Post",
            '"id" TEXT NOT NULL PRIMARY KEY, "title" TEXT, "authorId" INTEGER, "at" DATETIME DEFAULT CURRENT_TIMESTAMP',
            '"id", "title", "authorId"',
        )
        + """DELETE FROM "Post" WHERE "id" = 'b'; DROP TABLE "Tag"; ALTER TABLE "_PostToTag" RENAME TO "links"; UPDATE "links" SET "B" = "B" + 5; CREATE TABLE "Tag" ("id" INTEGER PRIMARY KEY); INSERT INTO "Tag" SELECT DISTINCT "B" FROM "links"; DELETE FROM "links" WHERE "A" = 'b';""",
    ),
]

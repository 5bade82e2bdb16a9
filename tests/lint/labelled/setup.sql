-- What every case starts from: tables with rows, as Prisma and as people name them.
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN', 'GUEST');
CREATE TYPE "Status" AS ENUM ('DRAFT', 'LIVE');
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE address AS (street text, zip text);
CREATE DOMAIN short_text AS text CHECK (length(VALUE) < 500);

CREATE TABLE "User" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "bio" TEXT,
    "age" INTEGER,
    "score" INTEGER NOT NULL DEFAULT 0,
    "role" "Role" NOT NULL DEFAULT 'USER',
    "handle" VARCHAR(100),
    "balance" DECIMAL(10,2),
    "settings" JSON,
    "tags" TEXT[],
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE INDEX "User_name_idx" ON "User"("name");

CREATE TABLE "Post" (
    "id" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT,
    "slug" TEXT,
    "status" "Status" NOT NULL DEFAULT 'DRAFT',
    "authorId" INTEGER,
    "editorId" INTEGER,

    CONSTRAINT "Post_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");

CREATE TABLE "Tag" ("id" TEXT NOT NULL, "name" TEXT NOT NULL, CONSTRAINT "Tag_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_PostToTag" ("A" INTEGER NOT NULL, "B" TEXT NOT NULL);
CREATE UNIQUE INDEX "_PostToTag_AB_unique" ON "_PostToTag"("A", "B");
CREATE INDEX "_PostToTag_B_index" ON "_PostToTag"("B");
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_A_fkey" FOREIGN KEY ("A") REFERENCES "Post"("id") ON DELETE CASCADE;
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_B_fkey" FOREIGN KEY ("B") REFERENCES "Tag"("id") ON DELETE CASCADE;

CREATE TABLE customers (
    id integer PRIMARY KEY,
    email text,
    phone text,
    vip boolean DEFAULT false,
    feeling mood
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer,
    total numeric(10,2) CONSTRAINT total_positive CHECK (total >= 0),
    note varchar(50),
    reference text,
    weight real,
    placed_at timestamp DEFAULT now(),
    shipped_on text
);
CREATE SEQUENCE invoice_numbers;
CREATE SCHEMA audit;
CREATE TABLE audit.event (id bigserial PRIMARY KEY, actor text, payload jsonb, at timestamptz NOT NULL DEFAULT now());
CREATE SCHEMA scratch;
CREATE TABLE scratch.import (line text);

CREATE TABLE measurement (sensor int NOT NULL, taken date NOT NULL, value real) PARTITION BY RANGE (taken);
CREATE TABLE measurement_2024 PARTITION OF measurement FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE measurement_2025 (sensor int NOT NULL, taken date NOT NULL, value real);

CREATE VIEW live_posts AS SELECT "id", "title" FROM "Post" WHERE "status" = 'LIVE';
CREATE MATERIALIZED VIEW post_counts AS SELECT "authorId", count(*) AS posts FROM "Post" GROUP BY "authorId";
CREATE UNIQUE INDEX post_counts_author ON post_counts ("authorId");
CREATE FUNCTION slow_default() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT md5(random()::text) $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.placed_at := now(); RETURN NEW; END $$;
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON customers USING (email = current_user);

INSERT INTO "User" ("email", "name", "bio", "age", "role", "handle", "balance", "settings")
SELECT 'user' || n || '@example.org', 'name ' || n % 3, 'bio', n, (ARRAY['USER', 'ADMIN', 'GUEST'])[1 + n % 3]::"Role", 'h', n, '{}'
FROM generate_series(1, 9) n;
INSERT INTO "User" ("email") VALUES ('null@example.org');
INSERT INTO "Post" ("title", "body", "status", "authorId") SELECT 'title ' || n % 2, 'body', 'LIVE', n FROM generate_series(1, 5) n;
INSERT INTO "Tag" VALUES ('a', 'one'), ('b', 'one');
INSERT INTO "_PostToTag" VALUES (1, 'a'), (2, 'b');
INSERT INTO customers (id, email, phone) SELECT n, 'c@example.org', NULL FROM generate_series(1, 5) n;
INSERT INTO orders (customer_id, total, note, reference, shipped_on) SELECT n, n, repeat('x', 40), 'r', '2024-01-01' FROM generate_series(1, 5) n;
INSERT INTO audit.event (actor, payload) VALUES ('someone', '{}');
INSERT INTO measurement VALUES (1, '2024-05-01', 1.5);
REFRESH MATERIALIZED VIEW post_counts;

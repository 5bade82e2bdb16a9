-- Rows changed or deleted.

-- case: a table truncated
-- migration
-- expect: data-loss truncate-or-delete-all
TRUNCATE TABLE orders;

-- case: truncated by hand, with what refers to it
-- migration
-- expect: data-loss truncate-or-delete-all
truncate "Post", audit.event restart identity cascade;

-- case: every row deleted
-- migration
-- expect: data-loss truncate-or-delete-all
DELETE FROM "_PostToTag";

-- case: every row deleted under a condition that always holds
-- migration
-- expect: data-loss truncate-or-delete-all
delete from public.orders where 1 = 1;

-- case: every row deleted under another condition that always holds
-- migration
-- expect: data-loss truncate-or-delete-all
DELETE FROM orders WHERE true;

-- case: deleted before a required column comes
-- migration
-- expect: data-loss truncate-or-delete-all
DELETE FROM "Post";
-- AlterTable
ALTER TABLE "Post" ADD COLUMN "uuid" TEXT NOT NULL;

-- case: every row deleted in a common table expression
-- migration
-- expect: data-loss truncate-or-delete-all
WITH gone AS (
    DELETE FROM orders RETURNING id
)
SELECT count(*) FROM gone;

-- case: rows moved, and deleted where they were
-- migration
CREATE TABLE order_archive (LIKE orders);
-- expect: data-loss truncate-or-delete-all
WITH moved AS (DELETE FROM orders RETURNING *) INSERT INTO order_archive SELECT * FROM moved WHERE total > 3;

-- case: every row deleted in a DO block
-- migration
-- expect: data-loss truncate-or-delete-all
DO $$ BEGIN DELETE FROM customers; END $$;

-- case: rows deleted that a join finds
-- migration
-- expect: data-loss delete-rows or truncate-or-delete-all
DELETE FROM "Post" USING "User" WHERE "Post"."authorId" = "User"."id" AND "User"."role" = 'GUEST';

-- case: duplicates deleted
-- migration
-- expect: data-loss delete-rows or truncate-or-delete-all
DELETE FROM "Tag" a USING "Tag" b WHERE a."name" = b."name" AND a."id" > b."id";

-- case: every value overwritten
-- migration
-- expect: data-loss|lock overwrite-values or update-all or update-without-where
UPDATE "User" SET "role" = 'USER';

-- case: every value overwritten, by hand
-- migration
-- expect: data-loss|lock overwrite-values or update-all or update-without-where
update public.customers set vip = false, phone = '' where true;

-- case: every value overwritten in a common table expression
-- migration
-- expect: data-loss|lock overwrite-values or update-all or update-without-where
WITH cleared AS (UPDATE orders SET reference = NULL RETURNING id) SELECT count(*) FROM cleared;

-- case: a new column filled while the table is locked
-- migration
-- AlterTable
ALTER TABLE "User" ADD COLUMN "displayName" TEXT;

-- expect: lock backfill-in-migration or update-all or update-without-where
UPDATE "User" SET "displayName" = "name";

-- case: a new column filled from another table
-- migration
ALTER TABLE orders ADD COLUMN email text;
-- expect: lock backfill-in-migration or update-all or update-without-where
UPDATE orders o SET email = c.email FROM customers c WHERE c.id = o.customer_id;

-- case: a merge that deletes
-- server: 15
-- migration
-- expect: data-loss delete-rows or truncate-or-delete-all or opaque-statement or merge-rows
MERGE INTO orders USING customers ON orders.customer_id = customers.id
WHEN MATCHED AND customers.vip IS NOT TRUE THEN DELETE
WHEN NOT MATCHED THEN INSERT (customer_id) VALUES (customers.id);

-- case: rows deleted by a loop
-- migration
-- expect: data-loss truncate-or-delete-all or delete-rows
DO $$
DECLARE
    batch integer;
BEGIN
    LOOP
        DELETE FROM orders WHERE ctid IN (SELECT ctid FROM orders LIMIT 2);
        GET DIAGNOSTICS batch = ROW_COUNT;
        EXIT WHEN batch = 0;
    END LOOP;
END $$;

-- case: constraints and triggers switched off
-- migration
-- expect: correctness|lock|data-loss session-replication-role or triggers-off or disable-trigger
SET session_replication_role = replica;
DELETE FROM "Tag" WHERE "id" = 'a';
SET session_replication_role = DEFAULT;

-- case: a seed that writes over what people have changed
-- migration
-- expect: data-loss overwrite-values
INSERT INTO "Tag" ("id", "name") VALUES ('a', 'one'), ('c', 'three')
ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name";

-- case: rows copied over rows
-- migration
-- expect: data-loss overwrite-values
INSERT INTO customers (id, email)
SELECT "id", "email" FROM "User"
ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email WHERE customers.email <> EXCLUDED.email;

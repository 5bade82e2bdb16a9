-- AlterTable
ALTER TABLE "Paper" ADD COLUMN     "citationCount" INTEGER NOT NULL DEFAULT 0;

-- Written by hand from here: Prisma has no words for functions, triggers and checks.

-- Counting on every page view was too slow, so the count lives on the paper.
CREATE FUNCTION count_citation() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP IN ('DELETE', 'UPDATE') THEN
    UPDATE "Paper" SET "citationCount" = "citationCount" - 1 WHERE "id" = OLD."citedId";
  END IF;
  IF TG_OP IN ('INSERT', 'UPDATE') THEN
    UPDATE "Paper" SET "citationCount" = "citationCount" + 1 WHERE "id" = NEW."citedId";
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER "Citation_count"
AFTER INSERT OR DELETE OR UPDATE OF "citedId" ON "Citation"
FOR EACH ROW EXECUTE FUNCTION count_citation();

UPDATE "Paper" SET "citationCount" = cited.count
FROM (SELECT "citedId", count(*) FROM "Citation" GROUP BY "citedId") AS cited
WHERE cited."citedId" = "Paper"."id";

-- A paper does not cite itself; the importer once thought otherwise.
DELETE FROM "Citation" WHERE "citingId" = "citedId";
ALTER TABLE "Citation" ADD CONSTRAINT "Citation_not_itself" CHECK ("citingId" <> "citedId");

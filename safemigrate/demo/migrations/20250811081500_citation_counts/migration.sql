-- AlterTable
ALTER TABLE "Paper" ADD COLUMN     "citationCount" INTEGER NOT NULL DEFAULT 0;

-- Written by hand from here: Prisma has no words for functions, triggers and checks.
CREATE FUNCTION count_citation() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE "Paper" SET "citationCount" = "citationCount" - 1 WHERE "id" = OLD."citedId";
  ELSE
    UPDATE "Paper" SET "citationCount" = "citationCount" + 1 WHERE "id" = NEW."citedId";
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER "Citation_count"
AFTER INSERT OR DELETE ON "Citation"
FOR EACH ROW EXECUTE FUNCTION count_citation();

ALTER TABLE "Citation" ADD CONSTRAINT "Citation_not_itself" CHECK ("citingId" <> "citedId");

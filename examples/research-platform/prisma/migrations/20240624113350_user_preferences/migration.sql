-- CreateEnum
CREATE TYPE "UnitSystem" AS ENUM ('SI', 'CGS');

-- CreateTable
CREATE TABLE "UserPreferences" (
    "userId" TEXT NOT NULL,
    "units" "UnitSystem" NOT NULL DEFAULT 'SI',
    "dashboard" JSONB NOT NULL DEFAULT '{}',
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "UserPreferences_pkey" PRIMARY KEY ("userId")
);

-- AddForeignKey
ALTER TABLE "UserPreferences" ADD CONSTRAINT "UserPreferences_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Backfill from the settings. Early settings were typed by hand: "cgs", "metric", "si units" ...
DO $$
DECLARE
  settings record;
  moved integer := 0;
BEGIN
  FOR settings IN SELECT "userId", "units", "dashboard" FROM "UserSettings" LOOP
    INSERT INTO "UserPreferences" ("userId", "units", "dashboard", "updatedAt")
    VALUES (
      settings."userId",
      CASE WHEN settings."units" ILIKE '%cgs%' THEN 'CGS'::"UnitSystem" ELSE 'SI'::"UnitSystem" END,
      settings."dashboard",
      CURRENT_TIMESTAMP
    );
    moved := moved + 1;
  END LOOP;
  RAISE NOTICE 'preferences of % users', moved;
END
$$;

-- AlterTable
ALTER TABLE "UserSettings" DROP COLUMN "dashboard",
DROP COLUMN "units",
ALTER COLUMN "theme" SET DEFAULT 'system';

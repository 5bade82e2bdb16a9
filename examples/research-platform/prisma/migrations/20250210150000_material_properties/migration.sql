-- AlterTable
ALTER TABLE "ElectrodeMaterial" ADD COLUMN     "properties" JSONB NOT NULL DEFAULT '{}';

-- For whoever meets the tables in a BI tool.
COMMENT ON TABLE "ElectrodeMaterial" IS 'Anode and cathode materials; the laboratory''s own list';
COMMENT ON COLUMN "ElectrodeMaterial"."conductivity" IS 'S/m at 298 K';
COMMENT ON COLUMN "ElectrodeMaterial"."surfaceArea" IS 'm²/g (BET)';
COMMENT ON COLUMN "Measurement"."current" IS 'A';

/*
  Warnings:

  - You are about to alter the column `confidence` on the `Prediction` table. The data in that column could be lost. The data in that column will be cast from `DoublePrecision` to `Decimal(5,4)`.

*/
-- AlterTable
ALTER TABLE "Measurement" ALTER COLUMN "takenAt" SET DATA TYPE TIMESTAMPTZ(3) USING "takenAt" AT TIME ZONE 'UTC';

-- AlterTable
ALTER TABLE "Prediction" ALTER COLUMN "confidence" SET DATA TYPE DECIMAL(5,4);

-- A confidence is a probability.
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_confidence_range" CHECK ("confidence" BETWEEN 0 AND 1);

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "bio" TEXT;

-- CreateTable
CREATE TABLE "Prediction" (
    "id" TEXT NOT NULL,
    "experimentId" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "Prediction_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Prediction_experimentId_idx" ON "Prediction"("experimentId");

-- AddForeignKey
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

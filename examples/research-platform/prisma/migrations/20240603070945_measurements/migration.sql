-- CreateTable
CREATE TABLE "Measurement" (
    "id" BIGSERIAL NOT NULL,
    "experimentId" TEXT NOT NULL,
    "takenAt" TIMESTAMP(3) NOT NULL,
    "voltage" DECIMAL(10,4) NOT NULL,
    "current" DECIMAL(12,6) NOT NULL,
    "temperature" DOUBLE PRECISION,

    CONSTRAINT "Measurement_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Measurement_experimentId_idx" ON "Measurement"("experimentId");

-- AddForeignKey
ALTER TABLE "Measurement" ADD CONSTRAINT "Measurement_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

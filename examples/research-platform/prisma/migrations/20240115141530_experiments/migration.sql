-- CreateEnum
CREATE TYPE "ExperimentStatus" AS ENUM ('DRAFT', 'RUNNING', 'COMPLETED', 'FAILED');

-- CreateEnum
CREATE TYPE "MaterialKind" AS ENUM ('CARBON', 'METAL', 'OXIDE', 'POLYMER', 'COMPOSITE');

-- CreateTable
CREATE TABLE "ElectrodeMaterial" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "MaterialKind" NOT NULL,
    "conductivity" DECIMAL(14,4),
    "surfaceArea" DOUBLE PRECISION,
    "costPerKg" DECIMAL(10,2),

    CONSTRAINT "ElectrodeMaterial_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Experiment" (
    "id" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "notes" TEXT,
    "status" "ExperimentStatus" NOT NULL DEFAULT 'DRAFT',
    "anodeId" INTEGER,
    "cathodeId" INTEGER,
    "startedAt" TIMESTAMP(3),
    "completedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Experiment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ExperimentParameter" (
    "id" SERIAL NOT NULL,
    "experimentId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" DECIMAL(18,6) NOT NULL,
    "unit" TEXT NOT NULL,

    CONSTRAINT "ExperimentParameter_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ElectrodeMaterial_name_key" ON "ElectrodeMaterial"("name");

-- CreateIndex
CREATE INDEX "Experiment_ownerId_idx" ON "Experiment"("ownerId");

-- CreateIndex
CREATE UNIQUE INDEX "ExperimentParameter_experimentId_name_key" ON "ExperimentParameter"("experimentId", "name");

-- AddForeignKey
ALTER TABLE "Experiment" ADD CONSTRAINT "Experiment_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Experiment" ADD CONSTRAINT "Experiment_anodeId_fkey" FOREIGN KEY ("anodeId") REFERENCES "ElectrodeMaterial"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Experiment" ADD CONSTRAINT "Experiment_cathodeId_fkey" FOREIGN KEY ("cathodeId") REFERENCES "ElectrodeMaterial"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ExperimentParameter" ADD CONSTRAINT "ExperimentParameter_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

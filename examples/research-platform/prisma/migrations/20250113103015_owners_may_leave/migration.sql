-- DropForeignKey
ALTER TABLE "Experiment" DROP CONSTRAINT "Experiment_ownerId_fkey";

-- DropIndex
DROP INDEX "Experiment_ownerId_idx";

-- CreateIndex
CREATE INDEX "Account_userId_idx" ON "Account"("userId");

-- CreateIndex
CREATE INDEX "Experiment_ownerId_status_idx" ON "Experiment"("ownerId", "status");

-- CreateIndex
CREATE INDEX "Prediction_modelName_modelVersion_idx" ON "Prediction"("modelName", "modelVersion");

-- CreateIndex
CREATE INDEX "Session_userId_idx" ON "Session"("userId");

-- AddForeignKey
ALTER TABLE "Experiment" ADD CONSTRAINT "Experiment_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

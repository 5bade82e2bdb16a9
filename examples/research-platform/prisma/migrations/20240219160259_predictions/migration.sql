-- CreateTable
CREATE TABLE "Prediction" (
    "id" TEXT NOT NULL,
    "experimentId" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "modelVersion" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Prediction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PredictionResult" (
    "id" SERIAL NOT NULL,
    "predictionId" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "predicted" DOUBLE PRECISION NOT NULL,
    "observed" DOUBLE PRECISION,
    "unit" TEXT NOT NULL,

    CONSTRAINT "PredictionResult_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Prediction_experimentId_idx" ON "Prediction"("experimentId");

-- CreateIndex
CREATE UNIQUE INDEX "PredictionResult_predictionId_metric_key" ON "PredictionResult"("predictionId", "metric");

-- AddForeignKey
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PredictionResult" ADD CONSTRAINT "PredictionResult_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

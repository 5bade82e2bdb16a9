-- CreateIndex
-- edited: CONCURRENTLY, alone in its file; Measurement is written to all day
CREATE INDEX CONCURRENTLY "Measurement_takenAt_idx" ON "Measurement"("takenAt");

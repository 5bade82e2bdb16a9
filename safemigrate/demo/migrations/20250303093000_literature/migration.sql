-- CreateTable
CREATE TABLE "Paper" (
    "id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "year" INTEGER NOT NULL,

    CONSTRAINT "Paper_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Citation" (
    "citingId" TEXT NOT NULL,
    "citedId" TEXT NOT NULL,

    CONSTRAINT "Citation_pkey" PRIMARY KEY ("citingId","citedId")
);

-- CreateTable
CREATE TABLE "PaperNote" (
    "id" SERIAL NOT NULL,
    "paperId" TEXT NOT NULL,
    "authorId" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PaperNote_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Citation_citedId_idx" ON "Citation"("citedId");

-- CreateIndex
CREATE INDEX "PaperNote_paperId_idx" ON "PaperNote"("paperId");

-- AddForeignKey
ALTER TABLE "Citation" ADD CONSTRAINT "Citation_citingId_fkey" FOREIGN KEY ("citingId") REFERENCES "Paper"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Citation" ADD CONSTRAINT "Citation_citedId_fkey" FOREIGN KEY ("citedId") REFERENCES "Paper"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PaperNote" ADD CONSTRAINT "PaperNote_paperId_fkey" FOREIGN KEY ("paperId") REFERENCES "Paper"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PaperNote" ADD CONSTRAINT "PaperNote_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

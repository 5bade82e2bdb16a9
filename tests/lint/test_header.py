"""Prisma's own warnings: read from the head of a file, and each with a finding on what Prisma writes below it."""

from __future__ import annotations

import pytest

from safemigrate.lint.header import Warned, warnings
from safemigrate.model import Severity
from tests.lint.conftest import Read

T = 'ALTER TABLE "User" '
TOLD = [
    (
        "You are about to drop the column `bio` on the `User` table. All the data in the column will be lost.",
        Warned("drop column", "User", "bio"),
        T + 'DROP COLUMN "bio";',
        "drop-column",
    ),
    (
        "You are about to drop the `User` table. If the table is not empty, all the data it contains will be lost.",
        Warned("drop table", "User"),
        'DROP TABLE "User";',
        "drop-table",
    ),
    (
        "You are about to alter the column `pay` on the `User` table. The data in that column could be lost. The data "
        "in that column will be cast from `Decimal(10,2)` to `Integer`.",
        Warned("cast", "User", "pay", "Decimal(10,2)"),
        T + 'ALTER COLUMN "pay" SET DATA TYPE INTEGER;',
        "type-change",
    ),
    (
        "The `age` column on the `User` table would be dropped and recreated. This will lead to data loss if there is "
        "data in the column.",
        Warned("recreate", "User", "age"),
        T + 'DROP COLUMN "age",\nADD COLUMN "age" TEXT;',
        "drop-and-add-column",
    ),
    (
        "Changed the type of `age` on the `User` table. No cast exists, the column would be dropped and recreated, "
        "which cannot be done if there is data, since the column is required.",
        Warned("recreate required", "User", "age"),
        T + 'DROP COLUMN "age",\nADD COLUMN "age" TEXT NOT NULL;',
        "drop-and-add-column",
    ),
    (
        "The primary key for the `User` table will be changed. If it partially fails, the table could be left without "
        "primary key constraint.",
        Warned("primary key", "User"),
        T + 'DROP CONSTRAINT "User_pkey",\nADD CONSTRAINT "User_pkey" PRIMARY KEY ("a", "b");',
        "unique-on-existing",
    ),
    (
        "A unique constraint covering the columns `[a,b]` on the table `User` will be added. If there are existing "
        "duplicate values, this will fail.",
        Warned("unique", "User", "a,b"),
        'CREATE UNIQUE INDEX "User_a_b_key" ON "User"("a", "b");',
        "unique-on-existing",
    ),
    (
        "The values [GUEST] on the enum `Role` will be removed. If these variants are still used in the database, this "
        "will fail.",
        Warned("enum values", "Role", "GUEST"),
        "CREATE TYPE \"Role_new\" AS ENUM ('USER');\n"
        + T
        + 'ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");\n'
        'ALTER TYPE "Role" RENAME TO "Role_old";\nALTER TYPE "Role_new" RENAME TO "Role";\nDROP TYPE "Role_old";',
        "enum-value-removed",
    ),
    (
        "Added the required column `a` to the `User` table without a default value. This is not possible if the table "
        "is not empty.",
        Warned("required", "User", "a"),
        T + 'ADD COLUMN "a" TEXT NOT NULL;',
        "required-column-without-default",
    ),
    (
        "The required column `a` was added to the `User` table with a prisma-level default value. This is not possible "
        "if the table is not empty. Please add this column as optional, then populate it before making it required.",
        Warned("required by Prisma", "User", "a"),
        T + 'ADD COLUMN "a" TEXT NOT NULL;',
        "required-column-without-default",
    ),
    (
        "Made the column `a` on table `User` required. This step will fail if there are existing NULL values in that "
        "column.",
        Warned("not null", "User", "a"),
        T + 'ALTER COLUMN "a" SET NOT NULL;',
        "set-not-null",
    ),
]


@pytest.mark.parametrize(("text", "told", "sql", "rule"), TOLD, ids=[told.kind for _text, told, _sql, _rule in TOLD])
def test_what_prisma_warns_of_is_a_finding(text: str, told: Warned, sql: str, rule: str, read: Read) -> None:
    file = f"/*\n  Warnings:\n\n  - {text}\n\n*/\n-- AlterTable\n{sql}\n"
    assert warnings(file) == (told,)
    found = {finding.rule for finding in read(file) if finding.severity is not Severity.NOTICE}
    assert rule in found


def test_several_are_read_and_a_comment_that_is_none_is_not() -> None:
    lines = "".join(f"  - {text}\n" for text, _told, _sql, _rule in TOLD)
    assert warnings(f"\ufeff/*\r\n  Warnings:\n\n{lines}\n*/") == tuple(told for _text, told, _sql, _rule in TOLD)
    assert warnings("/* You are about to drop the `User` table. */ SELECT 1") == ()
    assert warnings("SELECT 1; /*\n  Warnings:\n\n  - You are about to drop the `User` table.\n*/") == ()

"""What only SQLite's SQL has."""

from __future__ import annotations

import pytest

from safemigrate.sql.dialect import sign_of_sqlite


@pytest.mark.parametrize(
    ("sql", "sign"),
    [
        ("PRAGMA foreign_keys=OFF;", "PRAGMA"),
        ('-- a comment\nCREATE TABLE "T" (id INTEGER PRIMARY KEY AUTOINCREMENT)', "AUTOINCREMENT"),
        ('ALTER TABLE "T" ADD COLUMN "at" DATETIME', "DATETIME"),
        ("CREATE TABLE `T` (at DATETIME(3))", ""),
        ("CREATE TABLE t (id INT AUTO_INCREMENT, at DATETIME)", ""),
        ("SELECT \"PRAGMA\", 'DATETIME', pragma FROM t", ""),
        ('CREATE TABLE "T" ("at" TIMESTAMP(3), "datetime" TEXT)', ""),
        ("SELECT 'never closed", ""),
    ],
)
def test_a_sign_is_unmistakable(sql: str, sign: str) -> None:
    assert sign_of_sqlite(sql) == sign

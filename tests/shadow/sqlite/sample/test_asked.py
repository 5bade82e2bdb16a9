from __future__ import annotations

from typing import Any

import pytest

from safemigrate.shadow.sqlite.sample.asked import asked
from safemigrate.sql import split


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            """UPDATE "C" SET "v" = 'x' WHERE "name" = 'a' AND category='it''s'""",
            [{"name": "a", "category": "it's"}],
        ),
        ("DELETE FROM Config WHERE `Name` IN ('a', 'b') AND [kind] = 7", [{"name": "a", "kind": 7}, {"name": "b"}]),
        ("UPDATE a SET b = CASE WHEN c = 'x' THEN 1 ELSE 2 END", [{"c": "x"}]),
        ("INSERT INTO a SELECT * FROM b WHERE lower(c) = 'x'", []),
        ("CREATE TABLE a (b TEXT CHECK (b = 'x'))", []),
    ],
)
def test_what_a_statement_looks_for(sql: str, expected: list[dict[str, Any]]) -> None:
    assert asked(split(sql, dialect="sqlite")) == expected

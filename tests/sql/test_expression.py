from __future__ import annotations

import pytest

from safemigrate.sql.expression import always_holds, called


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("'x'", set()),
        ("CURRENT_TIMESTAMP", set()),
        ("now()", {"now"}),
        ("(NOW() AT TIME ZONE 'utc')", {"now"}),
        ('"camelCase"(1) + public.uuid_generate_v4()', {"camelCase", "uuid_generate_v4"}),
        ("'x'::varchar(10) || 'y'::character varying(3)", set()),
        ("'x'::pg_catalog.varchar(10) || f(2)", {"f"}),
        ("CAST(random() AS numeric(10, 2))", {"cast", "random"}),
        ("a::int = 1 AND f(a)", {"f"}),
        ("CASE WHEN (true) THEN (1) ELSE (2) END", set()),
        ("'f(' /* g( */ || lower($$h($$)", {"lower"}),
        ("'never closed", {""}),
    ],
)
def test_calls(expression: str, names: set[str]) -> None:
    assert called(expression) == names


@pytest.mark.parametrize(
    ("condition", "always"),
    [
        ("true", True),
        ("1 = 1", True),
        ("(1=1)", True),
        ("'a' = 'a' AND NOT false", True),
        ("id = 3 OR 2 > 1", True),
        ('"expiresAt" < now()', False),
        ("id = 3 OR id = 4", False),
        ("id = 3 AND 1 = 1", False),
        ("false OR 1 = 2", False),
        ("id = 3 OR 'never closed", False),
        ("a OR OR b", False),
        ("(" * 3000 + "true" + ")" * 3000, False),
    ],
)
def test_always_holds(condition: str, always: bool) -> None:
    assert always_holds(condition) is always

from __future__ import annotations

import pytest

from safemigrate.sql.expression import called


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

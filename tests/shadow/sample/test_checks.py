from __future__ import annotations

import pytest

from safemigrate.shadow.sample.checks import literal, suggestions
from safemigrate.shadow.sample.describe import Type


def type_of(name: str, category: str) -> Type:
    return Type(name, name, "b", category, ",", 0, 0, -1, (), (), ())


@pytest.mark.parametrize(
    ("expression", "name", "category", "expected"),
    [
        ("(a = ANY (ARRAY['x'::text, 'it''s'::text]))", "text", "S", {"x", "it's"}),
        ("(a ~~ 'https://%'::text)", "text", "S", {"https://x"}),
        ("(length(a) = 3)", "text", "S", {"abc"}),
        ("((a >= 1) AND (a <= 5))", "int4", "N", {"1", "2", "4", "5"}),
        ("(a > '-1'::integer)", "int4", "N", {"-1", "0"}),
        ("(a > (0)::numeric)", "numeric", "N", {"0.01"}),
        ("(a >= '2024-02-01'::date)", "date", "D", {"2024-02-01", "2024-02-02"}),
        ("(a <= '9999-12-31'::date)", "date", "D", {"9999-12-30", "9999-12-31"}),
    ],
)
def test_what_a_condition_mentions_is_tried(expression: str, name: str, category: str, expected: set[str]) -> None:
    assert expected <= set(suggestions(expression, type_of(name, category), -1))


def test_no_number_is_tried_that_the_type_refuses() -> None:
    found = suggestions("((a < 40000) AND (b < 0.5))", type_of("int2", "N"), -1)
    assert all(text.lstrip("-").isdigit() and abs(int(text)) < 2**15 for text in found)


@pytest.mark.parametrize(
    ("text", "expected"), [(None, "NULL"), ("it's", "'it''s'"), ("C:\\new 'x'", "E'C:\\\\new ''x'''")]
)
def test_a_value_is_written_as_sql(text: str | None, expected: str) -> None:
    assert literal(text) == expected

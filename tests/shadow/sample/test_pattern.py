from __future__ import annotations

import re

import pytest

from safemigrate.shadow.sample.pattern import matching


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}-\\d{3}$",
        "^[a-z0-9]+(-[a-z0-9]+)*$",
        "^(red|green|blue)$",
        "^[^@ ]+@[^@ ]+\\.[a-z]{2,}$",
        "^#[0-9a-fA-F]{6}$",
        "^v?\\d+\\.\\d+\\.\\d+(?:-[a-z]+)?$",
        "^[]a]{1,3}$",
        "^[a-z_.-]{0,5}$",
        "^\\w+\\s.*?$",
        "^a{2,4}b?$",
    ],
)
def test_every_text_matches_its_pattern(pattern: str) -> None:
    texts = matching(pattern)
    assert texts
    assert [text for text in texts if not re.fullmatch(pattern, text)] == []
    assert matching(pattern) == texts


def test_classes_by_name_are_known() -> None:
    assert all(re.fullmatch(r"[A-Za-z]+", text) for text in matching("^[[:alpha:]]+$"))


@pytest.mark.parametrize("pattern", ["(?=a)b", "[a", "a\\", "[[:punct:]]"])
def test_what_is_no_pattern_for_it_gives_nothing(pattern: str) -> None:
    assert matching(pattern) == []

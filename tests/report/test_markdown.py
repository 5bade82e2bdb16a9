"""Markdown: nothing in a name or in SQL leaves its place, and a page is never too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from safemigrate.errors import ProjectError
from safemigrate.model import Finding, MigrationOutcome, Outcome, Result, Severity, Span
from safemigrate.report import markdown, markup
from tests.report.nasty import NASTY, outcome

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"<details><summary>[^<]*</summary>|</?(details|summary|br|code)>|<!-- safemigrate:apply -->|\n")


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def shape(page: str) -> list[tuple[str, str]]:
    """What a page is made of, whatever its words."""
    words = ("text", "inline", "text_special", "softbreak")
    told = [one for one in flat(PARSER.parse(page)) if one.type not in words]
    for token in told:
        if token.type.startswith("html"):
            assert not OURS.sub("", token.content), token.content
    return [(one.type, one.tag) for one in told if not one.type.startswith(("html", "code_inline"))]


WORDS = [word for word in NASTY if word.strip() and len(word) < 1000]


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_never_leaves_its_place(word: str) -> None:
    assert shape(markdown.render(outcome(word))) == shape(markdown.render(outcome("word")))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None), max_size=30).filter(lambda word: word.strip()))
def test_no_word_whatever_leaves_its_place(word: str) -> None:
    table = f"| a | b |\n|---|---|\n| {markup.plain(word)} | {markup.code(word)} |\n\n{markup.plain(word)}\n"
    plain = "| a | b |\n|---|---|\n| x | `x` |\n\nx\n"
    assert shape(table) == shape(plain)


@pytest.mark.parametrize("word", ["@octocat", "org/repo#12", "https://evil.example", "www.evil.example", "@org/team"])
def test_nobody_is_mentioned_and_nothing_linked(word: str) -> None:
    assert word not in markup.plain(word).replace("\\", "")
    assert markup.plain(word).replace("\u200b", "").replace("\\", "") == word


def big(migrations: int, findings: int, sql: int) -> Outcome:
    found = tuple(
        Finding("drop-column", Severity.ERROR, f'"User"."c{at}" is dropped', "m", Span(0, 6, at + 1, 1, at + 1, 7))
        for at in range(findings)
    )
    one = MigrationOutcome("m", "", "read", found, path="m/migration.sql", text="-- sql\n" * (sql // 7))
    return Outcome(
        "check", Result.BLOCKED, migrations=tuple(replace(one, name=f"2024{at:010}") for at in range(migrations))
    )


@pytest.mark.parametrize(
    ("size", "left"),
    [((2, 3, 100_000), "characters of SQL"), ((4, 300, 0), "findings"), ((500, 40, 1_000), "migrations")],
)
def test_what_does_not_fit_is_left_out_and_said(size: tuple[int, int, int], left: str) -> None:
    page = markdown.render(big(*size))
    assert len(page) <= markdown.LIMIT
    (said,) = re.findall(r"\*Left out.*", page)
    assert re.search(rf"[\d,]+ {left}", said)
    assert page.count("<details>") == page.count("</details>")
    assert PARSER.parse(page)[-1].type == "paragraph_close"


def test_even_the_longest_words_fit() -> None:
    assert len(markdown.render(outcome("x" * 100_000))) <= markdown.LIMIT
    assert (
        len(markdown.render_error("check", ProjectError("x" * 100_000, "y" * 100_000, ("z" * 100_000,))))
        <= markdown.LIMIT
    )


def test_a_fence_is_longer_than_any_in_the_sql() -> None:
    assert markup.block("a\n````\nb").startswith("`````sql\n")

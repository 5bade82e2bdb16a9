"""The page: words stay words, every table of a diagram has its own place, and every lock its time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import pytest

from safemigrate.errors import ProjectError
from safemigrate.model import Fate, MigrationOutcome, Outcome, Result, Trace
from safemigrate.report import html
from safemigrate.report.html.layout import lay_out
from safemigrate.report.html.timeline import Hold, holds
from safemigrate.workflow.rules import pages
from tests.report import example
from tests.report.nasty import NASTY, outcome


class Shape(HTMLParser):
    """What a page is made of, whatever its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        for name, value in attrs:
            assert name not in ("src", "srcset", "action")
            assert name != "href" or str(value).startswith("#")
            (self.ids if name == "id" else self.links if name == "href" else set()).add(str(value).removeprefix("#"))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


WORDS = [word for word in NASTY if word.strip() and "\n" not in word and len(word) < 1000]


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_never_leaves_its_place(word: str) -> None:
    page = Shape(html.render(outcome(word)))
    assert page.tags == Shape(html.render(outcome("word"))).tags


def test_an_error_has_its_page_too() -> None:
    page = html.render_error("apply", ProjectError("<b>no project</b>", "why", ("safemigrate doctor",)))
    assert "&lt;b&gt;no project&lt;/b&gt;" in page
    assert "safemigrate doctor" in page


def test_the_page_says_what_there_is_to_know_first() -> None:
    words = " ".join(Shape(html.render(example.APPLY)).words)
    before_the_evidence = words[: words.index("What to do")]
    for fact in ("it loses data", "3 warnings", "reads and writes wait, about 57 s", "12,431 rows", "proven exact"):
        assert fact in before_the_evidence


@pytest.mark.parametrize(
    "page", [example.APPLY, example.big(150, 3), example.big(150, 90)], ids=["few", "many", "most"]
)
def test_no_two_tables_stand_in_one_place(page: Outcome) -> None:
    assert page.change
    picture = lay_out(page.change)
    assert 2 < len(picture.boxes) <= 50
    for one, other in combinations(picture.boxes.values(), 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y, (one.title, other.title)
    for box in picture.boxes.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= picture.width
        assert box.y + box.height <= picture.height


def test_changed_tables_and_their_neighbours_are_drawn_and_the_others_named() -> None:
    assert example.CHANGE
    boxes = lay_out(example.CHANGE).boxes
    assert '"public"."Tag"' not in boxes
    assert {box.table.name for box in boxes.values() if box.changed} == {one.name for one in example.CHANGE.changed}
    page = html.render(example.APPLY)
    assert "1 more table not in the picture" in page
    assert re.search(r'<p class="names">Tag</p>', page)


def test_what_is_pointed_to_stands_left_of_what_points() -> None:
    boxes = {box.title: box for box in lay_out(example.CHANGE).boxes.values()}
    assert boxes["User"].x < boxes["Order"].x < boxes["Invoice"].x
    assert boxes["Post"].x < boxes["Draft"].x


def test_tables_that_point_to_each_other_and_to_themselves_are_drawn() -> None:
    circle = replace(
        example.CHANGE,
        foreign_keys=(
            example.key("User", "Order", "id", Fate.ADDED),
            example.key("Order", "User", "userId"),
            example.key("User", "User", "id", Fate.ADDED),
        ),
    )
    page = html.render(replace(example.APPLY, change=circle))
    assert page.count('marker-end="url(#tip)"') == 3


LOCKED = MigrationOutcome(
    "m",
    "",
    "read",
    traces=(
        Trace(1, "a", 1.0, {"t": "ShareLock"}),
        Trace(2, "b", 2.0, {"t": "AccessExclusiveLock", "new": "AccessExclusiveLock", "u": "RowExclusiveLock"}),
        Trace(3, "c", 4.0, {}),
        Trace(4, "d", 8.0, {"t": "ACCESS EXCLUSIVE"}),
    ),
    transactions=(3, 1),
)


def test_a_lock_is_held_to_the_end_of_its_transaction() -> None:
    assert holds(LOCKED, frozenset({"new"})) == [
        Hold("t", "ACCESS EXCLUSIVE", 3, 3, 8.0),
        Hold("t", "ACCESS EXCLUSIVE", 1, 2, 6.0),
        Hold("t", "SHARE", 0, 2, 7.0),
    ]
    assert holds(LOCKED, frozenset({"new"}))[0].waits == ("reads", "reads and writes wait")


def test_nobody_waits_for_a_table_that_the_migration_made() -> None:
    made, *rest = LOCKED.traces
    migration = replace(LOCKED, traces=(replace(made, born=("t", "new")), *rest))
    assert holds(migration, frozenset()) == []


def test_where_nobody_says_what_a_transaction_is_all_is_one() -> None:
    assert holds(replace(LOCKED, transactions=()), frozenset({"new"}))[-1] == Hold("t", "SHARE", 0, 3, 15.0)


def test_a_rule_is_explained_once_and_every_link_leads_somewhere() -> None:
    known = {page.name: page for page in pages()}
    again = replace(example.APPLY.migrations[0], name="another")
    page = html.render(replace(example.APPLY, migrations=(*example.APPLY.migrations, again)), known)
    assert page.count('id="rule-drop-column"') == 1
    shape = Shape(page)
    assert "rule-drop-column" in shape.links
    assert shape.links - shape.ids == set()


def test_made_up_rows_say_nothing_of_time() -> None:
    page = html.render(replace(example.APPLY, command="check", result=Result.BLOCKED))
    assert "made-up rows" in page
    assert not re.search("1.74 s at most|wait, (about|1.74 s)", page)


@pytest.mark.parametrize("result", Result)
def test_every_result_has_a_page(result: Result) -> None:
    assert "<h1>" in html.render(Outcome("apply", result))

"""The page in a real browser: on a wide screen and on a phone, by day and by night, with the keyboard alone."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from safemigrate.report import html
from safemigrate.workflow.rules import pages
from tests.report import example
from tests.report.nasty import NASTY, outcome

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "report.png"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"wide": (1200, 900), "phone": (390, 844)}
PAGES = {
    "example": html.render(example.APPLY, {page.name: page for page in pages()}),
    "big": html.render(example.big(150, 90)),
    "nasty": html.render(outcome(" ".join(word for word in NASTY if len(word) < 1000))),
}
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])  # CI runs as root
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Open a page; what it complains of, or asks the network for, fails the test at its end."""
    complaints: list[str] = []
    contexts = []

    def open_(name: str, size: str = "wide", scheme: Any = "light") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        path = tmp_path / f"{name}.html"
        path.write_text(PAGES[name], encoding="utf-8")
        page.on("request", lambda request: complaints.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_of_the_network_and_no_page_scrolls_sideways(opened: Opened, name: str, size: str) -> None:
    page = opened(name, size, "dark")
    for details in page.query_selector_all("details"):
        details.evaluate("one => one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"


def test_the_tab_key_reaches_everything(opened: Opened) -> None:
    page = opened("example")
    # Of a group of radio buttons Tab reaches the one that is chosen; the arrows reach the others.
    reachable = "a[href], summary, [tabindex='0'], input:checked"
    number = f"[...document.querySelectorAll({reachable!r})].map((one, at) => {{ one.dataset.at = at; return one }})"
    # Within a closed fold there is nothing to reach.
    wanted = set(page.evaluate(f"{number}.filter(one => one.checkVisibility()).map(one => one.dataset.at)"))
    seen = set()
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.dataset.at"))
    assert len(wanted) > 15
    assert wanted - seen == set()


def test_the_arrow_keys_change_what_the_diagram_shows(opened: Opened) -> None:
    page = opened("example")
    shown = page.locator("svg .table").filter(has_text="Address")

    def type_of_total() -> str:
        shown = [each.text_content() or "" for each in page.locator("svg .type:visible").all()]
        (words,) = (words for words in shown if "numeric" in words)
        return words

    assert (shown.is_visible(), type_of_total()) == (True, "numeric(12,6) → numeric(10,2)")
    page.locator("#view-changes").focus()
    page.keyboard.press("ArrowRight")
    assert (shown.is_visible(), type_of_total()) == (False, "numeric(12,6)")
    page.keyboard.press("ArrowRight")
    assert (shown.is_visible(), type_of_total()) == (True, "numeric(10,2)")


CONTRAST = """() => {
  const style = getComputedStyle(document.documentElement);
  const light = name => {
    const [red, green, blue] = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/g).map(part => {
      const value = parseInt(part, 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const pairs = [];
  for (const ink of ['--ink', '--soft', '--link', '--bad', '--warn', '--good'])
    for (const ground of ['--page', '--card', '--code', '--note-tint']) pairs.push([ink, ground]);
  for (const tone of ['--bad', '--warn', '--good']) pairs.push([tone, tone + '-tint'], ['--soft', tone + '-tint']);
  pairs.push(['--ink', '--mark'], ['--soft', '--mark'], ['--card', '--ink']);
  return pairs.map(([ink, ground]) => [ink, ground, ratio(ink, ground)]);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read_on_its_ground(opened: Opened, scheme: str) -> None:
    found = opened("example", scheme=scheme).evaluate(CONTRAST)
    assert [(ink, ground, round(ratio, 2)) for ink, ground, ratio in found if ratio < 4.5] == []  # WCAG 2.2, 1.4.3


DIFFERENCE = """([one, other]) => Promise.all([one, other].map(async source => {
  const picture = await createImageBitmap(await (await fetch(source)).blob());
  const canvas = new OffscreenCanvas(60, 200), context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0, 60, 200);
  return context.getImageData(0, 0, 60, 200).data;
})).then(([a, b]) => a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length)"""


def test_the_picture_in_the_docs_is_what_the_page_looks_like(opened: Opened, browser: Browser) -> None:
    """SAFEMIGRATE_GOLDEN=write takes it anew; fonts differ between machines, so it is compared from far away."""
    taken = opened("example").screenshot(full_page=True)
    if os.environ.get("SAFEMIGRATE_GOLDEN") == "write":
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(taken)
    page = browser.new_page()
    sources = [f"data:image/png;base64,{base64.b64encode(each).decode()}" for each in (taken, PICTURE.read_bytes())]
    assert page.evaluate(DIFFERENCE, sources) < 8
    page.close()

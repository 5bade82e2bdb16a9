"""HTML and SVG as a tree: what is put in as words comes out as words, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from safemigrate.report import CONTROL

Element = ElementTree.Element
Child = Element | str | None


def tag(name: str, /, *children: Child, **attributes: str | int | float | None) -> Element:
    """Make an element; `class_` and `for_` are Python's way to say class and for, and None is not there."""
    values = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    element = Element(
        name, {key: _words(f"{value:g}" if isinstance(value, float) else str(value)) for key, value in values.items()}
    )
    add(element, *children)
    return element


def add(element: Element, *children: Child) -> None:
    """Put more into an element."""
    for child in children:
        if isinstance(child, str):
            if len(element):
                element[-1].tail = (element[-1].tail or "") + _words(child)
            else:
                element.text = (element.text or "") + _words(child)
        elif child is not None:
            element.append(child)


def wide(label: str, child: Element) -> Element:
    """Let something scroll by itself where it is wider than the page; with the keyboard, too."""
    return tag("div", child, class_="scroll", tabindex=0, role="region", aria_label=label)


def pre(label: str, *children: Child) -> Element:
    """Write SQL as it is."""
    return tag("pre", *children, class_="sql scroll", tabindex=0, role="region", aria_label=label)


def table(label: str, titles: Sequence[str], rows: Iterable[Sequence[Child]], *, class_: str | None = None) -> Element:
    """Write a table that scrolls by itself."""
    head = tag("tr", *(tag("th", title, scope="col") for title in titles))
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    return wide(label, tag("table", tag("thead", head), tag("tbody", *body), class_=class_))


def write(element: Element) -> str:
    """Write a document."""
    return "<!DOCTYPE html>\n" + ElementTree.tostring(element, encoding="unicode", method="html") + "\n"


def _words(text: str) -> str:
    return text.translate(CONTROL)

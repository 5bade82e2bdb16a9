"""Links of every page; those of docs/ stay in it, for the site holds nothing else. `make docs` follows anchors too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / ".github").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    paths = [(page.parent / link).resolve() for link in links if "://" not in link]
    assert [path for path in paths if not path.exists()] == []
    if DOCS in page.parents:
        assert [path for path in paths if DOCS not in path.parents] == []


def test_every_page_is_in_the_sites_navigation() -> None:
    settings = tomllib.loads((DOCS / "zensical.toml").read_text(encoding="utf-8"))
    listed = set(re.findall(r"'([\w/-]+\.md)'", str(settings["project"]["nav"])))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    rules = {page for page in pages if page.startswith("rules/")}  # their index links to them
    assert listed == pages - rules | {"rules/README.md"}

"""Links of the pages that the site does not hold; `make docs` follows the others."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


def test_every_page_is_in_the_sites_navigation() -> None:
    docs = ROOT / "docs"
    settings = tomllib.loads((docs / "zensical.toml").read_text(encoding="utf-8"))
    listed = set(re.findall(r"'([\w/-]+\.md)'", str(settings["project"]["nav"])))
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    rules = {page for page in pages if page.startswith("rules/")}  # their index links to them
    assert listed == pages - rules | {"rules/README.md"}

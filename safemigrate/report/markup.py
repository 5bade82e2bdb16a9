"""Foreign words inside markdown: names, SQL and messages that must stay words, whatever is in them."""

from __future__ import annotations

import re

from safemigrate.report import CONTROL

# CommonMark 2.4: what begins markup within a line; `$` is GitHub's mathematics.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$])")
# GitHub and GitLab link these after all markup is read, so that no escape helps: a space of no width does.
_LINKED = re.compile(r"([@#]|(?<=:)(?=//)|(?<=\bwww)(?=\.))")
_LINE = re.compile(r"\s+")


def plain(words: str) -> str:
    """Write words on one line, in a table's cell too."""
    words = _LINE.sub(" ", words.translate(CONTROL)).strip()
    words = _SPECIAL.sub(r"\\\1", words).replace("&", "&amp;")
    return re.sub(r"^([-+=]|\d+[.)])(?=\s|$)", r"\\\1", _LINKED.sub("\\1\u200b", words))


def code(words: str) -> str:
    """Write a name or a line of SQL as code, in a table's cell too."""
    words = _LINE.sub(" ", words.translate(CONTROL)).strip()
    if "|" in words:  # it would end the cell, and after a backslash no escape of it holds (GFM 4.10)
        return f"<code>{re.sub(r'[^A-Za-z0-9 ]', lambda one: f'&#{ord(one[0])};', words)}</code>"
    fence = "`" * (_longest(words) + 1)
    space = " " if words.startswith("`") or words.endswith("`") or not words else ""
    return f"{fence}{space}{words}{space}{fence}"


def block(sql: str, language: str = "sql") -> str:
    """Write text as a fenced block that nothing in it can end."""
    fence = "`" * max(3, _longest(sql) + 1)
    return f"{fence}{language}\n{sql.translate(CONTROL).rstrip()}\n{fence}"


def folded(summary: str, body: str) -> str:
    """Write something behind a line to click; the summary is markup."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)

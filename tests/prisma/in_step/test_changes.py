"""Changes of one side of a pair, by pair/changes.diff: told where they stand, and what they propose for the other side.

A change is a diff of one side; what it proposes is below its `=`, or the same where there is none.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from safemigrate.prisma.in_step.compare import differences
from safemigrate.prisma.in_step.difference import Difference
from safemigrate.prisma.schema.reader import parse
from safemigrate.prisma.schema.values import Schema
from tests.prisma.in_step.test_compare import mended
from tests.prisma_cli import validated

PAIR = Path(__file__).with_name("pair")
P, D = Path("schema.prisma"), Path("schema.sqlite.prisma")
VERSIONS = {"5": (5, 22), "6": (6, 19)}
BASE = {
    version: ((PAIR / "production.prisma").read_text(), (PAIR / f"development-{version}.prisma").read_text())
    for version in VERSIONS
}


@dataclass(frozen=True)
class Change:
    """`side` is the number of the side that changes; `proposed` are the lines of the other that do."""

    version: str
    side: int
    changed: str
    proposed: tuple[str, ...]

    @property
    def schemas(self) -> tuple[str, str]:
        texts = list(BASE[self.version])
        texts[self.side] = self.changed
        return texts[0], texts[1]


def _changes() -> list[Change]:
    found = []
    for text in re.split("(?m)^# ", (PAIR / "changes.diff").read_text())[1:]:
        head, _, body = text.partition("\n")
        name, _, version = head.partition(" ")
        made, equals, proposed = body.partition("\n=")
        side = ("production", "development").index(name)
        changed = BASE[version or "5"][side]
        for hunk in made.rstrip("\n").split("\n..\n"):
            lines = hunk.split("\n")
            old, new = ("".join(f"{line[1:]}\n" for line in lines if line[:1] != sign) for sign in "+-")
            assert changed.count(f"\n{old}") == 1, (hunk, changed.count(f"\n{old}"))
            changed = changed.replace(f"\n{old}", f"\n{new}")
        lines = (proposed if equals else made).strip("\n").split("\n")
        found.append(Change(version or "5", side, changed, tuple(one for one in lines if one[:1] in ("+", "-"))))
    return found


CHANGES = _changes()


def _found(change: Change, dress: Callable[[str], str] = str) -> tuple[list[Difference], tuple[Schema, Schema]]:
    """What is found, with the schemas as they were as the base of a branch."""
    before, after = (
        (parse({P: dress(production)}), parse({D: dress(development)}))
        for production, development in (BASE[change.version], change.schemas)
    )
    return differences(*after, VERSIONS[change.version], before), after


@pytest.mark.parametrize("version", VERSIONS)
def test_the_pair_is_in_step(version: str) -> None:
    production, development = BASE[version]
    assert differences(parse({P: production}), parse({D: development}), VERSIONS[version]) == []


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_change_is_told_where_it_stands_and_proposed_for_the_other_side(change: Change) -> None:
    found, schemas = _found(change)
    after = mended(*schemas, found)
    assert after[change.side].texts == schemas[change.side].texts
    before, then = BASE[change.version], [_text(one) for one in after]
    proposed = _diff(before[1 - change.side], then[1 - change.side])
    assert tuple(text for _, text in proposed) == change.proposed
    assert differences(*after, VERSIONS[change.version]) == []
    lines = {1 - change.side: proposed, change.side: _diff(then[change.side], before[change.side])}
    for one in found:
        side = (P, D).index(one.place.path)
        assert one.place.line in {line for line, _ in lines[side]} or schemas[side].text(one.place).startswith("model")


def _text(schema: Schema) -> str:
    (text,) = schema.texts.values()
    return text


def _diff(before: str, after: str) -> list[tuple[int, str]]:
    """What goes out and comes in, each with its line before."""
    old, new = before.splitlines(), after.splitlines()
    found: list[tuple[int, str]] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [(line + 1, f"-{old[line]}") for line in range(i, j)]
            found += [(i + 1, f"+{text}") for text in new[k:m]]
    return found


DRESSES: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: text.replace("\n", "\r\n"),
    lambda text: re.sub("(?m)^  ", "\t", text),
    lambda text: re.sub(r"(?m)^(  [^/\n]*[^/\s{])$", r"  // above\n\1 // behind", text),
    lambda text: re.sub("(?<=\\S)  +", " ", text.replace("\n\n", "\n")).replace(" {", "{"),
)


@pytest.mark.prisma
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_proposed_is_valid_for_prisma_however_a_file_is_written(version: str) -> None:
    proposed = []
    for number, change in enumerate(one for one in CHANGES if one.version == version):
        plain, _ = _found(change)
        found, schemas = _found(change, DRESSES[number % len(DRESSES)])
        assert [one.message for one in found] == [one.message for one in plain]
        after = mended(*schemas, found)
        assert differences(*after, VERSIONS[version]) == []
        before, then = (_text(one[1 - change.side]) for one in (schemas, after))
        gone, wanted = (
            [text for text in texts if re.match(r"-\s*[^\s/]", text)]
            for texts in ([text for _, text in _diff(before, then)], change.proposed)
        )
        assert len(gone) == len(wanted), (gone, wanted)
        proposed.append(then)
    assert [(text, said) for text, said in zip(proposed, validated(version, proposed), strict=True) if said] == []

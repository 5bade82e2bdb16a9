"""The labelled set: hazards that a reader of migrations must name, and safe forms on which it must be silent.

The cases are in `labelled/`, as SQL with a few comments of their own:

- `-- case: ...` begins one, `-- setup` what it needs beyond `setup.sql`, `-- earlier` a migration that is pending
  before it, `-- migration` what is read;
- `-- expect: lock|correctness set-not-null or other-rule, within 3` says which family (or one of them), and which rule,
  must be named on the next statement, or on one of the next three; a statement without it must have no finding;
- `-- maybe: lock` lets a family be named there that sensible people may also leave out;
- `-- server: 15` is the first major that takes it, `-- fails: 23502` the SQLSTATE with which it ends by itself, or a
  part of SQLite's message; `-- provider: sqlite` in the head of a file is true for all of it.

A migration runs as Prisma up to 7.3 sends it, and as it is applied here: the file as one query, so in one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "labelled"
SETUP = (FOLDER / "setup.sql").read_text(encoding="utf-8")

_LABEL = re.compile(r"^-- (expect|maybe): ([a-z|-]+)(?: ([a-z -]+?))?(?:, within (\d+))?$")
_FACT = re.compile(r"^-- (server|fails): (.+)$")
_PART = re.compile(r"^-- (setup|earlier|migration)$", re.MULTILINE)


@dataclass(frozen=True)
class Label:
    """What is expected from `line` on: on the first statement there, or on one of the first `within`.

    `rules` are the names it may have, () where any will do.
    """

    families: tuple[str, ...]
    rules: tuple[str, ...]
    line: int
    within: int = 1
    must: bool = True


@dataclass(frozen=True)
class Case:
    """One migration with its labels; `sql` is without them, `file` says where it is written down."""

    file: str
    name: str
    sql: str
    setup: str = ""
    earlier: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    server: int = 0
    fails: str = ""
    sqlite: bool = False

    @property
    def id(self) -> str:
        """What a test report calls it."""
        return f"{self.file}: {self.name}"

    @property
    def is_safe(self) -> bool:
        """Whether nothing may be said about it."""
        return self.file.startswith("safe")


def cases() -> list[Case]:
    """Every case, by file."""
    return [case for path in sorted(FOLDER.glob("*/*.sql")) for case in _of(path)]


def _of(path: Path) -> Iterator[Case]:
    head, *parts = re.split(r"^-- case: (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file = f"{path.parent.name}/{path.stem}"
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        facts = {match[1]: match[2] for line in text.splitlines() if (match := _FACT.match(line))}
        _, *pieces = _PART.split(text)
        named = list(zip(pieces[::2], pieces[1::2], strict=True))
        sql, labels = _labels(next(piece for part, piece in named if part == "migration"))
        yield Case(
            file,
            name,
            sql,
            "".join(piece for part, piece in named if part == "setup"),
            tuple(piece for part, piece in named if part == "earlier"),
            labels,
            int(facts.get("server", 0)),
            facts.get("fails", ""),
            "-- provider: sqlite" in head,
        )


def _labels(text: str) -> tuple[str, tuple[Label, ...]]:
    """The text of a migration without its labels, and these."""
    lines: list[str] = []
    labels: list[Label] = []
    for line in text.strip("\n").splitlines():
        if match := _LABEL.match(line):
            kind, families, rules, within = match.groups()
            names = tuple(rules.split(" or ")) if rules else ()
            labels.append(
                Label(tuple(families.split("|")), names, len(lines) + 1, int(within or 1), must=kind == "expect")
            )
        elif not _FACT.match(line):
            assert not line.startswith(("-- expect", "-- maybe", "-- fails")), line
            lines.append(line)
    return "\n".join(lines) + "\n", tuple(labels)

"""What an altered object takes to be as it was, sorted by when it can be said."""

from __future__ import annotations

from dataclasses import dataclass, field

from safemigrate.db.catalog import Object


@dataclass
class Alteration:
    """`first` runs before anything is dropped and `early` right after, both under the names of today;

    `named` runs once the former names are back, `restore` when types and tables are, `finish` when rows are.
    `replace`: it cannot be altered, it must be dropped and made again.
    """

    first: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    restore: list[str] = field(default_factory=list)
    finish: list[str] = field(default_factory=list)
    replace: bool = False
    reasons: list[str] = field(default_factory=list)


# What `rights` brings back.
_ASIDE = frozenset({"comment", "owner", "acl", "index_comment", "column_comment", "column_acl", "labels_of"})


def differ(was: Object, now: Object, *names: str) -> bool:
    """Whether two forms of one object differ in these attributes; without names, in any but comment and rights."""
    keys = names or (was.attributes.keys() | now.attributes.keys()) - _ASIDE
    return any(was.attributes.get(name) != now.attributes.get(name) for name in keys)

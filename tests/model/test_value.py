from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, field, replace

import pytest

from safemigrate.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    secret: str = field(default="", repr=False)
    marks: list[int] = field(default_factory=list, compare=False)


@dataclass(frozen=True, slots=True)
class Town(Place):
    """The same fields, and another thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A value without fields."""


def test_it_is_equal_to_its_like_and_to_nothing_else() -> None:
    assert Place("a", "b", [1]) == Place("a", "b", [2])
    assert Place("a") != Place("b")
    assert Place("a") != Town("a")
    assert len({Place("a", "b", [1]), Place("a", "b"), Town("a", "b"), Nothing(), Nothing()}) == 3


def test_it_prints_and_copies_as_any_dataclass() -> None:
    one = replace(Place("a", "b"), name="c")
    assert repr(one) == "Place(name='c', marks=[])"
    assert asdict(one) == {"name": "c", "secret": "b", "marks": []}
    assert one == copy.deepcopy(one) == pickle.loads(pickle.dumps(one))
    match one:
        case Place(name):
            assert name == "c"


def test_what_holds_what_changes_has_no_hash() -> None:
    @dataclass(frozen=True, slots=True)
    class Box:
        inside: list[int]

    with pytest.raises(TypeError, match="unhashable"):
        hash(Box([]))

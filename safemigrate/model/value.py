"""`dataclass` for frozen values, made in a quarter of the time.

The one of the standard library compiles six functions for every frozen class, which takes half a millisecond; reading a
migration begins with some 150 of them. Here `__init__` alone is compiled. What compares, hashes and prints is the same
for all, and that nobody writes to a field is for mypy to see, which takes this for the other.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen, slots, kw_only=False):
        """Make a class of frozen values; `dataclasses.replace`, `fields` and `asdict` take them."""
        assert frozen

        def make(cls):
            made = dataclasses.dataclass(cls, repr=False, eq=False, slots=slots, kw_only=kw_only)
            fields = dataclasses.fields(made)
            compared = [field.name for field in fields if field.compare]
            values = attrgetter(*compared) if compared else type

            def equal(self, other):
                return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

            def hashed(self):
                return hash(values(self))

            def spelled(self):
                shown = (f"{field.name}={getattr(self, field.name)!r}" for field in fields if field.repr)
                return f"{made.__qualname__}({', '.join(shown)})"

            for name, function in (("__eq__", equal), ("__hash__", hashed), ("__repr__", spelled)):
                if name not in vars(cls):
                    setattr(made, name, function)
            return made

        return make

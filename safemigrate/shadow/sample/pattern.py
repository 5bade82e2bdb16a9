"""Texts that match a regular expression, for the part of the language that conditions on columns use."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_CLASSES = {"d": "0123456789", "w": "abcxyzABC019_", "s": " "}
_ANY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.@:/#+"
_NAMED = {"alpha": "abcxyzABC", "digit": "0123456789", "alnum": "abcxyzABC019", "upper": "ABCXYZ", "lower": "abcxyz"}
_REPEAT = re.compile(r"[*+?]|\{(\d+)(,)?(\d+)?\}")

Make = Callable[[Random], str]


def matching(pattern: str, count: int = 8) -> list[str]:
    """Return a few texts that should match; the server has the last word."""
    random = Random(pattern)  # noqa: S311 the same texts every time
    try:
        make = _Reader(pattern).choice()
        return [make(random) for _ in range(count)]
    except (IndexError, ValueError):  # not a pattern for this reader
        return []


class _Reader:
    """Recursive descent: choice, sequence, repeated atom."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def choice(self) -> Make:
        ways = [self.sequence()]
        while self._is("|"):
            self.at += 1
            ways.append(self.sequence())
        return lambda random: random.choice(ways)(random)

    def sequence(self) -> Make:
        parts = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self.repeated())
        return lambda random: "".join(part(random) for part in parts)

    def repeated(self) -> Make:
        atom = self.atom()
        found = _REPEAT.match(self.text, self.at)
        if not found:
            return atom
        self.at = found.end()
        if self._is("?"):  # not greedy
            self.at += 1
        low, high = {"*": (0, 4), "+": (1, 5), "?": (0, 1)}.get(found[0], (0, 0))
        if found[1]:
            low = int(found[1])
            high = int(found[3]) if found[3] else low + 3 if found[2] else low
        return lambda random: "".join(atom(random) for _ in range(random.randint(low, min(high, low + 20))))

    def atom(self) -> Make:
        sign = self.text[self.at]
        self.at += 1
        if sign == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            elif self._is("?"):
                raise ValueError("looks around")
            inside = self.choice()
            self.at += 1
            return inside
        if sign == "[":
            return _one_of(self._set())
        if sign == "\\":
            return _one_of(self._escaped())
        if sign in "^$":
            return lambda _random: ""
        return _one_of(_ANY if sign == "." else sign)

    def _escaped(self) -> str:
        sign = self.text[self.at]
        self.at += 1
        return _CLASSES.get(sign, sign)

    def _set(self) -> str:
        negated = self._is("^")
        self.at += negated
        found: list[str] = []
        while not self._is("]") or not found:
            sign = self.text[self.at]
            self.at += 1
            if sign == "[" and self._is(":"):
                end = self.text.index(":]", self.at)
                found += _NAMED.get(self.text[self.at + 1 : end], "")
                self.at = end + 2
            elif sign == "\\":
                found += self._escaped()
            elif self._is("-") and self.text[self.at + 1] != "]":
                last = self.text[self.at + 1]
                self.at += 2
                found += map(chr, range(ord(sign), min(ord(last), ord(sign) + 500) + 1))
            else:
                found.append(sign)
        self.at += 1
        return "".join(one for one in _ANY if one not in found) if negated else "".join(found)

    def _is(self, sign: str) -> bool:
        return self.text[self.at : self.at + 1] == sign


def _one_of(signs: str) -> Make:
    return lambda random: random.choice(signs)

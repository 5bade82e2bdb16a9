"""Outcomes and errors made readable; one module per format, each from the values of `model` alone."""

from __future__ import annotations

# A name in a database may hold an escape sequence that would write to the reader's terminal; for str.translate.
CONTROL = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")}, "\N{REPLACEMENT CHARACTER}")

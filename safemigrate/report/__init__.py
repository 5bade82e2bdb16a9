"""Outcomes and errors made readable; one module per format, each from the values of `model` alone."""

from __future__ import annotations

# A name in a database may hold an escape sequence that would write to the reader's terminal, or turn the direction in
# which a line reads (Unicode 9, UAX 9); neither these nor lone surrogates can stand in XML or UTF-8. For str.translate.
_TURNS = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_FORBIDDEN = {*range(0x20), *range(0x7F, 0xA0), *_TURNS, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - {0x0A, 0x09}
CONTROL = dict.fromkeys(_FORBIDDEN, "\N{REPLACEMENT CHARACTER}")

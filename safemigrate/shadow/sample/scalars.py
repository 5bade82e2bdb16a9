"""Texts that the input functions of built-in and common extension types take, told apart by a number.

A value that a lossy change would spoil comes early: digits that a narrower type cannot hold, microseconds, spaces
that padding eats. Plain values are what nearly every other type takes too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from random import Random

_LONG = "Zażółć gęślą jaźń, 漢字 🙂, and then more than a varchar(255) holds: " + "0123456789" * 30

_TEXTS = (_LONG, 'O\'Brien said "C:\\new\\table" \\', "", " padded ", "naïve\n\tline 漢字 🙂 %s $1 {} null")

_INTEGERS = {
    "int2": ("1", "-7", "0", "255", "32000"),
    "int4": ("16777217", "-7", "0", "1", "70000"),
    "int8": ("9007199254740993", "-7", "0", "1", "3000000000"),
}
_FLOATS = {
    "float4": ("0.1", "-0", "NaN", "16777216", "-Infinity"),
    "float8": ("0.3333333333333333", "-0", "NaN", "123456789.12345679", "Infinity"),
}
_TIMES = {
    "date": ("2024-02-29", "1969-12-31", "infinity", "9999-12-31", "1582-10-15"),
    "time": ("23:59:59.999999", "00:00:00", "12:34:56.789123", "24:00:00", "00:00:00.000001"),
    "timetz": ("23:59:59.999999+05:45", "00:00:00-09:30", "12:34:56.789123+00", "12:00+14", "00:00:00.000001-12"),
    "timestamp": (
        "2024-02-29 12:34:56.789123",
        "1969-12-31 23:59:59.999499",
        "infinity",
        "2023-10-29 02:30:00.5",
        "9999-12-31 23:59:58.000001",
    ),
    "timestamptz": (
        "2024-02-29 12:34:56.789123+05:45",
        "1969-12-31 23:59:59.999499-09:30",
        "-infinity",
        "2023-10-29 02:30:00.5+02",
        "9999-12-30 23:59:58.000001+00",
    ),
    "interval": ("1 year 2 mons -3 days 04:05:06.789123", "-1 day", "0", "1 mon", "25:00:00.000001"),
}
_PLAIN_TIMES = {
    "date": "2024-{month:02}-{day:02}",
    "time": "{month:02}:{day:02}:{second:02}",
    "timetz": "{month:02}:{day:02}:{second:02}+00",
    "timestamp": "2024-{month:02}-{day:02} 12:00:{second:02}",
    "timestamptz": "2024-{month:02}-{day:02} 12:00:{second:02}+00",
    "interval": "{month} days {day} hours {second} seconds",
}
# json keeps what jsonb does not: the order of keys, the second of two, the spaces, 1.0 and 1.00.
_JSON = (
    '{"b": 1,  "a": [1.00, null, "é\\u00fc"], "b": 2}',
    "[ ]",
    "null",
    '"it\'s \\"quoted\\" \\\\"',
    "12345678901234567890.10",
)


def _integer(kind: str) -> Callable[[int], str]:
    step = 7 if kind != "int2" else 3
    return lambda number: str(1000 + step * (number % 10_000))


def plain(name: str, typmod: int, number: int, random: Random) -> str | None:
    """Return a value that asks little of anybody, another one for another number, or None for an unknown type."""
    if name in _INTEGERS or name in ("oid", "xid", "cid", "xid8"):
        return _integer(name)(number)
    if name in _FLOATS:
        return f"{number}.5"
    if name == "numeric":
        return _decimal(typmod, number * 37 + 1)
    if name == "bool":
        return "true" if number % 2 else "false"
    if name == "money":
        return f"{number}.25"
    if name in ("text", "citext", "varchar", "bpchar", "name"):
        digits = str(1000 + number)  # json and numbers can be made of it
        return digits if typmod < 4 or typmod - 4 >= len(digits) else _base36(number)[4 - typmod :]
    if name in _PLAIN_TIMES:
        months, day = divmod(number, 28)
        return _PLAIN_TIMES[name].format(month=months % 12 + 1, day=day % 23 + 1, second=number % 60)
    if name == "uuid":
        return str(uuid.UUID(int=random.getrandbits(128), version=4))
    if name in ("bit", "varbit"):
        width = typmod if typmod > 0 else 8 if name == "varbit" else 1
        return f"{number % 2**width:0{width}b}"
    if name in _DIMENSIONS:
        return _DIMENSIONS[name](max(typmod, 1) if typmod > 0 else 3, number)
    return _FORMS[name].format(n=number, low=number % 250, hex=f"{number % 65536:04x}") if name in _FORMS else None


def telling(name: str, typmod: int) -> tuple[str, ...]:
    """Return the values on which a lossy change of the column would show; none where plain ones do."""
    if name in ("text", "citext", "varchar", "bpchar"):
        limit = typmod - 4
        return tuple(dict.fromkeys(text[:limit] for text in _TEXTS)) if limit > 0 else _TEXTS
    if name == "numeric":
        if typmod < 4:
            return ("12345678901234567890.123456789012345678", "-0.10", "NaN", "0", "1e25")
        precision = _precision(typmod)[0]
        return (_decimal(typmod, 10**precision - 1), _decimal(typmod, -1), "NaN", "0", _decimal(typmod, 12))
    return (_INTEGERS | _FLOATS | _TIMES | _OTHERS).get(name, ())


def _precision(typmod: int) -> tuple[int, int]:
    scale = (typmod - 4) & 0x7FF
    return (typmod - 4) >> 16 & 0xFFFF, scale - 0x800 if scale >= 0x400 else scale  # negative since PostgreSQL 15


def _decimal(typmod: int, digits: int) -> str:
    if typmod < 4:
        return f"{digits}.5"
    precision, scale = _precision(typmod)
    limited = digits if abs(digits) < 10**precision else digits % 10**precision
    return format(Decimal((limited < 0, tuple(map(int, str(abs(limited)))), -scale)), "f")


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_base36(number // 36) if number >= 36 else "") + digits[number % 36]


_OTHERS = {
    "json": _JSON,
    "jsonb": _JSON,
    "bytea": ("\\x00ff5c27", "\\x", "\\xdeadbeef"),
    "xml": ('<a b="c">é &amp; \'</a>',),
    "inet": ("192.168.0.1/24", "::1", "2001:db8::1/64"),
    "tsvector": ("'fat':2A 'it''s':1", ""),
    "money": ("-12345678.91",),
}

_FORMS = {
    "json": '{{"n": {n}}}',
    "jsonb": '{{"n": {n}}}',
    "jsonpath": "$.a[{n}]",
    "bytea": "\\x{hex}",
    "xml": "<n>{n}</n>",
    "char": "c",
    "inet": "10.0.0.{low}",
    "cidr": "10.0.{low}.0/24",
    "macaddr": "08:00:2b:01:02:{low:02x}",
    "macaddr8": "08:00:2b:01:02:03:04:{low:02x}",
    "point": "({n},-1.5)",
    "line": "{{1,-1,{n}}}",
    "lseg": "[(0,0),({n},1)]",
    "box": "({n},1),(0,0)",
    "path": "[(0,0),({n},1),(2,0)]",
    "polygon": "((0,0),({n},1),(2,0))",
    "circle": "<(0,0),{n}>",
    "tsvector": "'n{n}':1",
    "tsquery": "'n{n}' & !'other'",
    "pg_lsn": "16/B374{hex}",
    "txid_snapshot": "10:20:10,14",
    "pg_snapshot": "10:20:10,14",
    "tid": "({n},1)",
    "regclass": "pg_class",
    "regtype": "int4",
    "regproc": "pg_typeof",
    "regprocedure": "abs(numeric)",
    "regrole": "pg_monitor",
    "regnamespace": "pg_catalog",
    "regconfig": "simple",
    "regdictionary": "simple",
    "hstore": '"n"=>"{n}", "it\'s"=>NULL',
    "ltree": "Top.n{n}",
    "lquery": "Top.n{n}.*",
    "ltxtquery": "Top & n{n}",
    "cube": "({n},1)",
    "seg": "{n} .. {n}.5",
    "geometry": "SRID=4326;POINT({n} 1)",
    "geography": "SRID=4326;POINT({low} 1)",
}

# pgvector: the modifier is the number of dimensions.
_DIMENSIONS: dict[str, Callable[[int, int], str]] = {
    "vector": lambda size, number: "[" + ",".join([str(number + 0.5), *["0.25"] * (size - 1)]) + "]",
    "halfvec": lambda size, number: "[" + ",".join([str(number % 2048), *["0.25"] * (size - 1)]) + "]",
    "sparsevec": lambda size, number: f"{{1:{number + 0.5}}}/{size}",
}

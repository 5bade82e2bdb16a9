"""What a column of PostgreSQL takes, as conditions on the values that a SQLite file has for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from safemigrate.db.sqlite.connection import literal
from safemigrate.prisma.schema.values import Field, Schema

# The engine of Prisma 5 and 6 writes milliseconds since 1970; less than this is before 1973, and likely seconds.
_SECONDS: Final = 100_000_000_000
_LAST: Final = 253_402_300_799_999  # the end of the year 9999
_INTEGERS: Final = {
    "Int": (-(2**31), 2**31 - 1),
    "db.Integer": (-(2**31), 2**31 - 1),
    "db.SmallInt": (-(2**15), 2**15 - 1),
    "db.Oid": (0, 2**32 - 1),
}
_LARGEST, _SMALLEST = 3.4028235e38, 7.1e-46  # of 4 bytes
_DATE: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with the values on which `sql` is true, in words behind a number.

    `text`: nothing is, but PostgreSQL takes them in other words, which this expression gives.
    """

    says: str
    sql: str
    text: str = ""


def conditions(schema: Schema, field: Field, x: str) -> Iterator[Condition]:
    """What a field of the production schema does not take, of the values of a column `x`."""
    if not field.optional and not field.many:
        yield Condition("NULL in a required column", f"{x} IS NULL")
    if field.many:
        is_list = f"CASE WHEN json_valid({x}) THEN json_type({x}) = 'array' ELSE 0 END"
        yield Condition("no JSON list", f"{x} IS NOT NULL AND NOT {is_list}")
        word = "value"
        for one in conditions(schema, replace(field, many=False, optional=True), "value"):
            if one.text:
                word = f"CASE WHEN {one.sql} THEN {one.text} ELSE value END"
            else:
                some = f"EXISTS (SELECT 1 FROM json_each({x}) WHERE {one.sql})"
                yield Condition(f"lists with {one.says}", f"CASE WHEN {is_list} THEN {some} ELSE 0 END")
        yield Condition("JSON lists", is_list, _array(x, word))
    elif field.type in schema.enums:
        labels = [(one.name, one.column) for one in schema.enums[field.type].fields.values()]
        listed = ", ".join(literal(name) for name in sorted({name for both in labels for name in both}))
        yield Condition(f"no label of {field.type}", f"{x} NOT IN ({listed})")
        if mapped := [both for both in labels if both[0] != both[1]]:
            cases = " ".join(f"WHEN {literal(name)} THEN {literal(column)}" for name, column in mapped)
            listed = ", ".join(literal(name) for name, _ in mapped)
            yield Condition("labels by their names in Prisma", f"{x} IN ({listed})", f"CASE {x} {cases} END")
    else:
        yield from _scalar(field, x)


def _scalar(field: Field, x: str) -> Iterator[Condition]:
    match field.type:
        case "Int" | "BigInt":
            yield Condition("no whole number", f"typeof({x}) NOT IN ('integer', 'null')")
            native = field.native.name if field.native else ""
            if range_ := _INTEGERS.get(native) or _INTEGERS.get(field.type):
                low, high = range_
                says = f"beyond {native.removeprefix('db.') or 'Int'}, {low:,} to {high:,}"
                yield Condition(says, f"typeof({x}) = 'integer' AND {x} NOT BETWEEN {low} AND {high}")
        case "Float":
            yield Condition("no number", f"typeof({x}) NOT IN ('integer', 'real', 'null')")
            if field.native and field.native.name == "db.Real":
                size = f"abs({x} + 0.0)"
                far = f"{size} > {_LARGEST} AND {size} < 9e999 OR {x} <> 0 AND {size} < {_SMALLEST}"
                yield Condition("beyond Real", f"typeof({x}) IN ('integer', 'real') AND ({far})")
        case "Decimal":
            yield from _decimals(field, x)
        case "Boolean":
            yield Condition("neither 0 nor 1", f"typeof({x}) NOT IN ('integer', 'null') OR {x} NOT IN (0, 1)")
        case "DateTime":
            yield from _dates(x)
        case "Json":
            yield Condition("no JSON", f"typeof({x}) = 'blob' OR NOT json_valid({x})")
            if not (field.native and field.native.name == "db.Json"):
                escaped = f"json_valid({x}) AND instr({x}, '\\u') > 0 AND NOT is_jsonb({x})"
                yield Condition("JSON with \\u0000 or half a character, which jsonb refuses", escaped)
        case "Bytes":
            yield Condition("no bytes", f"typeof({x}) NOT IN ('blob', 'null')")
        case "String":
            yield from _texts(field, x)


def _array(x: str, word: str) -> str:
    """PostgreSQL's text of a list (docs, 8.15.2): each part, `word` of its value, in quotes, but for NULL."""
    part = f"replace(replace({word}, char(92), char(92, 92)), char(34), char(92, 34))"  # \\ and ", which a shell minds
    quoted = f"CASE WHEN value IS NULL THEN 'NULL' ELSE char(34) || {part} || char(34) END"
    return f"(SELECT '{{' || coalesce(group_concat({quoted}, ','), '') || '}}' FROM json_each({x}))"


def _decimals(field: Field, x: str) -> Iterator[Condition]:
    # compared with a number, text is one if all of it is (sqlite.org/datatype3.html, 4.2)
    yield Condition("no number", f"typeof({x}) = 'blob' OR (typeof({x}) = 'text' AND {x} <> CAST({x} AS NUMERIC))")
    given = field.native.arguments if field.native else {"0": "65", "1": "30"}  # Prisma's DECIMAL
    if given.get("0", "").isdigit():
        digits, scale = int(given["0"]), int(given.get("1", "0"))
        large = f"abs({x} + 0.0) >= 1e{digits - scale} - 0.5e-{scale}"  # the server rounds first
        yield Condition(f"too large for Decimal({digits}, {scale})", f"typeof({x}) <> 'blob' AND {large}")


def _dates(x: str) -> Iterator[Condition]:
    number, size = f"typeof({x}) = 'integer'", f"abs({x} + 0.0)"  # abs() of the least integer is an error
    day = f"substr({x}, 1, 10)"
    # without a modifier date() gives 2023-02-29 back as it is; SQLite takes a T without a time, too
    no_day = f"date({day}, '+0 days') <> {day} OR {x} GLOB '0000*' OR {x} GLOB '*T'"
    yield Condition(
        "text that is no date",
        f"typeof({x}) = 'text' AND ({x} NOT GLOB '{_DATE}*' OR datetime({x}) IS NULL OR {no_day})",
    )
    yield Condition("a fraction or bytes for a date", f"typeof({x}) IN ('real', 'blob')")
    yield Condition("beyond the year 9999", f"{number} AND {size} > {_LAST}")
    yield Condition("seconds, it seems: as milliseconds before 1973", f"{number} AND {size} < {_SECONDS}")
    text = f"strftime('%Y-%m-%dT%H:%M:%fZ', {x} / 1000.0, 'unixepoch')"
    yield Condition("dates in milliseconds", f"{number} AND {size} BETWEEN {_SECONDS} AND {_LAST}", text)


def _texts(field: Field, x: str) -> Iterator[Condition]:
    yield Condition("bytes for text", f"typeof({x}) = 'blob'")
    yield Condition("text with a zero byte", f"typeof({x}) = 'text' AND instr(CAST({x} AS BLOB), x'00') > 0")
    yield Condition("text that is not UTF-8", f"typeof({x}) = 'text' AND NOT is_utf8(CAST({x} AS BLOB))")
    native = field.native
    if native is None:
        return
    size = native.arguments.get("0", "1" if native.name == "db.Char" else "")
    if native.name in ("db.VarChar", "db.Char") and size.isdigit():
        yield Condition(f"longer than {native.name.removeprefix('db.')}({size})", f"length(rtrim({x})) > {size}")
    elif native.name == "db.Uuid":
        bare = f"lower(replace({x}, '-', ''))"
        apart = f"length({x}) <> 32 AND {x} NOT GLOB '????????-????-????-????-????????????'"
        yield Condition("no UUID", f"length({bare}) <> 32 OR {bare} GLOB '*[^0-9a-f]*' OR {apart}")

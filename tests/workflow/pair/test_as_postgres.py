"""What `doctor` counts as unfit, beside what a real PostgreSQL says of the same values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from safemigrate.db.postgres import Connection
from safemigrate.db.sqlite import connection as file_connection
from safemigrate.db.sqlite.connection import literal
from safemigrate.prisma.schema.reader import parse
from safemigrate.workflow.pair.to_server import misfits

INTEGERS = [
    0,
    -1,
    2**15,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**32,
    2**63 - 1,
    1.5,
    1e20,
    "x",
    "",
    " 1 ",
    "1x",
    "0x1",
    "１",
]
NUMBERS = [*INTEGERS, 1e39, -1e300, 1e-50, "1e3", "1e", "--1", "1-2", ".5", "5.", "+1", ".", "e", "1,5", 99.994, 99.995]
DATES = [
    *("2024-02-29", "2023-02-29", "2024-01-01T10:00:00.000Z", "2024-01-01 10:00", "2024-01-01T10:00:00+02:00"),
    *("2024-13-01", "2024-01-01T25:00:00Z", "2024-01-01 10:60:00", "0000-01-01", "0001-01-01", "9999-12-31T23:59:59Z"),
    *("01.02.2024", "", "x", "2024-01-01 ", "2024-01-01T", "2024-01-01x", "2024-01-01T10:00:00+14:00", "10:00"),
    *(1_700_000_000_000, -1_700_000_000_000, 253_402_300_799_999, -(2**63), 1.5),
]
JSON = [
    *("{}", "[1, 2]", "null", '"x"', "1", " {} ", "{", "", "{'a': 1}", "{a: 1}", "[1,]", "NaN", "01", '{"a":1,"a":2}'),
    *(
        r'"\u0000"',
        r'"\\u0000"',
        r'"\ud800"',
        r'"\ud83d\ude00"',
        r'"\ude00"',
        r'"\\ud800"',
        "1e400",
        '"a\tb"',
        "\ufeff{}",
    ),
]
UUIDS = [
    "0b5a4e0c-2c6b-4a1e-9d0a-000000000000",
    "0B5A4E0C2C6B4A1E9D0A000000000000",
    "0b5a-4e0c-2c6b-4a1e-9d0a-0000-0000-0000",
    "0-b5a4e0c2c6b4a1e9d0a000000000000",
    "0b5a4e0c-2c6b-4a1e-9d0a-00000000000",
    "zb5a4e0c-2c6b-4a1e-9d0a-000000000000",
    "",
]
LISTS = ["[]", "[1, 2]", "[null]", '["a"]', "[1.5]", "[2147483648]", "[true]", "[[1]]", '["x", "ADMIN"]', "{}", "a", ""]
CASES: dict[str, tuple[str, Sequence[object]]] = {
    # field of the production schema: PostgreSQL's type, values
    "Int": ("int4", INTEGERS),
    "Int @db.SmallInt": ("int2", INTEGERS),
    "Int @db.Oid": ("oid", INTEGERS),
    "BigInt": ("int8", INTEGERS),
    "Float": ("float8", NUMBERS),
    "Float @db.Real": ("float4", NUMBERS),
    "Decimal": ("numeric(65,30)", NUMBERS),
    "Decimal @db.Decimal(4, 2)": ("numeric(4,2)", NUMBERS),
    "Boolean": ("bool", [0, 1, 2, "x", ""]),
    "DateTime": ("timestamp(3)", DATES),
    "DateTime @db.Timestamptz(3)": ("timestamptz(3)", DATES),
    "DateTime @db.Date": ("date", DATES),
    "Json": ("jsonb", JSON),
    "Json @db.Json": ("json", JSON),
    "String @db.Uuid": ("uuid", UUIDS),
    "String @db.VarChar(3)": ("varchar(3)", ["abc", "äöü", "abcd", "", "ab  ", "a\0"]),
    "String": ("text", ["a", "", "a\0b", b"\xff", "\udcff"]),
    "Role": ('"Role"', ["USER", "admin", "ADMIN", "user", ""]),
    "Int[]": ("int4[]", LISTS),
    "String[]": ("text[]", LISTS),
    "Role[]": ('"Role"[]', ['["USER"]', '["ADMIN"]', '["x"]', "[]"]),
}
# What the server takes in words that Prisma's client does not read from a file, or takes for something else.
STRICTER: dict[str, frozenset[object]] = {
    **dict.fromkeys(("Int", "Int @db.SmallInt", "BigInt"), frozenset({" 1 ", "0x1"})),
    "Int @db.Oid": frozenset({" 1 ", "0x1", -1, -(2**31) - 1}),
    **dict.fromkeys(("Float", "Float @db.Real"), frozenset({" 1 ", "0x1", "1e3", ".5", "5.", "+1"})),
    **dict.fromkeys(("Decimal", "Decimal @db.Decimal(4, 2)"), frozenset({"0x1"})),  # from 16 on
    **dict.fromkeys(("DateTime", "DateTime @db.Timestamptz(3)", "DateTime @db.Date"), frozenset({"01.02.2024"})),
    "String @db.Uuid": frozenset({UUIDS[2]}),
    **dict.fromkeys(("Int[]", "String[]", "Role[]"), frozenset({"{}"})),
}


@pytest.mark.parametrize("field", CASES)
def test_what_is_counted_is_what_the_server_refuses(field: str, tmp_path: Path, connection: Connection) -> None:
    type_, values = CASES[field]
    enum = 'enum Role {\n  USER\n  ADMIN @map("admin")\n}\n'
    model = "model A {{\n  id Int @id\n  v {}\n}}\n"
    schemas = parse({Path("p"): enum + model.format(field)}), parse({Path("d"): model.format("String")})
    connection.execute("""CREATE TYPE "Role" AS ENUM ('USER', 'admin')""")
    said = {}
    with file_connection.connect(tmp_path / "dev.db", create=True) as file:
        file_connection.run(file, "CREATE TABLE A (id INTEGER PRIMARY KEY, v BLOB)")
        for value in values:
            file_connection.run(file, f"REPLACE INTO A VALUES (1, {literal(value)})")
            found = misfits(file, *schemas)
            wrong = [one.says for one in found if not one.text]
            words = [file_connection.rows(file, f"SELECT {one.text} FROM A")[0][0] for one in found if one.text]
            refusal = refused(connection, words[0] if words else value, type_)
            if not (wrong and value in STRICTER.get(field, ())):
                said[repr(value)] = (wrong, refusal)
    assert {value: one for value, one in said.items() if bool(one[0]) != bool(one[1])} == {}


def refused(connection: Connection, value: object, type_: str) -> str:
    """What the server says where it does not take a value in a column of this type."""
    if isinstance(value, bytes) and type_ != "bytea":
        return "bytes"
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"CREATE TEMPORARY TABLE t (v {type_})")
            connection.execute("INSERT INTO t VALUES (%s)", [str(value)])
    except (psycopg.Error, UnicodeEncodeError) as error:
        return str(error).partition("\n")[0]
    return ""

from __future__ import annotations

from pathlib import Path

from safemigrate.prisma.in_step.compare import differences
from safemigrate.prisma.in_step.difference import Side
from safemigrate.prisma.schema.reader import parse
from tests.prisma.in_step.test_compare import D, P, mended, model, schema


def test_what_is_added_stands_in_the_columns_of_its_neighbours() -> None:
    theirs = schema(P, 'model A {\n  id   Int    @id\n  name String @default("x")\n  b Int? @unique // third\n}\n')
    mine = schema(D, "model A {\n  id      Int    @id // key\n  another String\n}\n")
    found = [one for one in differences(theirs, mine) if one.follows is Side.DEVELOPMENT]
    text = mended(theirs, mine, found)[1].texts[D]
    assert text == (
        'model A {\n  id      Int    @id // key\n  name    String @default("x")\n'
        "  b       Int?   @unique\n  another String\n}\n"
    )


def test_line_ends_are_those_of_the_file_that_is_edited() -> None:
    windows = (
        model("a Int @unique", "b Int", "@@index([b])").replace("\n", "\r\n") + "model C {\r\n  id Int @id\r\n}\r\n"
    )
    for theirs, mine in ((windows, model()), (model("a Int @unique"), windows)):
        sides = schema(P, theirs), schema(D, mine)
        for one in mended(*sides, differences(*sides)):
            (text,) = one.texts.values()
            assert text.count("\n") == (text.count("\r\n") if "\r\n" in text else text.count("\n"))
            assert "\r" not in text.replace("\r\n", "")
        assert differences(*mended(*sides, differences(*sides))) == []


def test_schemas_of_several_files_are_edited_where_the_neighbour_stands() -> None:
    one, other = Path("schema/a.prisma"), Path("schema/b.prisma")
    theirs = parse(
        {
            one: "model A {\n  id Int @id\n}\n\nmodel N {\n  id Int @id\n}\n",
            other: "model B {\n  id Int @id\n  n Int\n}\n",
        }
    )
    mine = parse(
        {D: "model B {\n  id Int @id\n}\n\nmodel A {\n  id Int @id\n  x Int?\n}\n\nmodel Z {\n  id Int @id\n}\n"}
    )
    found = differences(theirs, mine)
    assert sorted(one.message for one in found) == [
        "A.x is in schema.sqlite.prisma and not in the production schema",
        "B.n is in the production schema and not in schema.sqlite.prisma",
        "model N is in the production schema and not in schema.sqlite.prisma",
        "model Z is in schema.sqlite.prisma and not in the production schema",
    ]
    after, there = mended(theirs, mine, found)
    assert "x  Int?" in after.texts[one]
    assert list(there.models) == ["B", "A", "N", "Z"]
    assert {name: block.place.path for name, block in after.models.items()} == {
        "A": one,
        "N": one,
        "Z": one,
        "B": other,
    }
    assert differences(after, there) == []

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.errors import ProjectError
from safemigrate.prisma.schema.reader import parse, read
from safemigrate.prisma.schema.values import Block, Schema

HARD = """\
/// A file's own words. { model Not { } }
datasource db {
  provider   = "postgresql"
  url        = env("DATABASE_URL")
  extensions = [pgcrypto, citext(schema: "public")]
}

generator client {
  provider = "prisma-client-js"
}

/* model Gone {
  id Int
} */

/// Somebody who "signs in" {
model User {
  id    Int     @id @default(autoincrement()) // trailing { comment
  /// a doc comment
  email String  @unique(map: "User_email_key") @db.VarChar( 255 )
  brace String  @default("{ \\"a\\": [1, 2] } // no comment")
  score Decimal @default(-1.50) @db.Decimal(10, 2)
  tags  String[] @default([ "a,b" ,"c" ])
  role  Role?    @default(ADMIN)
  geo   Unsupported("geography(Point, 4326)")?
  day   DateTime @default(dbgenerated("(now() AT TIME ZONE 'utc')")) @db.Timestamptz(6)
  boss   User?   @relation(
    "Bosses",
    fields: [bossId],   // the one above
    references: [id],
    onDelete: SetNull,
  )
  bossId Int?
  below  User[] @relation(name: "Bosses")

  @@unique([email, role], name: "one", map: "one_key")
  @@index(fields: [score(sort: Desc), day], type: BTree)
  @@index([tags], type: Gin)
  @@map("users")
  @@schema("auth")
}

view Active {
  id Int @unique
}

enum Role {
  ADMIN @map("admin")
  USER  // the usual
  @@map("role")
}
"""


def schema(text: str) -> Schema:
    return parse({Path("schema.prisma"): text})


@pytest.fixture(scope="module")
def user() -> Block:
    return schema(HARD).blocks["User"]


def test_blocks_are_told_apart_and_comments_are_none() -> None:
    found = schema(HARD)
    assert {name: block.kind for name, block in found.blocks.items()} == {
        "User": "model",
        "Active": "view",
        "Role": "enum",
    }
    assert list(found.models) == ["User"]
    assert list(found.enums) == ["Role"]


def test_fields_have_types_marks_and_lines(user: Block) -> None:
    typed = {one.name: f"{one.type}{'[]' * one.many}{'?' * one.optional}" for one in user.fields.values()}
    assert typed == {
        "id": "Int",
        "email": "String",
        "brace": "String",
        "score": "Decimal",
        "tags": "String[]",
        "role": "Role?",
        "geo": 'Unsupported("geography(Point, 4326)")?',
        "day": "DateTime",
        "boss": "User?",
        "bossId": "Int?",
        "below": "User[]",
    }
    lines = HARD.splitlines()
    for one in user.fields.values():
        assert lines[one.place.line - 1].split()[0] == one.name
        assert HARD[one.place.start : one.place.end].startswith(one.name)
        assert HARD[one.typed.start : one.typed.end].replace(" ", "").startswith(one.type.replace(" ", ""))


@pytest.mark.parametrize(
    ("field", "attribute", "arguments"),
    [
        ("id", "default", {"value": "autoincrement()"}),
        ("email", "unique", {"map": '"User_email_key"'}),
        ("email", "db.VarChar", {"0": "255"}),
        ("brace", "default", {"value": '"{ \\"a\\": [1, 2] } // no comment"'}),
        ("score", "default", {"value": "-1.50"}),
        ("score", "db.Decimal", {"0": "10", "1": "2"}),
        ("tags", "default", {"value": '["a,b", "c"]'}),
        ("role", "default", {"value": "ADMIN"}),
        ("day", "default", {"value": "dbgenerated(\"(now() AT TIME ZONE 'utc')\")"}),
        (
            "boss",
            "relation",
            {"name": '"Bosses"', "fields": "[bossId]", "references": "[id]", "onDelete": "SetNull"},
        ),
        ("below", "relation", {"name": '"Bosses"'}),
    ],
)
def test_attributes_have_their_arguments(user: Block, field: str, attribute: str, arguments: dict[str, str]) -> None:
    found = user.fields[field].get(attribute)
    assert found is not None
    assert found.arguments == arguments


def test_an_attribute_over_many_lines_is_one_place(user: Block) -> None:
    relation = user.fields["boss"].get("relation")
    assert relation is not None
    assert HARD[relation.place.start : relation.place.end].count("\n") == 5
    assert HARD[relation.place.end - 1] == ")"


def test_lists_have_parts_and_strings_no_quotes(user: Block) -> None:
    unique, index, gin, *_ = user.attributes
    assert unique.listed("fields") == ("email", "role")
    assert unique.text("name") == "one"
    assert index.listed("fields") == ("score(sort: Desc)", "day")
    assert gin.arguments["type"] == "Gin"
    tags = user.fields["tags"].get("default")
    assert tags is not None
    assert tags.listed("value") == ('"a,b"', '"c"')
    assert user.table == "users"
    role = schema(HARD).enums["Role"]
    assert [(one.name, one.column) for one in role.fields.values()] == [("ADMIN", "admin"), ("USER", "USER")]


def test_native_types_are_told(user: Block) -> None:
    natives = {name: one.native.name for name, one in user.fields.items() if one.native}
    assert natives == {"email": "db.VarChar", "score": "db.Decimal", "day": "db.Timestamptz"}


def test_an_empty_list_is_a_list() -> None:
    tags = schema("model A {\n  id Int @id\n  tags String[] @default([])\n}\n").blocks["A"].fields["tags"]
    default = tags.get("default")
    assert default is not None
    assert default.arguments == {"value": "[]"}


def test_files_are_one_schema_with_places_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.prisma").write_bytes(b"\xef\xbb\xbfmodel A {\r\n  id Int @id\r\n  b  B[]\r\n}\r\n")
    (tmp_path / "b.prisma").write_text("\n\nmodel B {\n  id Int @id\n}")
    found = read([tmp_path / "a.prisma", tmp_path / "b.prisma"])
    assert {name: (block.place.path.name, block.place.line) for name, block in found.blocks.items()} == {
        "A": ("a.prisma", 1),
        "B": ("b.prisma", 3),
    }
    assert found.blocks["A"].fields["b"].many
    assert found.text(found.blocks["B"].place) == "model B {\n  id Int @id\n}"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("model A {\n  id Int @id\n", 1, "has no end"),
        ("model A {\n  id Int @id\n  id String\n}\n", 3, "A has two fields id"),
        ("model A {\n  id Int @id\n}\nmodel A {\n  id Int @id\n}\n", 4, "A is there already: schema.prisma:1"),
        ("model A {\n  id Int @default(now(\n}\n", 2, "not closed"),
        ("model A {\n  id Int @\n}\n", 2, "no attribute"),
        ("model A {\n  id\n}\n", 2, "no field"),
        ("<<<<<<< HEAD\nmodel A {\n  id Int @id\n}\n", 1, "begins no block"),
        ("model A {\n  id Int @id\n}\n}\n", 4, "closes nothing"),
        ("enum A {\n  X Y\n}\n", 2, "no label"),
        ("model A {\n  id e Int @id\n}\n", 2, "no field"),
        ('model A {\n  i"d Int @id\n}\n', 2, "no field"),
        ("model A {\n  id Int @id }\n", 2, "'}' stands on the line"),
        ('model A {\n  id Int @id\n  @@index([id]) @@map("a")\n}\n', 3, "more than one attribute"),
    ],
)
def test_what_prisma_refuses_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(ProjectError) as caught:
        schema(text)
    assert f"schema.prisma:{line} cannot be read" in caught.value.summary
    assert says in caught.value.why


def test_a_text_that_is_cut_off_anywhere_is_read_or_refused() -> None:
    refused = 0
    for end in range(len(HARD)):
        try:
            schema(HARD[:end])
        except ProjectError:
            refused += 1
    assert refused > len(HARD) / 2


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.prisma").write_bytes(b"model \xe9 {")
    with pytest.raises(ProjectError, match="is not UTF-8"):
        read([tmp_path / "a.prisma"])

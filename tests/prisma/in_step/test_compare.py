from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.prisma.in_step.compare import differences
from safemigrate.prisma.in_step.difference import Difference, Level, Side, edited
from safemigrate.prisma.schema.reader import parse
from safemigrate.prisma.schema.values import Schema

P, D = Path("schema.prisma"), Path("schema.sqlite.prisma")
ENUM = 'enum Role {\n  USER\n  ADMIN @map("admin")\n}\n'
NEW = (6, 19)


def schema(path: Path, text: str) -> Schema:
    return parse({path: text})


def model(*lines: str) -> str:
    body = "".join(f"  {line}\n" for line in ("id Int @id", *lines) if line)
    return f"model A {{\n{body}}}\n\nmodel B {{\n  id Int @id\n  as A[]\n}}\n"


def mended(production: Schema, development: Schema, found: list[Difference]) -> tuple[Schema, Schema]:
    """Both schemas with what is proposed."""
    sides = []
    for one, side in ((production, Side.PRODUCTION), (development, Side.DEVELOPMENT)):
        edits = [edit for each in found if each.follows is side for edit in each.edits]
        sides.append(parse({**one.texts, **edited(one, edits)}))
    return sides[0], sides[1]


SAME = [
    ("role Role @default(USER)", 'role String @default("USER")'),
    ("role Role @default(ADMIN)", 'role String @default("admin")'),
    ("role Role?", "role String?"),
    ("roles Role[] @default([USER])", 'roles String @default("[\\"USER\\"]")'),
    ("tags String[]", "tags String?"),
    ("tags Int[]", 'tags String @default("[]")'),
    ('data Json @default("{}")', 'data String @default("{ }")'),
    ("name String @db.VarChar(20)", "name String"),
    ("at DateTime @default(now()) @db.Timestamptz(3)", "at DateTime @default(now())"),
    ('at DateTime @default(dbgenerated("CURRENT_TIMESTAMP"))', "at DateTime @default(now())"),
    ('key String @unique @default(dbgenerated("gen_random_uuid()")) @db.Uuid', "key String @unique @default(uuid())"),
    ("price Decimal @default(0) @db.Decimal(10, 2)", "price Decimal @default(0.00)"),
    ("number Int @default(autoincrement())", "number Int"),
    ('place Unsupported("point")?', ""),
    ("text String\n  @@index([text], type: Hash)", "text String"),
    ('text String\n  @@index([text(ops: raw("gin_trgm_ops"))], type: Gin)', "text String"),
    ('text String\n  @@index([text], type: BTree, map: "x")', "text String\n  @@index(fields: [text])"),
    ("key String @unique", 'key String\n  @@unique([key], map: "k")'),
    (
        "bId Int?\n  b B? @relation(fields: [bId], references: [id])",
        "bId Int?\n  b B? @relation(fields: [bId], references: [id], onDelete: SetNull, onUpdate: Cascade)",
    ),
    (
        'bId Int\n  b B @relation("x", fields: [bId], references: [id], map: "fk")',
        'bId Int\n  b B @relation(name: "x", fields: [bId], references: [id], onDelete: Restrict)',
    ),
]


@pytest.mark.parametrize(("production", "development"), SAME)
def test_what_the_providers_force_is_no_difference(production: str, development: str) -> None:
    assert differences(schema(P, ENUM + model(production)), schema(D, model(development)), (5, 22)) == []


@pytest.mark.parametrize("version", [(), (5, 22), NEW])
def test_a_schema_is_in_step_with_itself(version: tuple[int, ...]) -> None:
    text = model('name String? @default("x")', "@@unique([id, name])", '@@map("as")')
    assert differences(schema(P, text), schema(D, text), version) == []


DIFFERENT = [
    # production, development, what is said, the development schema's line afterwards
    ("age Int?", "", "A.age is in schema.prisma and not in schema.sqlite.prisma", "age Int?"),
    ("age Int", "age String", "A.age is Int in schema.prisma, String in schema.sqlite.prisma", "age Int"),
    ("age Int", "age Int?", "A.age is required in schema.prisma, optional in", "age Int"),
    ("age Int @default(1)", "age Int @default(2)", "A.age has the default 1 in", "age Int @default(1)"),
    ("age Int", "age Int @default(2)", "A.age has no default in schema.prisma, the default 2 in", "age Int"),
    (
        "age Int @default(3)",
        "age Int",
        "A.age has the default 3 in schema.prisma, no default in",
        "age Int @default(3)",
    ),
    (
        "at DateTime @updatedAt",
        "at DateTime",
        "A.at has @updatedAt in schema.prisma, no @updatedAt",
        "at DateTime @updatedAt",
    ),
    ('at Int @map("a_t")', "at Int", "A.at is called a_t in schema.prisma, at in", 'at Int @map("a_t")'),
    ("role Role", "role Int", "A.role is Role in schema.prisma, Int in", "role String"),
    (
        'key String @default(dbgenerated("uuid_generate_v4()"))',
        "key String",
        "A.key has the default dbgenerated",
        "key String @default(uuid())",
    ),
    ("tags String[]", "tags Int", "A.tags is String[] in schema.prisma, Int in", "tags String"),
    ("key String @unique", "key String", "a unique of A (key) is in schema.prisma", "key String @unique"),
    ("a Int\n  @@unique([a, id])", "a Int", "a unique of A (a, id) is in schema.prisma", "@@unique([a, id])"),
    (
        'a Int\n  @@unique([a, id], name: "n", map: "m")',
        "a Int\n  @@unique([a, id])",
        "a unique of A (a, id) named n is in schema.prisma",
        '@@unique([a, id], name: "n", map: "m")',
    ),
    (
        'bId Int?\n  b B? @relation(fields: [bId], references: [id], onDelete: Cascade, map: "fk")',
        "bId Int?\n  b B? @relation(fields: [bId], references: [id])",
        "A.b has onDelete: Cascade in schema.prisma, onDelete: SetNull in",
        "b B? @relation(fields: [bId], references: [id], onDelete: Cascade)",
    ),
]


@pytest.mark.parametrize(("production", "development", "says", "line"), DIFFERENT)
def test_what_differs_is_said_and_development_follows(production: str, development: str, says: str, line: str) -> None:
    theirs, mine = schema(P, ENUM + model(production)), schema(D, model(development))
    found = differences(theirs, mine, (5, 22))
    assert any(one.message.startswith(says) for one in found), [one.message for one in found]
    assert all(one.level is Level.MUST for one in found)
    after, there = mended(theirs, mine, [one for one in found if one.message.startswith(says)])
    assert after.texts == theirs.texts
    assert line in [" ".join(one.split()) for one in there.texts[D].splitlines()]
    assert differences(*mended(theirs, mine, found), (5, 22)) == []


def test_what_nobody_says_of_a_relation_is_told_once() -> None:
    lines = "bId Int", "b B @relation(fields: [bId], references: [id])"
    theirs = [line.replace("Int", "Int?").replace("B ", "B? ") for line in lines]
    found = differences(schema(P, model(*theirs)), schema(D, model(*lines)))
    assert [one.subject for one in found] == ["A.bId", "A.b"]
    assert all("optional" in one.message for one in found)  # and not onDelete, which follows from that


def test_a_field_with_another_name_for_the_same_is_called_so() -> None:
    theirs, mine = model('text String @map("t")'), model('words Int @map("t")').replace("as A[]", "all A[]")
    theirs, mine = (text.replace("words", "b B\n  words").replace("text", "b B\n  text") for text in (theirs, mine))
    found = differences(schema(P, theirs), schema(D, mine))
    assert [one.message for one in found] == [
        "A.text of schema.prisma is called words in schema.sqlite.prisma",
        "A.words is String in schema.prisma, Int in schema.sqlite.prisma",
        "B.as of schema.prisma is called all in schema.sqlite.prisma",
    ]


def test_views_of_both_are_compared_and_schemas_of_one_name_told_by_their_folders() -> None:
    theirs, mine = (f"view V {{\n  id Int @unique\n{line}}}\n" for line in ("  n Int\n", ""))
    paths = (Path("prisma/postgres/schema.prisma"), Path("prisma/sqlite/schema.prisma"))
    found = differences(schema(paths[0], theirs), schema(paths[1], mine))
    assert [one.message for one in found] == ["V.n is in postgres/schema.prisma and not in sqlite/schema.prisma"]


def test_places_are_lines_of_both_files() -> None:
    theirs, mine = schema(P, model("age Int")), schema(D, "// here\n\n" + model("age String"))
    (one,) = differences(theirs, mine)
    assert (one.place.path, one.place.line) == (D, 5)
    assert one.also
    assert (one.also.path, one.also.line) == (P, 3)


def test_an_index_is_a_matter_of_production() -> None:
    indexed, plain = model("a Int", "@@index([a])"), model("a Int")
    assert [one.level for one in differences(schema(P, indexed), schema(D, plain))] == [Level.WORTH]
    (one,) = differences(schema(P, plain), schema(D, indexed))
    assert (one.level, one.follows) == (Level.MUST, Side.PRODUCTION)


def test_a_new_model_of_development_is_proposed_for_production_as_it_is() -> None:
    theirs, mine = schema(P, model()), schema(D, model() + "\n/// Words.\nmodel C {\n  id Int @id // key\n}\n")
    found = differences(theirs, mine)
    assert [(one.subject, one.follows) for one in found] == [("C", Side.PRODUCTION)]
    after, _ = mended(theirs, mine, found)
    assert after.texts[P].endswith("}\n\nmodel C {\n  id Int @id // key\n}\n")


HARD = """\
model Everything {
  id        BigInt   @id(map: "pk") @default(autoincrement())
  role      Role     @default(ADMIN) // who
  roles     Role[]
  numbers   Int[]    @default([1, 2])
  data      Json     @default("{\\"a\\": 'b'}") @db.JsonB
  shape     Unsupported("polygon")?
  made      DateTime @default(dbgenerated("date_trunc('year', now())"))
  updated   DateTime @updatedAt @db.Timestamptz(6)
  one       One[]

  @@index([data], type: Gin)
  @@index([role, made(sort: Desc)], type: BTree)
  @@unique([role, updated], map: "role_updated")
  @@schema("public")
}

model One {
  everythingId BigInt     @id
  everything   Everything @relation(fields: [everythingId], references: [id], onDelete: Cascade, map: "fk")
}
"""
OLD_SQLITE = """\
model Everything {
  id        Int      @id @default(autoincrement())
  role      String   @default("ADMIN") // who
  roles     String @default("[]")
  numbers   String   @default("[1, 2]")
  data      String   @default("{\\"a\\": 'b'}")
  made      DateTime
  updated   DateTime @updatedAt
  one       One[]

  @@index([role, made(sort: Desc)])
  @@unique([role, updated], map: "role_updated")
}

model One {
  everythingId Int        @id
  everything   Everything @relation(fields: [everythingId], references: [id], onDelete: Cascade)
}
"""


def test_a_model_is_translated_for_sqlite() -> None:
    theirs, mine = schema(P, ENUM + HARD), schema(D, "// nothing yet\n")
    found = differences(theirs, mine, (5, 22))
    _, after = mended(theirs, mine, found)
    assert after.texts[D] == "// nothing yet\n\n" + OLD_SQLITE.replace("}\n\nmodel One", "}\n\nmodel One")
    left = differences(theirs, after, (5, 22))
    assert [one.level for one in left] == [Level.WORTH]  # made: SQLite has no date_trunc
    assert "date_trunc" in left[0].message


def test_since_6_2_sqlite_has_enums_and_json() -> None:
    theirs, mine = schema(P, ENUM + HARD), schema(D, "// nothing yet\n")
    _, after = mended(theirs, mine, differences(theirs, mine, NEW))
    assert list(after.enums) == ["Role"]
    fields = after.models["Everything"].fields
    assert (fields["role"].type, fields["data"].type, fields["roles"].type) == ("Role", "Json", "String")
    # `DEFAULT {}` is what its engine makes of @default("{}"), and that is no SQL
    assert "dbgenerated(\"'{\\\"a\\\": ''b''}'\")" in after.texts[D]
    assert [one.level for one in differences(theirs, after, NEW)] == [Level.WORTH]


def test_a_project_with_strings_for_enums_keeps_them_after_an_upgrade() -> None:
    theirs = schema(P, ENUM + model("role Role", "second Role?"))
    mine = schema(D, model("role String"))
    (one,) = differences(theirs, mine, NEW)
    _, after = mended(theirs, mine, [one])
    assert after.models["A"].fields["second"].type == "String"


def test_labels_are_compared_where_both_have_the_enum() -> None:
    theirs = schema(P, ENUM + model("role Role"))
    mine = schema(D, "enum Role {\n  USER\n  GUEST\n}\n" + model("role Role"))
    found = differences(theirs, mine, NEW)
    assert sorted((one.subject, one.follows.value) for one in found) == [
        ("Role.ADMIN", "development"),
        ("Role.GUEST", "production"),
    ]
    one, other = mended(theirs, mine, found)
    assert set(one.enums["Role"].fields) == set(other.enums["Role"].fields) == {"USER", "ADMIN", "GUEST"}
    assert '  ADMIN @map("admin")\n' in other.texts[D]


def test_table_names_are_compared_unless_schemas_part_them() -> None:
    mapped, plain = model('@@map("as")'), model()
    (one,) = differences(schema(P, mapped), schema(D, plain))
    assert one.message == "A is the table as in schema.prisma, A in schema.sqlite.prisma"
    _, after = mended(schema(P, mapped), schema(D, plain), [one])
    assert after.models["A"].table == "as"
    assert differences(schema(P, model('@@map("as")', '@@schema("x")')), schema(D, plain)) == []


def test_a_bigint_that_counts_by_itself_is_an_int_on_sqlite() -> None:
    text = "model A {\n  id BigInt @id @default(autoincrement())\n}\n"
    theirs, mine = schema(P, text), schema(D, text)
    (one,) = differences(theirs, mine)
    assert "SQLite counts in an Int alone" in one.message
    assert differences(*mended(theirs, mine, [one])) == []


KEYS = """\
model A {
  id BigInt @id @default(autoincrement())
  b  B?
}

model B {
  aId BigInt @id
  a   A      @relation(fields: [aId], references: [id])
  cs  C[]
}

model C {
  id  String @id @db.Uuid
  bId BigInt
  b   B      @relation(fields: [bId], references: [aId])
}
"""


def test_keys_are_followed_both_ways() -> None:
    lite = KEYS.replace("BigInt", "Int").replace(" @db.Uuid", "")
    assert differences(schema(P, KEYS), schema(D, lite)) == []
    new = """\

model D {
  id Int @id // its own
  cId String?
  c C? @relation(fields: [cId], references: [id])
  bId Int
  b B @relation(fields: [bId], references: [aId])
}
"""
    lite = lite.replace("  cs  C[]\n", "  cs  C[]\n  ds  D[]\n").replace("  b   B  ", "  ds  D[]\n  b   B  ")
    theirs, mine = schema(P, KEYS), schema(D, lite + new)
    after, _ = mended(theirs, mine, differences(theirs, mine))
    fields = after.models["D"].fields
    assert (fields["id"].type, fields["cId"].type, fields["bId"].type) == ("Int", "String", "BigInt")
    assert "  id Int @id // its own\n  cId String? @db.Uuid\n" in after.texts[P]
    assert differences(after, mine) == []


@pytest.mark.parametrize(
    ("production", "development", "after"),
    [
        # the side that changed since the base leads
        (("a Int", "a Int"), ("a Int", "a Int?"), ("a Int?", "a Int?")),
        (("a Int", "a Int?"), ("a Int", "a Int"), ("a Int?", "a Int?")),
        # production leads where both did
        (("a Int", "a BigInt"), ("a Int", "a String"), ("a BigInt", "a BigInt")),
        # what one lost the other loses
        (("a Int", ""), ("a Int", "a Int"), ("", "")),
        (("a Int", "a Int"), ("a Int", ""), ("", "")),
        (("a Int @unique", "a Int"), ("a Int @unique", "a Int @unique"), ("a Int", "a Int")),
        (("a Int", "a Int"), ("a Int", "a Int @unique"), ("a Int @unique", "a Int @unique")),
        # production's rows may have duplicates: a unique that a branch has not just written is not pressed on it
        (("a Int", "a Int"), ("a Int @unique", "a Int @unique"), ("a Int", "a Int")),
        (("a Int", "a Int"), ("a Int\n  @@unique([a])", "a Int\n  @@unique([a])"), ("a Int", "a Int")),
        # what is new on one side comes to the other
        (("", "a Int"), ("", ""), ("a Int", "a Int")),
        (("", ""), ("", "a Int @unique"), ("a Int @unique", "a Int @unique")),
        (
            ("r Role @default(USER)", "r Role @default(USER)"),
            ('r String @default("USER")', 'r String @default("ADMIN")'),
            ("r Role @default(ADMIN)", 'r String @default("ADMIN")'),
        ),
        (("a String @db.VarChar(9)", "a String @db.VarChar(9)"), ("a String", "a Int"), ("a Int", "a Int")),
    ],
)
def test_a_branch_tells_which_side_follows(
    production: tuple[str, str], development: tuple[str, str], after: tuple[str, str]
) -> None:
    old_theirs, theirs = (schema(P, ENUM + model(line)) for line in production)
    old_mine, mine = (schema(D, model(line)) for line in development)
    found = differences(theirs, mine, (5, 22), (old_theirs, old_mine))
    assert found
    ends = mended(theirs, mine, found)
    bare = [" ".join(one.texts[path].split()) for one, path in zip(ends, (P, D), strict=True)]
    wanted = (ENUM + model(after[0]), model(after[1]))
    assert bare == [" ".join(text.split()) for text in wanted]


def test_a_model_that_one_side_lost_is_lost_by_the_other() -> None:
    gone = "/// Words.\nmodel C {\n  id Int @id\n}\n\n"
    old_theirs, theirs = schema(P, gone + model()), schema(P, model())
    mine = schema(D, gone + model())
    found = differences(theirs, mine, (5, 22), (old_theirs, mine))
    assert [one.follows for one in found] == [Side.DEVELOPMENT]
    assert mended(theirs, mine, found)[1].texts[D] == model()

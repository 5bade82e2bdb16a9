from __future__ import annotations

import pytest

from safemigrate.prisma import datasource


def read(text: str) -> datasource.Datasource:
    found = datasource.read(text)
    assert found is not None
    return found


def test_the_usual_block() -> None:
    found = read(
        'generator client {\n  provider = "prisma-client-js"\n}\n\n'
        "datasource db {\n"
        '  provider          = "postgresql"\n'
        '  url               = env("DATABASE_URL")\n'
        '  directUrl         = env("DIRECT_URL")\n'
        '  shadowDatabaseUrl = env("SHADOW")\n'
        '  extensions        = [pgcrypto, vector(map: "vector", schema: "extensions")]\n'
        '  schemas           = ["public", "auth"]\n'
        '  relationMode      = "prisma"\n'
        "}\n"
    )
    assert found.provider == "postgresql"
    assert found.url == datasource.Value(variable="DATABASE_URL")
    assert found.direct_url == datasource.Value(variable="DIRECT_URL")


@pytest.mark.parametrize(
    ("text", "provider", "url"),
    [
        ('datasource db{provider="postgres" url="postgresql://u:p@h/d"}', "postgres", "postgresql://u:p@h/d"),
        ('datasource db {\r\n  provider = "sqlite"\r\n  url = "file:dev.db"\r\n}\r\n', "sqlite", "file:dev.db"),
        ('datasource db {\n  provider = "x" // "y"\n  url = "//not-a-comment" /* "z" */\n}', "x", "//not-a-comment"),
        ('datasource db {\n  provider = "x"\n  url = "a\\"b}c"\n}', "x", 'a"b}c'),
        ('datasource my-db {\n  url = "u"\n  provider = "x"\n}', "x", "u"),
    ],
)
def test_writings(text: str, provider: str, url: str) -> None:
    found = read(text)
    assert (found.provider, found.url) == (provider, datasource.Value(literal=url))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model datasource {\n  id Int @id\n}\n",
        '// datasource db {\n//   provider = "postgresql"\n// }\n',
        '/* datasource db {\n  provider = "postgresql"\n} */',
        "model A {\n  datasource String\n  b B\n}\n",
        'model A {\n  id Int @id @default(dbgenerated("datasource db { provider }"))\n}\n',
    ],
)
def test_no_block(text: str) -> None:
    assert datasource.read(text) is None


def test_no_url_as_in_7() -> None:
    found = read('datasource db {\n  provider = "postgresql"\n}\n')
    assert (found.provider, found.url, found.direct_url) == ("postgresql", None, None)


def test_a_commented_setting_does_not_count() -> None:
    found = read(
        'datasource db {\n  provider = "postgresql"\n  // directUrl = env("DIRECT_URL")\n  url = env("A")\n}\n'
    )
    assert found.direct_url is None


def test_a_value_shows_no_secret() -> None:
    found = read('datasource db {\n  provider = "postgresql"\n  url = "postgresql://u:zxqqq@h/d"\n}\n')
    assert "zxqqq" not in repr(found)
    assert "zxqqq" not in repr(found.url)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('provider = "p"\n  url = "secret"', 'provider = "p"\n  url = env("V")'),
        ('provider = "p"\n  url = env("A")\n  directUrl = env("B")', 'provider = "p"\n  url = env("V")\n  '),
        ('provider = "p"', 'provider = "p"\n  url = env("V")'),
        (
            'schemas = ["a"]\n  url = "x" // why\n  provider = "p"',
            'schemas = ["a"]\n  url = env("V") // why\n  provider = "p"',
        ),
    ],
)
def test_another_database(before: str, after: str) -> None:
    frame = "model Ü {{\n  id Int @id\n}}\ndatasource db {{\n  {}\n}}\nmodel B {{\n  id Int @id\n}}\n"
    assert datasource.with_variable(frame.format(before), "V") == frame.format(after)

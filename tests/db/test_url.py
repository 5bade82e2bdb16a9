from __future__ import annotations

import traceback
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from safemigrate.db.url import DatabaseUrl
from safemigrate.errors import ProjectError


def keywords(text: str) -> dict[str, str]:
    """What libpq itself makes of the conninfo."""
    found = conninfo_to_dict(DatabaseUrl.parse(text).conninfo())
    return {name: str(value) for name, value in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u:p@h:5433/d", ("u", "h", 5433, "d", "public")),
        ("postgres://u:p@h/d", ("u", "h", 5432, "d", "public")),
        ("  postgresql://u:p@h/d\n", ("u", "h", 5432, "d", "public")),
        ("POSTGRESQL://u@h/d", ("u", "h", 5432, "d", "public")),
        ("postgresql://h/d?schema=app", ("", "h", 5432, "d", "app")),
        ("postgresql://u@h/d?schema=", ("u", "h", 5432, "d", "public")),
        ("postgresql://u@h", ("u", "h", 5432, "postgres", "public")),
        ("postgresql://u@h/", ("u", "h", 5432, "postgres", "public")),
        ("postgresql:///d", ("", "localhost", 5432, "d", "public")),
        ("postgresql://u@[::1]:5555/d", ("u", "::1", 5555, "d", "public")),
        ("postgresql://u@[2001:db8::2]/d", ("u", "2001:db8::2", 5432, "d", "public")),
        ("postgresql://u@/d?host=/tmp/X", ("u", "/tmp/X", 5432, "d", "public")),
        ("postgresql://u@localhost:5433/d?host=/var/run/postgresql", ("u", "/var/run/postgresql", 5433, "d", "public")),
        ("postgresql://u@%2FTmp%2FX:5433/d", ("u", "/Tmp/X", 5433, "d", "public")),
        ("postgresql://us%40er:p%2F@h/my%20db", ("us@er", "h", 5432, "my db", "public")),
    ],
)
def test_parts(text: str, expected: tuple[str, str, int, str, str]) -> None:
    url = DatabaseUrl.parse(text)
    assert (url.user, url.host, url.port, url.database, url.schema) == expected
    assert url.provider == "postgresql"


def test_pool_parameters_do_not_reach_libpq() -> None:
    found = keywords(
        "postgresql://u:p@h/d?connection_limit=5&pool_timeout=3&socket_timeout=9&statement_cache_size=0&pgbouncer=false"
        "&max_connection_lifetime=1&max_idle_connection_lifetime=1&single_use_connections=true&sslaccept=strict&what=1"
    )
    assert found == {"host": "h", "hostaddr": "", "port": "5432", "user": "u", "password": "p", "dbname": "d"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("schema=app", '-c search_path="app"'),
        ("schema=public", '-c search_path="public"'),
        ("schema=My%20Schema", '-c search_path="My\\ Schema"'),
        ("schema=a%22b", '-c search_path="a""b"'),
        ("schema=a&options=-c%20statement_timeout%3D5s", '-c statement_timeout=5s -c search_path="a"'),
    ],
)
def test_schema_becomes_the_search_path(query: str, expected: str) -> None:
    assert keywords(f"postgresql://u@h/d?{query}")["options"] == expected
    assert DatabaseUrl.parse(f"postgresql://u@h/d?{query}").environment()["PGOPTIONS"] == expected


def test_search_path_is_left_alone_without_a_schema() -> None:
    assert "options" not in keywords("postgresql://u@h/d")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sslmode=require", {"sslmode": "require"}),
        ("sslmode=no-verify", {"sslmode": "require"}),
        ("sslmode=nonsense", {}),
        ("sslmode=require&sslcert=ca.pem", {"sslmode": "require"}),
        ("sslmode=require&sslaccept=accept_invalid_certs&sslcert=ca.pem", {"sslmode": "require"}),
        ("sslmode=require&sslaccept=strict&sslcert=ca.pem", {"sslmode": "verify-full", "sslrootcert": "ca.pem"}),
        ("sslmode=require&sslaccept=strict", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("sslmode=verify-ca&sslrootcert=ca.pem", {"sslmode": "verify-ca", "sslrootcert": "ca.pem"}),
        ("sslmode=verify-full&sslcert=ca.pem", {"sslmode": "verify-full", "sslrootcert": "ca.pem"}),
        (
            "sslmode=require&sslcert=c.crt&sslkey=c.key",
            {"sslmode": "require", "sslcert": "c.crt", "sslkey": "c.key"},
        ),
    ],
)
def test_tls(query: str, expected: dict[str, str]) -> None:
    found = keywords(f"postgresql://u@h/d?{query}")
    assert {name: value for name, value in found.items() if name.startswith("ssl")} == expected


def test_a_pkcs12_identity_is_refused_with_the_way_out() -> None:
    with pytest.raises(ProjectError, match="sslidentity") as raised:
        DatabaseUrl.parse("postgresql://u@h/d?sslidentity=client.p12&sslpassword=s3cret")
    assert any("openssl" in line for line in raised.value.fix)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("postgresql://u@h/d?pgbouncer=true", "pgbouncer=true"),
        ("postgresql://u@ep-x-1-pooler.eu-central-1.aws.neon.tech/d", "Neon"),
        ("postgresql://u@aws-0-eu.pooler.supabase.com:6543/d", "6543"),
        ("postgresql://u@h:6432/d", "6432"),
        ("postgresql://u@pooled.db.prisma.io/d", "Prisma Postgres"),
    ],
)
def test_poolers(text: str, reason: str) -> None:
    assert reason in DatabaseUrl.parse(text).pooled


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u@h/d",
        "postgresql://u@h/d?pgbouncer=false",
        "postgresql://u@aws-0-eu.pooler.supabase.com:5432/d",
        "postgresql://u@pooler/d",
    ],
)
def test_no_pooler(text: str) -> None:
    assert DatabaseUrl.parse(text).pooled == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:s3cret@h/d", "postgresql://u@h:5432/d"),
        ("postgresql://u:s3cret@h/d?schema=app&sslkey=s3cret", "postgresql://u@h:5432/d?schema=app"),
        ("postgresql://:s3cret@h/d", "postgresql://h:5432/d"),
        ("postgresql://u:s3cret@[::1]/d", "postgresql://u@[::1]:5432/d"),
        ("postgresql://u:s3cret@/d?host=/tmp/x", "postgresql://u@/d?host=/tmp/x"),
        ("file:./dev.db?key=s3cret", "file:./dev.db"),
    ],
)
def test_what_is_shown_holds_no_secret(text: str, shown: str) -> None:
    url = DatabaseUrl.parse(text)
    assert str(url) == repr(url) == f"{url}" == shown


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:zx#qqq@h/d",
        "postgresql://u:zx/qqq@h/d",
        "postgresql://u:12/zxqqq@h/d",
        "postgresql://u:zx?qqq@h/d",
        "postgresql://u:zx[qqq@h/d",
        "postgresql://u:zxqqq@h:54x/d",
        "postgresql://u:zxqqq@h:70000/d",
        "postgresql://u:zxqqq%00@h/d",
        "mysql://u:zxqqq@h/d",
        "prisma://accelerate.prisma-data.net/?api_key=zxqqq",
        "prisma+postgres://localhost:51213/?api_key=zxqqq",
        '"postgresql://u:zxqqq@h/d"',
        "u:zxqqq@h/d",
        "${zxqqq}",
        "",
    ],
)
def test_an_error_says_the_way_out_and_no_secret(text: str) -> None:
    with pytest.raises(ProjectError) as raised:
        DatabaseUrl.parse(text)
    assert "qqq" not in "".join(traceback.format_exception(raised.value))
    assert raised.value.why


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        ("mysql", "MySQL"),
        ("mongodb", "MongoDB"),
        ("mongodb+srv", "MongoDB"),
        ("sqlserver", "SQL Server"),
        ("cockroachdb", "CockroachDB"),
    ],
)
def test_other_databases_are_named(scheme: str, name: str) -> None:
    with pytest.raises(ProjectError, match=f"{name} is not supported"):
        DatabaseUrl.parse(f"{scheme}://u:p@h/d")


@pytest.mark.parametrize(
    ("text", "database", "name", "path"),
    [
        ("file:./dev.db", "./dev.db", "dev.db", "/project/prisma/dev.db"),
        ("file:dev.db?connection_limit=1&socket_timeout=20", "dev.db", "dev.db", "/project/prisma/dev.db"),
        ("file:../data/dev.sqlite3", "../data/dev.sqlite3", "dev.sqlite3", "/project/data/dev.sqlite3"),
        ("file:/var/lib/dev.db", "/var/lib/dev.db", "dev.db", "/var/lib/dev.db"),
        ("file:///var/lib/dev.db", "///var/lib/dev.db", "dev.db", "/var/lib/dev.db"),
        ("FILE:my dev%20.db", "my dev%20.db", "my dev%20.db", "/project/prisma/my dev%20.db"),
        ("file:~/dev.db", "~/dev.db", "dev.db", "/project/prisma/~/dev.db"),
    ],
)
def test_sqlite_is_a_path_as_prisma_reads_it(text: str, database: str, name: str, path: str) -> None:
    url = DatabaseUrl.parse(text)
    assert (url.provider, url.database, url.name, url.path) == ("sqlite", database, name, None)
    assert url.resolved(Path("/project/prisma")).path == Path(path)


def test_what_prisma_is_told_is_the_file_itself() -> None:
    url = DatabaseUrl.parse("file:./dev.db?connection_limit=1&socket_timeout=20").resolved(Path("/project/prisma"))
    assert url.prisma() == "file:/project/prisma/dev.db?connection_limit=1&socket_timeout=20"
    assert str(url) == "file:./dev.db"


@pytest.mark.parametrize(
    ("text", "seconds"), [("file:d", 5), ("file:d?socket_timeout=20", 20), ("file:d?socket_timeout=x", 5)]
)
def test_socket_timeout_is_how_long_to_wait_for_a_lock(text: str, seconds: float) -> None:
    assert DatabaseUrl.parse(text).patience == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file::memory:", "names no file"),
        ("file:", "names no file"),
        ("file:dev?mode=memory&cache=shared", "names no file"),
        ("libsql://name.turso.io?authToken=s3cret", "libsql:// is no file on this machine"),
        ("https://name.turso.io", "https:// is no file on this machine"),
        ("sqlite://dev.db", "Prisma takes file: alone"),
        ("file:a\0b", "zero byte"),
        ("./prisma/dev.db", "or file:"),
    ],
)
def test_what_is_no_file(text: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said) as caught:
        DatabaseUrl.parse(text)
    assert "s3cret" not in f"{caught.value.summary}{caught.value.why}{caught.value.fix}"


def test_a_name_beside_it() -> None:
    assert DatabaseUrl.parse("file:./prisma/my dev.db").restored == "my dev_restored.db"
    assert DatabaseUrl.parse("postgresql://me@localhost/shop").restored == "shop_restored"


def test_another_database_of_the_same_server() -> None:
    other = DatabaseUrl.parse("postgresql://u:p@h:1/d?sslmode=require&schema=app").with_database("o'ther d\\b")
    found = conninfo_to_dict(other.conninfo())
    assert (found["dbname"], found["password"], found["sslmode"]) == ("o'ther d\\b", "p", "require")
    assert other.environment()["PGDATABASE"] == "o'ther d\\b"


def test_environment() -> None:
    url = DatabaseUrl.parse("postgresql://u:p@h:1/d?sslmode=require&connect_timeout=7")
    assert url.environment() == {
        "PGHOST": "h",
        "PGHOSTADDR": "",
        "PGPORT": "1",
        "PGUSER": "u",
        "PGPASSWORD": "p",
        "PGDATABASE": "d",
        "PGSSLMODE": "require",
        "PGCONNECT_TIMEOUT": "7",
    }


def test_without_a_password_libpq_looks_for_one_itself() -> None:
    url = DatabaseUrl.parse("postgresql://u@h/d")
    assert "PGPASSWORD" not in url.environment()
    assert "password" not in url.conninfo()


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@given(user=words, password=words, database=words, schema=words)
def test_every_name_survives_the_way_to_libpq_and_back_to_prisma(
    user: str, password: str, database: str, schema: str
) -> None:
    parts = [quote(part, safe="") for part in (user, password, database, schema)]
    url = DatabaseUrl.parse("postgresql://{}:{}@h/{}?schema={}".format(*parts))
    found = conninfo_to_dict(url.conninfo())
    assert (found["user"], found["password"], found["dbname"]) == (user, password, database)
    again = DatabaseUrl.parse(url.prisma())
    assert again.conninfo() == url.conninfo()


def test_a_socket_url_for_prisma() -> None:
    url = DatabaseUrl.parse("postgresql://u@/d?host=/tmp/x&sslmode=disable&schema=s&pgbouncer=true")
    assert DatabaseUrl.parse(url.prisma()).conninfo() == url.conninfo()
    assert "pgbouncer" not in url.prisma()


@pytest.mark.parametrize(
    "query",
    [
        "sslmode=require",
        "sslmode=require&sslaccept=strict",
        "sslmode=require&sslaccept=strict&sslcert=ca.pem",
        "sslmode=disable&connect_timeout=3&options=-c%20work_mem%3D8MB",
    ],
)
def test_prisma_checks_the_servers_certificate_as_we_do(query: str) -> None:
    url = DatabaseUrl.parse(f"postgresql://u:p@h/d?{query}")
    assert conninfo_to_dict(DatabaseUrl.parse(url.prisma()).conninfo()) == conninfo_to_dict(url.conninfo())


def test_libpq_takes_the_conninfo(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing listens there: what counts is that libpq gets as far as the socket, and not to PGHOSTADDR.
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    with pytest.raises(psycopg.OperationalError, match="No such file or directory"):
        psycopg.connect(DatabaseUrl.parse("postgresql://u@/d?host=/nonexistent&schema=app").conninfo())

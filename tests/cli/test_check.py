"""`check` as a person, a pipe and a CI job use it; no database, no project, no git."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from safemigrate.cli.app import main

DROP = 'ALTER TABLE "User" DROP COLUMN "bio";\n'
INDEX = 'CREATE INDEX "User_name_idx" ON "User"("name");\n'
SAFE = 'CREATE TABLE "Tag" (id int PRIMARY KEY);\n'


def write(path: str, text: str) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def findings(ran: Any) -> dict[str, list[str]]:
    """Rules by file."""
    document = json.loads(ran.stdout)
    return {each["path"]: [finding["rule"] for finding in each["findings"]] for each in document["migrations"]}


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [
        (SAFE, (), 0),
        (INDEX, (), 0),
        (INDEX, ("--fail-on", "warning"), 1),
        (DROP, (), 1),
        (DROP, ("--exit-zero",), 0),
        (DROP, ("--fail-on", "never"), 0),
        (f"-- safemigrate: allow drop-column read by nobody\n{DROP}", ("--fail-on", "warning"), 0),
        (DROP, ("--rule", "drop-column=warning"), 0),
        (DROP, ("--rule", "data-loss=off", "--fail-on", "warning"), 0),
        (INDEX, ("--rule", "lock=error"), 1),
        ("SELECT 'never closed", (), 1),
        ("ALTER TABLE t FROBNICATE;", (), 1),
    ],
)
def test_exit_codes(invoke: Any, text: str, flags: tuple[str, ...], code: int) -> None:
    write("change.sql", text)
    assert invoke("check", "--offline", "change.sql", *flags).code == code


def test_a_loss_is_an_error_for_nobody_can_be_asked(invoke: Any) -> None:
    write("change.sql", DROP)
    (migration,) = json.loads(invoke("check", "--offline", "change.sql", "--json").stdout)["migrations"]
    (finding,) = migration["findings"]
    assert (finding["severity"], finding["loses"], finding["blocks"]) == ("error", True, True)
    assert (migration["name"], migration["state"]) == ("change.sql", "read")


def test_one_file_that_cannot_be_read_does_not_hide_the_others(invoke: Any) -> None:
    write("a/good.sql", DROP)
    write("a/quote.sql", f"{DROP}\nSELECT 'x")
    Path("a/latin.sql").write_bytes(b"-- \xe9\nSELECT 1;")
    Path("a/gone.sql").symlink_to("nowhere.sql")
    ran = invoke("check", "--offline", "a", "missing.sql", "--json")
    document = json.loads(ran.stdout)
    assert (ran.code, document["outcome"]) == (2, "incomplete")
    states = {each["path"]: each["state"] for each in document["migrations"]}
    assert states == {
        "a/good.sql": "read",
        "a/gone.sql": "unreadable",
        "a/latin.sql": "unreadable",
        "a/quote.sql": "read",
        "missing.sql": "unreadable",
    }
    assert findings(ran)["a/good.sql"] == ["drop-column"]
    assert findings(ran)["a/quote.sql"] == ["drop-column", "opaque-statement"]
    said = {each["path"]: each["detail"] for each in document["migrations"]}
    assert "No such file" in said["missing.sql"]
    assert "UTF-8" in said["a/latin.sql"]


def test_what_was_not_read_is_not_counted_as_clean(invoke: Any) -> None:
    write("a/good.sql", "SELECT 1;")
    assert invoke("check", "--offline", "gone.sql").stdout.splitlines()[-2:] == [
        "✖ The file could not be read.",
        f"  → ls -l {Path.cwd()}",
    ]
    assert "✖ None of 2 files could be read." in invoke("check", "--offline", "gone.sql", "a/b/c.sql").stdout
    ran = invoke("check", "--offline", "gone.sql", "a/good.sql")
    assert "✖ Nothing found in 1 file; 1 could not be read." in ran.stdout


def test_folders_patterns_and_strange_names(invoke: Any) -> None:
    write("m/20240101_x.sql/migration.sql", DROP)
    write("m/20240101_x.sql/down.sql", DROP)
    write("m/20240102_with a space/migration.sql", "\ufeff" + DROP.replace("\n", "\r\n"))
    write("m/9_b/migration.sql", SAFE)
    write("m/10_a/migration.sql", SAFE)
    write("node_modules/x.sql", DROP)
    write("m/.hidden/x.sql", DROP)
    write("[id].sql", SAFE)
    everything = [
        "[id].sql",
        "m/10_a/migration.sql",
        "m/20240101_x.sql/migration.sql",
        "m/20240102_with a space/migration.sql",
        "m/9_b/migration.sql",
    ]
    for arguments in ((".",), ("m", "[id].sql"), ("**/migration.sql", "[id].sql", "./m")):
        assert list(findings(invoke("check", "--offline", *arguments, "--json"))) == everything
    document = json.loads(invoke("check", "--offline", "m", "--json").stdout)
    (finding,) = document["migrations"][2]["findings"]
    assert (finding["span"]["line"], finding["span"]["column"]) == (1, 1)


def test_stdin(invoke: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped(io.StringIO):
        buffer = io.BytesIO(b"\xef\xbb\xbf" + DROP.encode())

    monkeypatch.setattr(sys, "stdin", Piped())
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["check", "--offline", "-", "--stdin-filename", "x/2024_drop/migration.sql", "--json"]) == 1
    (migration,) = json.loads(out.getvalue())["migrations"]
    assert (migration["name"], migration["path"]) == ("2024_drop", "x/2024_drop/migration.sql")


def test_without_files_every_history_below_is_read(invoke: Any) -> None:
    for name, provider in (("api", "postgresql"), ("old", "mysql"), ("web", "postgresql")):
        write(f"{name}/prisma/migrations/migration_lock.toml", f'provider = "{provider}"\n')
        write(f"{name}/prisma/migrations/1_a/migration.sql", DROP)
    ran = invoke("check", "--offline", "--json")
    assert list(findings(ran)) == ["api/prisma/migrations/1_a/migration.sql", "web/prisma/migrations/1_a/migration.sql"]
    assert "old/prisma/migrations is left out: its provider is mysql" in json.loads(ran.stdout)["notes"]
    named = invoke("check", "--offline", "old/prisma/migrations")
    assert named.code == 2
    assert "says mysql" in named.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check",), "No Prisma schema in"),
        (("check", "--offline"), "No migrations to read in"),
        (("check", "empty"), "No .sql file in empty"),
        (("check", "*.sql"), "No .sql file in *.sql"),
        (("check", "--rule", "drop-colum=off", "x.txt"), 'There is no rule "drop-colum"'),
        (("check", "--rule", "drop-column", "x.txt"), "it is a rule or family"),
        (("check", "-", "x.txt"), "stands alone"),
        (("check", "--baseline", "none.json", "x.txt"), "none.json cannot be read"),
        (("check", "--changed-since", "main", "x.txt"), "git"),
        (("explain", "drop-columns"), 'There is no rule "drop-columns"'),
    ],
)
def test_usage(invoke: Any, arguments: tuple[str, ...], says: str) -> None:
    Path("empty").mkdir()
    write("x.txt", SAFE)
    ran = invoke(*arguments, "--json")
    assert ran.code == 2
    assert says in json.loads(ran.stdout)["error"]["summary"]
    assert says in ran.stderr


def test_settings(invoke: Any) -> None:
    write(
        "safemigrate.toml", '[rules]\ndrop-column = "error"\n[[rules.override]]\npaths = ["old"]\ndata-loss = "off"\n'
    )
    write("old/a.sql", DROP)
    write("new/a.sql", DROP)
    assert findings(invoke("check", "--offline", "--json", ".")) == {"new/a.sql": ["drop-column"], "old/a.sql": []}
    write("safemigrate.toml", '[rules]\ndrop-colum = "error"\n')
    ran = invoke("check", "--offline", "new")
    assert ran.code == 2
    said = " ".join(ran.stderr.split())
    assert 'safemigrate.toml: there is no rule "drop-colum"' in said
    assert "Did you mean drop-column" in said


def test_a_baseline_silences_what_it_knows_and_nothing_else(invoke: Any) -> None:
    write("m/1_a/migration.sql", DROP + INDEX)
    written = invoke("check", "--offline", "m", "--write-baseline", "known.json")
    assert written.code == 0
    assert "2 findings written to known.json" in written.stdout
    write("safemigrate.toml", 'baseline = "known.json"\n')
    write("m/1_a/migration.sql", "-- one line more\r\n\r\n" + (DROP + INDEX).replace("\n", "\r\n"))
    write("m/2_b/migration.sql", DROP)
    ran = invoke("check", "--offline", "--json", "m")
    assert findings(ran) == {"m/1_a/migration.sql": [], "m/2_b/migration.sql": ["drop-column"]}
    assert json.loads(ran.stdout)["notes"] == ["The baseline knows 2 findings."]
    write("m/1_a/migration.sql", DROP + DROP.replace("COLUMN", "COLUMN IF EXISTS"))
    ran = invoke("check", "--offline", "--json", "m")
    assert findings(ran)["m/1_a/migration.sql"].count("drop-column") == 1, "an entry stands for one finding"
    assert "index-not-concurrent" in "".join(json.loads(ran.stdout)["notes"]), "a stale entry is said"
    write("known.json", '{"version": 2, "findings": []}')
    assert invoke("check", "--offline", "m").code == 2
    write("known.json", "[]")
    assert "is not a baseline" in " ".join(invoke("check", "--offline", "m").stderr.split())


def test_without_offline_it_says_what_it_does_not_do(invoke: Any) -> None:
    write("a.sql", SAFE)
    assert "Read without a database" in invoke("check", "a.sql").stdout
    assert "Read without a database" not in invoke("check", "--offline", "a.sql").stdout


def test_github_annotations(invoke: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    write("a.sql", "SELECT 1;\n" + DROP)
    ran = invoke("check", "--offline", "a.sql", "--format", "github")
    first, *report = ran.stdout.splitlines()
    assert first.startswith('::error file=a.sql,line=2,endLine=2,title=drop-column::"User"."bio" is dropped')
    assert "%0A" in first
    assert report[0] == "a.sql"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path.parent))
    first, *_ = invoke("check", "--offline", "a.sql", "--format", "github").stdout.splitlines()
    assert first.startswith(f"::error file={tmp_path.name}/a.sql,line=2"), "GitHub wants paths from the top"


def test_every_format_at_once(invoke: Any, tmp_path: Path) -> None:
    write("prisma/migrations/1_a/migration.sql", "SELECT 1;\n" + DROP)
    forms = {
        "json": "a.json",
        "markdown": "a.md",
        "sarif": "a.sarif",
        "gitlab": "b.json",
        "junit": "a.xml",
        "html": "a.html",
    }
    outputs = [word for form, name in forms.items() for word in ("--output", f"{form}={name}")]
    ran = invoke("check", "--offline", "prisma", *outputs)
    assert (ran.code, ran.stderr) == (1, "")
    for form, name in forms.items():
        written = (tmp_path / name).read_text()
        assert "drop-column" in written
        assert "prisma/migrations/1_a/migration.sql" in written
        assert invoke("check", "--offline", "prisma", "--format", form).stdout.count("drop-column") == written.count(
            "drop-column"
        )
    assert "Why, and what to do" in (tmp_path / "a.html").read_text(), "a rule's page stands with its finding"


def test_thousands_of_files_are_read_in_one_go(invoke: Any) -> None:
    for number in range(2000):
        write(f"m/{number:04}_x/migration.sql", SAFE)
    ran = invoke("check", "--offline", "m")
    assert ran.stdout == "✔ Nothing found in 2,000 files.\n"


def test_quiet_says_only_what_blocks(invoke: Any) -> None:
    write("a.sql", INDEX)
    assert invoke("check", "--offline", "-q", "a.sql").stdout == ""
    write("a.sql", DROP)
    assert "drop-column" in invoke("check", "--offline", "-q", "a.sql").stdout


def test_a_file_that_may_not_be_read(invoke: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))  # root reads everything

    write("a.sql", SAFE)
    monkeypatch.setattr(Path, "read_bytes", refused)
    ended = invoke("check", "--offline", "a.sql")
    assert ended.code == 2
    assert "a.sql" in ended.stderr + ended.stdout
    assert "Permission denied" in ended.stderr + ended.stdout


def test_earlier_migrations_of_the_folder_say_what_types_there_are(invoke: Any) -> None:
    write("m/1_a/migration.sql", 'CREATE TABLE "User" (name VARCHAR(100));')
    write("m/2_b/migration.sql", "SELECT 'never closed")
    write("m/3_c/migration.sql", 'ALTER TABLE "User" ALTER COLUMN "name" TYPE VARCHAR(200);')
    assert findings(invoke("check", "--offline", "m", "--json"))["m/3_c/migration.sql"] == []
    assert findings(invoke("check", "--offline", "m/3_c", "--json"))["m/3_c/migration.sql"] != [], "a file alone"


def test_changed_since(invoke: Any, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / ".git").rmdir()
    git("init", "-q", "-b", "main")
    write("prisma/migrations/migration_lock.toml", 'provider = "postgresql"')
    write("prisma/migrations/1_a/migration.sql", DROP + 'CREATE TABLE "User" (name VARCHAR(100));')
    git("add", ".")
    git("commit", "-q", "-m", "first")
    nothing = invoke("check", "--offline", "--changed-since", "main")
    assert (nothing.code, nothing.stdout) == (0, "· No migration changed since main.\n\n✔ Nothing to read.\n")
    write("prisma/migrations/2_b/migration.sql", 'ALTER TABLE "User" ALTER COLUMN "name" TYPE VARCHAR(200);' + INDEX)
    ran = invoke("check", "--offline", "--changed-since", "main", "--json")
    assert findings(ran) == {"prisma/migrations/2_b/migration.sql": ["index-not-concurrent"]}
    unknown = invoke("check", "--offline", "--changed-since", "origin/next")
    assert unknown.code == 2
    assert "git fetch origin next" in unknown.stderr


def test_the_folder_says_what_a_migration_is_for_and_what_stands_beside_it(invoke: Any) -> None:
    write("m/migration_lock.toml", 'provider = "sqlite"')
    write("m/20240101000000_a/migration.sql", INDEX + "PRAGMA foreign_keys=ON;\n")
    write("m/20240101000000_b/migration.sql", SAFE)
    read = findings(invoke("check", "--offline", "m", "--json"))
    assert read == {"m/20240101000000_a/migration.sql": [], "m/20240101000000_b/migration.sql": ["duplicate-timestamp"]}
    write("m/migration_lock.toml", 'provider = "postgresql"')
    assert (
        "provider-mismatch" in findings(invoke("check", "--offline", "m", "--json"))["m/20240101000000_a/migration.sql"]
    )


def test_each_action_of_a_statement_is_told_on_its_own_line(invoke: Any) -> None:
    write(
        "a.sql",
        'ALTER TABLE "User"\n  DROP COLUMN "bio",\n  ALTER COLUMN "age" SET DEFAULT 1,\n  DROP COLUMN "name";\n',
    )
    said = invoke("check", "--offline", "a.sql", "--format", "github").stdout
    places = [line.split("title=")[0] for line in said.splitlines() if line.startswith("::")]
    assert places == ["::error file=a.sql,line=2,endLine=2,", "::error file=a.sql,line=4,endLine=4,"]
    issues = json.loads(invoke("check", "--offline", "a.sql", "--format", "gitlab").stdout)
    assert [one["location"]["lines"]["begin"] for one in issues] == [2, 4]


SQLITE = 'CREATE TABLE "T" (id INTEGER PRIMARY KEY AUTOINCREMENT, at DATETIME);\nCREATE INDEX i ON "Old"(x);\n'


@pytest.mark.parametrize(
    ("beside", "flags", "noted", "rules"),
    [
        ({}, (), True, []),
        ({"prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n}\n'}, (), False, []),
        ({"migrations/migration_lock.toml": 'provider = "sqlite"\n'}, (), False, []),
        (
            {"migrations/migration_lock.toml": 'provider = "postgresql"\n'},
            (),
            False,
            ["provider-mismatch", "index-not-concurrent"],
        ),
        (
            {"pg/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = "postgresql://a/b"\n}\n'},
            ("--schema", "pg/schema.prisma"),
            False,
            ["provider-mismatch", "index-not-concurrent"],
        ),
    ],
)
def test_whose_sql_a_lone_file_is(
    invoke: Any, beside: dict[str, str], flags: tuple[str, ...], noted: bool, rules: list[str]
) -> None:
    write("change.sql", SQLITE)
    for path, text in beside.items():
        write(path, text)
    ran = invoke("check", "--offline", "change.sql", "--json", *flags)
    notes = " ".join(json.loads(ran.stdout)["notes"])
    assert ("read as SQLite's, for it has AUTOINCREMENT" in notes) is noted
    assert set(findings(ran)["change.sql"]) >= set(rules)
    assert bool(findings(ran)["change.sql"]) is bool(rules)

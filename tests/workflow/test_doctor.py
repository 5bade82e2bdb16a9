"""Doctor says every problem as a line with its fix, and raises none."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safemigrate.config import Settings
from safemigrate.db import programs, session
from safemigrate.db.postgres import connect
from safemigrate.execute import journal
from safemigrate.model import Diagnosis, Group, Outcome, Plan, Proof, Result, Step, Verdict
from safemigrate.prisma import history
from safemigrate.prisma.migrations import read
from safemigrate.report import text
from safemigrate.workflow import snapshot
from safemigrate.workflow.doctor import doctor
from tests.workflow.conftest import SCHEMA, Project

INIT = 'CREATE TABLE "User" (id serial PRIMARY KEY);'
FIRST, SECOND = "20240101000000_init", "20240201000000_next"


def bad(outcome: Outcome) -> dict[str, Diagnosis]:
    return {line.subject: line for line in outcome.diagnoses if not line.ok}


def line(outcome: Outcome, subject: str) -> Diagnosis:
    return next(each for each in outcome.diagnoses if each.subject == subject)


@pytest.fixture
def user(project: Project) -> Iterator[str]:
    """A role with no rights but to log in; the project connects as it."""
    owner = project.url
    name = f"user_{owner.database}"
    with connect(owner) as connection:
        session.run(connection, f'CREATE ROLE "{name}" LOGIN')
    project.url = replace(owner, user=name)
    yield name
    with connect(owner) as connection:
        session.run(connection, f'DROP OWNED BY "{name}" CASCADE; DROP ROLE "{name}"')


def test_everything_is_in_order(project: Project) -> None:
    project.baseline(INIT)
    outcome = doctor(project.request(), "local")
    assert outcome.result is Result.OK
    changing = {str(project.folder): "FOLDER", str(project.url): "URL"}
    written = text.render(outcome, width=400)
    for found, name in changing.items():
        written = written.replace(found, name)
    written = re.sub(r"\d+(\.\d+)* (ms|s|MB|GB)\b", r"N \2", written)
    written = re.sub(r"PostgreSQL [^:,]*?(?=,| on this| embedded)", "PostgreSQL", written)
    written = re.sub(r"(safemigrate: ).*", r"\1…", written)
    written = re.sub(r"(pg_dump: ).* in .*(?=,)", r"\1VERSION in PLACE", written)
    assert written == (
        "URL\n"
        "\n"
        "✔ safemigrate: …\n"
        "✔ project: Prisma 6.19.0 (npm; not installed, which only generating needs: npm install) in FOLDER, "
        "schema prisma/schema.prisma, postgresql\n"
        "✔ migrations: 1 in prisma/migrations\n"
        "✔ url: URL, from --url; not pooled\n"
        "✔ connection: as tester, without TLS, answered in N ms\n"
        "✔ server: PostgreSQL, database of N MB, a primary\n"
        "✔ rights: tester: superuser\n"
        "✔ ownership: every table and view is this user's to alter\n"
        "✔ history: 1 applied, 0 pending, all sound\n"
        "✔ pg_dump: VERSION in PLACE, fits the server\n"
        "✔ shadow: PostgreSQL on this machine: ready in N s, a database in N s\n"
        "✔ snapshots: none yet; they go to FOLDER/.safemigrate/snapshots; writable, and git ignores it\n"
        "✔ disk: N GB free at FOLDER, a full snapshot takes about N MB\n"
        "\n"
        "✔ 13 checks passed.\n"
    )
    assert project.rows("SELECT FROM pg_namespace WHERE nspname = 'safemigrate'") == []
    assert not (project.folder / ".safemigrate").exists()


def test_no_project_still_looks_at_the_machine(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty" / ".git").mkdir(parents=True)
    outcome = doctor(replace(project.request(), project=tmp_path / "empty"), "local")
    assert list(bad(outcome)) == ["project"]
    assert "No Prisma schema" in line(outcome, "project").detail
    assert {"pg_dump", "shadow"} <= {each.subject for each in outcome.diagnoses}


def test_a_url_of_another_provider(project: Project) -> None:
    (project.folder / "prisma/schema.prisma").write_text(SCHEMA.replace("postgresql", "sqlite"))
    outcome = doctor(project.request(), "local")
    assert list(bad(outcome)) == ["url"]
    assert "the schema's provider is sqlite" in line(outcome, "url").detail


@pytest.mark.parametrize(
    ("url", "subject", "words"),
    [
        ("postgresql://app:secret@127.0.0.1:1/app", "connection", "nothing listens at 127.0.0.1:1"),
        ("postgresql://app:secret@ep-x-pooler.neon.tech/app", "url", "is pooled"),
        ("postgresql://app:secret@h/app?pgbouncer=true", "url", "is pooled"),
        ("prisma+postgres://accelerate/?api_key=secret", "url", "Prisma's own protocol"),
    ],
)
def test_a_url_that_leads_nowhere(project: Project, url: str, subject: str, words: str) -> None:
    outcome = doctor(replace(project.request(), url=url), "local")
    assert list(bad(outcome)) == [subject]
    assert words in line(outcome, subject).detail
    assert line(outcome, subject).fix
    assert "secret" not in repr(outcome)


def test_no_url_at_all(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SAFEMIGRATE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    outcome = doctor(replace(project.request(), url=None), "local")
    assert list(bad(outcome)) == ["url"]
    assert "DATABASE_URL is not set" in line(outcome, "url").detail


def test_rights_that_are_missing(project: Project, user: str) -> None:
    owner = replace(project.url, user="tester")
    with connect(owner) as connection:
        session.run(connection, INIT)
    found = bad(doctor(project.request(), "local"))
    assert found["rights"].fix == (f'GRANT CREATE ON DATABASE "{owner.database}" TO "{user}";',)
    assert found["ownership"].detail.startswith(f'{user} does not own "public"."User" (tester)')
    assert found["ownership"].fix == (f'GRANT "tester" TO "{user}";',)


def test_the_fixes_for_rights_fix_them(project: Project, user: str) -> None:
    owner = replace(project.url, user="tester")
    with connect(owner) as connection:
        session.run(connection, f'CREATE ROLE "{user}_owner"; {INIT} ALTER TABLE "User" OWNER TO "{user}_owner"')
    try:
        found = bad(doctor(project.request(), "local"))
        with connect(owner) as connection:
            for fix in (*found["rights"].fix, *found["ownership"].fix):
                session.run(connection, fix)
        assert not {"rights", "ownership"} & bad(doctor(project.request(), "local")).keys()
    finally:
        with connect(owner) as connection:
            session.run(connection, f'DROP OWNED BY "{user}_owner"; DROP ROLE "{user}_owner"')


def test_a_history_that_apply_refuses(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, "SELECT 1/0;")
    with connect(project.url) as connection:
        history.record_started(connection, "public", read(project.folder / "prisma/migrations" / SECOND))
    (project.folder / "prisma/migrations" / FIRST / "migration.sql").write_text("-- edited")
    outcome = doctor(project.request(), "local")
    said = [each.detail for each in outcome.diagnoses if each.subject == "history"]
    assert said[0] == f"edited after they were applied: {FIRST}"
    assert f"{SECOND} failed earlier" in said[1]


def test_an_interrupted_run(project: Project) -> None:
    project.baseline(INIT)
    steps = [Step(sql="SELECT 1", line=1, run=())] * 2
    with connect(project.url) as connection:
        journal.prepare(connection)
        plan = Plan(SECOND, "", tuple(Group((step,)) for step in steps), Proof(Verdict.EXACT))
        journal.start(connection, plan, fingerprint="", snapshot="", version="test")
    found = bad(doctor(project.request(), "local"))["history"]
    assert found.detail == f"{SECOND} was interrupted: 0 of its 2 parts are done"
    assert found.fix[0].startswith("safemigrate apply")


def test_an_extension_that_no_shadow_has(project: Project) -> None:
    project.baseline(INIT)
    project.write(SECOND, "CREATE EXTENSION no_such_extension;")
    found = bad(doctor(project.request(), "local"))
    assert list(found) == ["shadow"]
    assert "no_such_extension" in found["shadow"].detail


def test_no_programs_on_the_machine(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(programs.OVERRIDE, "none")
    monkeypatch.setattr(programs, "_WHEELS", ())
    found = bad(doctor(project.request(), "local"))
    assert list(found) == ["pg_dump", "shadow"]
    assert all(each.fix for each in found.values())


def test_db_push_in_the_scripts(project: Project) -> None:
    (project.folder / "package.json").write_text(
        '{"scripts": {"dev": "prisma  db push && next dev", "build": "next build"}, "devDependencies": {"prisma": "6"}}'
    )
    found = bad(doctor(project.request(), "local"))
    assert list(found) == ["scripts"]
    assert found["scripts"].fix == ("npm pkg set 'scripts.dev=safemigrate apply && prisma generate && next dev'",)


def test_a_migration_that_cannot_be_read(project: Project) -> None:
    project.baseline(INIT)
    (project.folder / "prisma/migrations" / FIRST / "migration.sql").write_bytes(b"-- \xe9")
    found = bad(doctor(project.request(), "local"))
    assert "is not UTF-8" in found["migrations"].detail


def test_snapshots_as_they_stand(project: Project) -> None:
    project.baseline(INIT)
    snapshot.create(project.request(), "full")
    detail = line(doctor(project.request(), "local"), "snapshots").detail
    assert re.search(r"^1 in .*, the newest less than an hour old \(full, never restored\)", detail)


def test_a_store_that_cannot_be_written_to(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    request = replace(project.request(), settings=Settings(store=tmp_path / "file" / "snapshots"))
    assert "cannot be written to" in bad(doctor(request, "local"))["snapshots"].detail


def test_a_store_that_git_would_take(project: Project) -> None:
    project.baseline(INIT)
    snapshot.create(project.request(), "full")
    subprocess.run(["git", "init", "--quiet", project.folder], check=True)
    assert "snapshots" not in bad(doctor(project.request(), "local"))
    ignore = project.folder / ".safemigrate" / ".gitignore"
    ignore.unlink()
    found = bad(doctor(project.request(), "local"))["snapshots"]
    assert "git does not ignore" in found.detail
    subprocess.run(["git", "-C", project.folder, "add", ".safemigrate"], check=True)
    found = bad(doctor(project.request(), "local"))["snapshots"]
    assert "is committed to git" in found.detail


def test_a_disk_that_is_too_small(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000})())
    found = bad(doctor(project.request(), "local"))
    assert list(found) == ["disk"]

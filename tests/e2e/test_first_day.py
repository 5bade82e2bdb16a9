"""The example project, as a team has it that lives on `prisma db push`: taken in, and Prisma agrees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safemigrate.cli.app import main
from safemigrate.db import session
from safemigrate.db.digest import digest
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.shadow.local import LocalServer
from tests.prisma_cli import CONFIG, PrismaCli, only

pytestmark = pytest.mark.prisma

EXAMPLE = Path(__file__).parents[2] / "examples" / "research-platform" / "prisma"
# What the example's migrations add by hand, and a second schema.
BY_HAND = """
CREATE FUNCTION paper_text(title text, journal text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT title || journal';
CREATE INDEX "Paper_text_idx" ON "Paper" (paper_text("title", "journal"));
CREATE INDEX "Experiment_running_idx" ON "Experiment" ("startedAt") WHERE "completedAt" IS NULL;
ALTER TABLE "Citation" ADD CONSTRAINT "Citation_not_itself" CHECK ("citingId" <> "citedId");
CREATE VIEW "ActiveExperiment" AS SELECT "id", "title" FROM "Experiment" WHERE "completedAt" IS NULL;
CREATE SCHEMA audit;
CREATE TABLE audit.log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, at timestamptz DEFAULT now());
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.log (what) VALUES (TG_TABLE_NAME); RETURN NULL;
END $$;
CREATE TRIGGER note AFTER DELETE ON "Paper" FOR EACH ROW EXECUTE FUNCTION audit.note();
ALTER TABLE "Session" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "Session" USING ("userId" = current_user);
COMMENT ON COLUMN "Measurement"."current" IS 'A; not in mA';
"""


@only("5.22.0", "7.10.0")
def test_the_example_is_taken_in_and_prisma_agrees(
    prisma: PrismaCli,
    database: DatabaseUrl,
    server: LocalServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = re.sub(
        r"(?s)^(generator|datasource) \w+ \{.*?^\}\n", "", (EXAMPLE / "schema.prisma").read_text(), flags=re.M
    )
    project = prisma.project(tmp_path, models)
    url, shadow = database.prisma(), f"postgresql://{server.url.user}@{server.url.host}:{server.url.port}/postgres"
    monkeypatch.chdir(project)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("SAFEMIGRATE_SHADOW_URL", shadow)
    pushed = prisma.run(project, "db", "push", *(["--skip-generate"] if prisma.major < 7 else []), url=url)
    assert pushed.returncode == 0, pushed.stderr
    with connect(database) as connection:
        session.run(connection, (EXAMPLE / "seed.sql").read_text())
        session.run(connection, BY_HAND)
        rows = digest(connection)

    assert main(["init", "--yes"]) == 0, capsys.readouterr().err
    assert "differ" not in capsys.readouterr().err
    assert prisma.run(project, "migrate", "status", url=url).returncode == 0
    assert _diff(prisma, project, url, database.with_database(f"{database.database}_prisma"), server) == 0

    schema = project / "prisma" / "schema.prisma"
    schema.write_text(schema.read_text() + "\nmodel Added {\n  id Int @id\n}\n")
    assert main(["apply", "--generate", "--name", "added", "--no-interactive"]) == 0, capsys.readouterr().err
    with connect(database) as connection:
        assert {name: one for name, one in digest(connection).items() if name != '"public"."Added"'} == rows


def _diff(prisma: PrismaCli, project: Path, url: str, shadow: DatabaseUrl, server: LocalServer) -> int:
    """Let Prisma replay the baseline in a shadow of its own, and compare that with schema.prisma; 0 is equal."""
    with connect(server.url) as connection:
        session.run(connection, f'CREATE DATABASE "{shadow.database}"')
    flags = ["--from-migrations", "prisma/migrations"]
    if prisma.major < 7:
        flags += ["--to-schema-datamodel", "prisma/schema.prisma", "--shadow-database-url", shadow.prisma()]
    else:
        with_shadow = f"datasource: {{ shadowDatabaseUrl: '{shadow.prisma()}', "
        (project / "shadow.config.ts").write_text(CONFIG.replace("datasource: { ", with_shadow))
        flags += ["--to-schema", "prisma/schema.prisma", "--config", "shadow.config.ts"]
    done = prisma.run(project, "migrate", "diff", *flags, "--exit-code", url=url)
    with connect(server.url) as connection:
        session.run(connection, f'DROP DATABASE "{shadow.database}" WITH (FORCE)')
    return done.returncode

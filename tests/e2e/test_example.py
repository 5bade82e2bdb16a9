"""The example project, as its README says, with the real Prisma of its package.json."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safemigrate.db import session
from safemigrate.db.catalog import read
from safemigrate.db.digest import differences, digest
from safemigrate.db.fingerprint import compare
from safemigrate.db.postgres import connect
from safemigrate.db.url import DatabaseUrl
from safemigrate.execute import journal
from safemigrate.model import Result, Verdict
from safemigrate.prisma import command
from safemigrate.prisma.project import find
from safemigrate.workflow.apply import apply
from safemigrate.workflow.options import ApplyOptions, RollbackOptions
from safemigrate.workflow.rollback import rollback
from tests.e2e.test_story import request
from tests.prisma_cli import PrismaCli, only

pytestmark = pytest.mark.prisma

EXAMPLE = Path(__file__).parents[2] / "examples" / "research-platform"


@only("5.22.0")
def test_the_example_is_applied_and_taken_back(
    prisma: PrismaCli, database: DatabaseUrl, shadow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.prisma())
    project = tmp_path / "research-platform"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("node_modules"))
    (project / "node_modules").symlink_to(prisma.folder / "node_modules")

    outcome = apply(request(project, database), ApplyOptions(generate=False, shadow=shadow))
    assert outcome.result is Result.APPLIED
    assert len(outcome.migrations) >= 12
    proofs = {one.name: one.proof for one in outcome.migrations}
    assert {name for name, proof in proofs.items() if proof is None or proof.verdict is not Verdict.EXACT} == set()
    assert prisma.run(project, "migrate", "status", url=database.prisma()).returncode == 0
    assert command.diff(find(project), database) == ""

    with connect(database) as connection:
        session.run(connection, (project / "prisma" / "seed.sql").read_text())
        catalog, rows = read(connection), digest(connection)
    back = rollback(request(project, database), RollbackOptions(last=5))
    assert back.result is Result.ROLLED_BACK, back.conflicts
    with connect(database) as connection:
        for migration in back.migrations:
            assert journal.release(connection, migration.name)
    again = apply(request(project, database), ApplyOptions(generate=False, shadow=shadow))
    assert [one.name for one in again.migrations] == [one.name for one in reversed(back.migrations)]
    assert prisma.run(project, "migrate", "status", url=database.prisma()).returncode == 0
    with connect(database) as connection:
        assert compare(catalog, read(connection)) == []
        # What was written only into tables and columns that the rollback dropped was kept aside, not put back.
        gone = {note.partition(" goes with")[0] for note in back.notes}
        tables = {name for name in rows if not any(subject.startswith(name) for subject in gone)}
        now = digest(connection)
        assert differences({name: rows[name] for name in tables}, {name: now[name] for name in tables}) == []
        assert len(tables) >= 15

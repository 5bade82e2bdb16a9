"""The room that keeping takes, before it is taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safemigrate.db.postgres import connect
from safemigrate.errors import HistoryError
from safemigrate.execute import journal
from safemigrate.model import Result
from safemigrate.workflow.apply import apply
from safemigrate.workflow.on_server.room import estimated
from safemigrate.workflow.options import ApplyOptions
from tests.workflow.conftest import CHANGE, Project

SETUP = """
CREATE TABLE t (id bigserial PRIMARY KEY, a text, b int NOT NULL, c numeric(12, 4), d text);
INSERT INTO t (a, b, c, d) SELECT repeat('x', n % 40), n, n + 0.1234, CASE WHEN n % 2 = 0 THEN 'v' || n END
FROM generate_series(1, 20000) n;
CREATE TABLE big AS SELECT * FROM t;
"""
ONE_OF_EACH = """
ALTER TABLE t DROP COLUMN d;
ALTER TABLE t ALTER c TYPE numeric(12, 1);
UPDATE t SET a = a || '!' WHERE id <= 15000;
DELETE FROM t WHERE id > 10000;
DROP TABLE big;
"""


def test_the_estimate_is_within_a_factor_of_two(project: Project) -> None:
    project.baseline(SETUP)
    project.write(CHANGE, ONE_OF_EACH)
    project.apply()
    project.rollback()
    with connect(project.url) as connection:
        (run,) = journal.runs(connection)
        before = {one.place: one.bytes for one in estimated(connection, [run.plan])}
    project.release(CHANGE)
    project.apply()
    found = project.rows("SELECT place, pg_total_relation_size(place) FROM safemigrate.kept")
    real = {str(place): int(str(size)) for place, size in found}
    assert len(before) == 4
    assert all(0.5 < estimate / real[place] < 2 for place, estimate in before.items()), (before, real)


def test_over_the_limit_everything_is_named_and_nothing_changed(project: Project) -> None:
    project.baseline(SETUP)
    project.write(CHANGE, "ALTER TABLE t DROP COLUMN d; UPDATE t SET a = NULL; DROP TABLE big;")
    before = project.state()
    request = project.request()
    request = replace(request, settings=replace(request.settings, keep_limit_bytes=100_000))
    options = ApplyOptions(shadow=project.shadow, generate=False)
    with pytest.raises(HistoryError, match="keeping what this change would lose takes about") as refused:
        apply(request, options)
    assert '"public"."t"."d": about ' in refused.value.why
    assert '"public"."t": about ' in refused.value.why
    assert '"public"."big"' not in refused.value.why
    assert project.state()[1] == before[1]
    enough = replace(request, settings=replace(request.settings, keep_limit_bytes=100_000_000))
    assert apply(enough, options).result is Result.APPLIED

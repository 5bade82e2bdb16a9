"""Up, down, up on a table of changes; and with rows written in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from safemigrate.model import Verdict
from tests.rollback.sqlite.cases import EXACT, Case
from tests.rollback.sqlite.journey import journey


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_is_exact(case: Case, tmp_path: Path) -> None:
    with journey(tmp_path, case.before, case.migration) as found:
        assert found.reasons == ()
        assert found.verdict is Verdict.EXACT
        if case.since:
            found.write(case.since)
            found.back()
            assert found.unlike(tmp_path, case.since if case.then is None else case.then) == []

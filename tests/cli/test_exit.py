from __future__ import annotations

import pytest

from safemigrate import errors
from safemigrate.cli.exit import ExitCode, of_error, of_result
from safemigrate.model import Result


@pytest.mark.parametrize("result", Result)
def test_every_result_has_a_code(result: Result) -> None:
    incomplete = result is Result.INCOMPLETE
    assert of_result(result) in ((ExitCode.FAILED,) if incomplete else (ExitCode.DONE, ExitCode.BLOCKED))


def test_what_stops_a_pipeline() -> None:
    stops = {result for result in Result if of_result(result)}
    assert stops == {Result.BLOCKED, Result.CONFLICTS, Result.NOT_OK, Result.INCOMPLETE}


def test_the_codes_scripts_depend_on() -> None:
    codes = {
        error.__name__: int(of_error(error.__new__(error)))
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.SafemigrateError)
    }
    special = {"ConsentRequired": 3, "Restored": 4, "NotRestored": 5, "Interrupted": 130}
    assert codes == {name: special.get(name, 2) for name in codes}
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "BLOCKED": 1,
        "FAILED": 2,
        "CONSENT": 3,
        "RESTORED": 4,
        "NOT_RESTORED": 5,
        "BUG": 70,
        "INTERRUPTED": 130,
    }

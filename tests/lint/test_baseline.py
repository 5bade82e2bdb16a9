from __future__ import annotations

import json
from pathlib import Path

from safemigrate.lint import lint
from safemigrate.lint.baseline import Baseline, Known, known, write
from safemigrate.model import Finding
from safemigrate.sql import split
from tests.lint.conftest import migration

DROP = 'ALTER TABLE "User"\n  DROP COLUMN "bio";\n'


def read(sql: str) -> list[Finding]:
    return lint(migration(sql), split(sql))


def entry(sql: str) -> Known:
    (finding,) = read(sql)
    return known(finding, sql)


def test_an_entry_does_not_know_lines_spaces_and_line_ends() -> None:
    assert entry(DROP) == entry(f"\ufeff-- AlterTable\r\n\r\n{DROP}".replace("\n", "\r\n"))
    assert entry(DROP) != entry(DROP.replace('"bio"', '"nick"'))
    assert entry(DROP) != entry(DROP.replace(";", " CASCADE;"))


def test_what_is_written_is_read_again_in_an_order_that_does_not_jump(tmp_path: Path) -> None:
    entries = [entry(DROP), entry('DROP TABLE "Draft";')]
    write(tmp_path / "a.json", entries)
    write(tmp_path / "b.json", reversed(entries))
    text = (tmp_path / "a.json").read_text()
    assert text == (tmp_path / "b.json").read_text()
    assert [each["rule"] for each in json.loads(text)["findings"]] == ["drop-column", "drop-table"]
    baseline = Baseline.read(tmp_path / "a.json")
    assert baseline.new(read(DROP), DROP) == []
    assert (baseline.used, [each.rule for each in baseline.stale(["20260101000000_change"])]) == (1, ["drop-table"])
    assert baseline.stale(["another"]) == []


def test_what_a_comment_allows_uses_no_entry_up() -> None:
    sql = f"-- safemigrate: allow drop-column nobody reads it\n{DROP}"
    baseline = Baseline([entry(DROP)])
    assert [finding.allowed for finding in baseline.new(read(sql), sql)] == ["nobody reads it"]
    assert baseline.used == 0

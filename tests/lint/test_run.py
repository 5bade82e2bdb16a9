from __future__ import annotations

import time
from hashlib import sha256

import pytest

from safemigrate.lint import RULES, Facts, lint, run
from safemigrate.lint.folded import folded
from safemigrate.model import Severity
from safemigrate.sql import actions, split
from safemigrate.sql.actions import Action, flatten
from tests.lint.conftest import Read, migration
from tests.lint.label import cases

SQLITE = Facts(provider="sqlite")
DROP = 'ALTER TABLE "User" DROP COLUMN "bio";\n'


def test_findings_come_in_the_order_of_the_file_with_their_statement(read: Read) -> None:
    found = read('DROP TABLE "A";\n\nCREATE INDEX "i" ON "B"("b");\n  DROP TABLE "C";')
    assert [(finding.rule, finding.span and finding.span.line) for finding in found] == [
        ("drop-table", 1),
        ("index-not-concurrent", 3),
        ("drop-table", 4),
    ]


def test_of_an_applied_migration_only_the_history_is_judged() -> None:
    one = migration(DROP)
    assert lint(one, split(DROP), Facts(applied={one.name: one.checksum})) == []


def test_an_edit_after_apply_blocks_but_other_line_ends_do_not() -> None:
    one = migration(DROP * 2)
    (finding,) = lint(one, [], Facts(applied={one.name: sha256(DROP.encode()).hexdigest()}))
    assert (finding.rule, finding.severity, finding.blocks) == ("edited-after-apply", Severity.ERROR, True)
    windows = sha256(one.sql.replace("\n", "\r\n").encode()).hexdigest()
    assert lint(one, [], Facts(applied={one.name: windows})) == []


def test_a_migration_older_than_an_applied_one_is_out_of_order() -> None:
    one = migration("SELECT 1", "20250101000000_a")
    applied = {"20240101000000_z": "", "20250101000000_a_b": "", "2025_z": ""}
    (finding,) = lint(one, [], Facts(applied=applied))
    assert finding.rule == "out-of-order"
    assert "2025_z" in finding.message, "bytewise, _ is behind the digits"
    assert lint(one, [], Facts(applied={"20240101000000_z": ""})) == []
    assert lint(one, [], Facts()) == []


def test_a_rule_names_all_that_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    others = ['ALTER TABLE "User" OWNER TO app;\nALTER POLICY own ON "User" USING (true);']
    examples = [text for rule in RULES for text in (rule.bad, rule.good, rule.setup + rule.bad)]
    texts = [*(case.sql for case in cases()), *examples, *others]
    read = [(migration(text), split(text, strict=False)) for text in texts]
    read += [(migration(one.sql), folded(split(one.sql, dialect="sqlite"), SQLITE)[0]) for one in cases() if one.sqlite]
    done = {type(action) for _one, statements in read for one in statements for action in flatten(one.actions)}
    assert done == {kind for kind in vars(actions).values() if isinstance(kind, type) and Action in kind.__bases__}
    asked = [lint(*one, facts) for one in read for facts in (None, SQLITE)]
    monkeypatch.setattr(
        run, "_asked", lambda _kinds, provider: [one for one in RULES if one.of_text and one.is_for(provider)]
    )
    assert asked == [lint(*one, facts) for one in read for facts in (None, SQLITE)]


def test_three_hundred_files_take_well_under_a_second() -> None:
    text = "\n".join(rule.setup + rule.bad for rule in RULES if rule.bad)
    one = migration(text)
    rounds = 1500 // len(split(text))  # as many statements as 300 usual files
    began = time.process_time()
    for _ in range(rounds):
        lint(one, split(text))
    assert time.process_time() - began < 1

"""Commands that ask for the same again, with what was given."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safemigrate.model import OnConflict
from safemigrate.workflow.options import ApplyOptions, EraseOptions, PruneOptions, RollbackOptions
from safemigrate.workflow.prune_snapshots import SnapshotPruneOptions


@pytest.mark.parametrize(
    ("options", "command"),
    [
        (ApplyOptions(name="tidy", generate=True, lock_timeout=9), "apply"),
        (ApplyOptions(snapshot="none"), "apply --snapshot none"),
        (ApplyOptions(command="rollback --undo", snapshot="none"), "rollback --undo"),
        (RollbackOptions(last=2, guard=True), "rollback --last 2 --guard"),
        (RollbackOptions(fill={'"User"."bio"': "it's"}), """rollback --fill '"User"."bio"=it'"'"'s'"""),
        (
            RollbackOptions(on_conflict=OnConflict.KEEP_OLD, generated=True),
            "rollback --on-conflict keep-old --generated",
        ),
        (PruneOptions(older_than=timedelta(days=30), returned=True), "prune --older-than 720h --returned"),
        (PruneOptions(migration="1_a"), "prune --migration 1_a"),
        (EraseOptions('"User"', {"id": "1", "at": "a b"}), """erase '"User"' --key id=1 --key 'at=a b'"""),
        (SnapshotPruneOptions(keep=3), "snapshot prune --keep 3"),
    ],
)
def test_again(
    options: ApplyOptions | RollbackOptions | PruneOptions | EraseOptions | SnapshotPruneOptions, command: str
) -> None:
    assert options.again == f"safemigrate {command}"

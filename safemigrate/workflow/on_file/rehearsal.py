"""From pending migrations to proven plans: a snapshot of the file, and a copy of it in which they run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safemigrate.db.sqlite.catalog import fold
from safemigrate.errors import MigrationFailed, word
from safemigrate.model import OnProgress, Progress
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.shadow.sqlite.same_end import same_end
from safemigrate.sql.actions import CreateIndex, CreateTrigger
from safemigrate.workflow.on_file.trial import Trial, tried
from safemigrate.workflow.script import Script

SIDE = "kept"


@dataclass(frozen=True, slots=True)
class FileRehearsal:
    """Trials, one after another, and the file as it was before each; `states` has one more, as it is in the end.

    `side` is the file with what they keep.
    """

    trials: tuple[Trial, ...]
    states: tuple[Path, ...]
    side: Path
    notes: tuple[str, ...]


def rehearse_all(
    before: Path, copies: Copies, scripts: Sequence[Script], known_indexes: Collection[str], on_progress: OnProgress
) -> FileRehearsal:
    """Run migrations in copies of the file `before`, which nobody writes to. Raises MigrationFailed."""
    side = copies.path(SIDE)
    states, trials = [before], list[Trial]()
    known = set(known_indexes)
    for number, one in enumerate(scripts):
        on_progress(Progress("rehearse", one.migration.name, number, len(scripts)))
        name = f"after_{number}"
        copies.copy(states[-1], name)
        with copies.opened(name) as connection:
            trial = tried(
                connection,
                one.migration,
                one.statements,
                states[-1],
                side,
                datetime.now(UTC),
                known,
                made_later=_made(scripts[number + 1 :]),
                down=one.down,
                whole=one.takes_back,
            )
            if elsewhere := same_end(connection, trial.seen, one.statements, states[-1], copies):
                raise _split(one, elsewhere)
        known |= {index.name for index in trial.after.indexes.values()}
        trials.append(trial)
        states.append(copies.path(name))
    return FileRehearsal(
        tuple(trials),
        tuple(states),
        side,
        tuple(one.words for trial in trials for one in trial.lost.restorable),
    )


def _made(scripts: Sequence[Script]) -> set[tuple[str, str]]:
    """The triggers and indexes that migrations make: a rebuild before them took those away when Prisma ran it."""
    actions = [action for one in scripts for statement in one.statements for action in statement.actions]
    return {
        ("TRIGGER" if isinstance(action, CreateTrigger) else "INDEX", fold(action.name))
        for action in actions
        if isinstance(action, CreateTrigger | CreateIndex) and action.name
    }


def _split(script: Script, elsewhere: Sequence[str]) -> MigrationFailed:
    return MigrationFailed(
        f"{script.migration.name} ends otherwise in one transaction than statement by statement, as Prisma runs it",
        "\n".join(
            (*elsewhere, "It needs foreign keys on in one part and off in another, which one transaction cannot.")
        ),
        (f"split {word(script.migration.path)} in two: what deletes or updates rows, and what makes tables anew",),
    )

"""Running in a file what has run in a copy of it: it does there what it did in the copy, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safemigrate.db.sqlite.catalog import Catalog, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.rows import differences
from safemigrate.errors import HistoryError, Interrupted, MigrationFailed
from safemigrate.workflow.on_file.target import FileTarget

_REACHED = "reached"


@dataclass(frozen=True, slots=True)
class AsTried:
    """What was tried of a file when it was at `version`: in the copy `reached`, whose catalog is `after` now.

    `touched` are the tables that are not certain to be as before, None for all. `what` it is, in words; `again` is the
    command that tries it once more.
    """

    target: FileTarget
    version: int
    reached: Path
    after: Catalog
    touched: Collection[str] | None
    what: str
    again: str

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Let `require_same` read the copy inside the block, in which one transaction runs. Raises Interrupted."""
        connection = self.target.connection
        connection.attach(self.reached, _REACHED)
        try:
            yield
        except KeyboardInterrupt as error:
            why = f"{self.what} was undone whole, or committed whole just then."
            raise Interrupted(f"stopped during {self.what}", why, ("safemigrate status",)) from error
        finally:
            connection.detach(_REACHED)

    def require_unwritten(self) -> None:
        """Raise HistoryError where somebody has written to the file since."""
        if self.target.version != self.version:
            raise HistoryError(
                f"{self.target.path.name} was written to by something else while {self.what} was tried",
                f"What was proven is no longer what is there. {self.what} was not begun.",
                (f"{self.again}   # tries it again",),
            )

    def require_same(self) -> None:
        """Raise MigrationFailed where the file has become another than the copy."""
        connection = self.target.connection
        said = compare(self.after, read(connection))
        said += differences(connection, _REACHED, "main", self.touched)
        if said:
            raise MigrationFailed(
                f"{self.what} did something else here than in the shadow",
                "\n".join(said[:20]),
                (f"{self.again}   # tries it again", "safemigrate doctor"),
            )

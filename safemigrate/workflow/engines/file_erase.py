"""Finding one row in what is kept beside a file, and deleting it there so that its bytes are gone too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from safemigrate.db.sqlite.catalog import fold
from safemigrate.db.sqlite.connection import Connection, quote, value
from safemigrate.errors import MigrationFailed, Restored
from safemigrate.execute.sqlite import journal, kept, run, side
from safemigrate.rollback.sqlite import dangling
from safemigrate.rollback.sqlite.erase import row
from safemigrate.workflow.on_file.room import require_free
from safemigrate.workflow.ways import Found


def called(connection: Connection, table: str) -> str:
    """Quote the name of a table as what is kept has it: cases are alike, and a schema means nothing here."""
    *_, (one, two) = re.findall(r'"((?:[^"]|"")+)"|([^."]+)', table) or [("", table)]
    name = quote((one or two).replace('""', '"'))
    return next((each for each, *_ in kept.tables(connection) if fold(each) == fold(name)), name)


def find(connection: Connection, table: str, key: Mapping[str, str]) -> Iterator[Found]:
    """Look for a row wherever rows of its table are kept, for whichever run."""
    for subject, what, place, columns in kept.tables(connection):
        if subject == table and set(columns) != set(dangling.COLUMNS):  # it holds numbers only
            where, values = row(columns, key) or ("", ())
            count = f"SELECT count(*) FROM {place} WHERE {where or 0}"
            yield Found(place, what, where, values, int(value(connection, count, values)))


def erase(aim: run.Target, table: str, key: Mapping[str, str]) -> None:
    """Delete it under the file's lock, and write the side database anew. Raises Restored and ShadowError."""
    database = aim.connection.path
    require_free({aim.side: 2 * aim.side.stat().st_size}, "to write anew what is kept")  # it, and its journal
    try:
        with run.locked(aim), side.writing(database, aim.side, timeout=aim.lock_timeout) as keeper:
            journal.sweep(keeper)
            for one in find(keeper, table, key):
                if one.where:
                    keeper.execute(f"DELETE FROM {one.place} WHERE {one.where}", one.values)
    except MigrationFailed as error:
        raise Restored(f"nothing was erased: {error.summary}", error.why, error.fix) from error
    side.shrink(database, aim.side)

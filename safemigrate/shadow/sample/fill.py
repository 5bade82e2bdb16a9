"""Rows for PostgreSQL's tables that have none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

from safemigrate.db import session
from safemigrate.db.postgres import Connection, quote
from safemigrate.shadow.sample import describe, insert
from safemigrate.shadow.sample.order import parents_first
from safemigrate.shadow.sample.rows import Maker
from safemigrate.shadow.sample.table import ForeignKey, Key, Sampled, Table, Unfillable
from safemigrate.shadow.sample.values import Values


def fill(
    connection: Connection,
    *,
    seed: int,
    rows: int = 5,
    tables: Collection[str] | None = None,
    telling: bool = True,
    avoid: Collection[str] = (),
) -> Sampled:
    """Insert up to `rows` rows into each empty table of the user's, or of those named; parents first.

    Rows of a table depend on its definition, the rows of its parents and the seed, on nothing else. They are valid:
    whatever later reads them may count on every key and condition. `telling` values show what a later change loses,
    and may be more than it takes (a number too big for a narrower type, NULL); without it all are small, plain and
    there, and no enum has a label to `avoid`.
    """
    done = Sampled()
    oids = describe.empty(connection, tables)
    if not oids:
        return done
    found = describe.tables(connection, oids)
    values = Values(connection, describe.types(connection, found), avoid)
    waiting: list[tuple[Table, ForeignKey]] = []
    for table, open_ in parents_first(found):
        try:
            parents = {key.name: _parents(connection, key) for key in table.foreign_keys if key not in open_}
            maker = Maker(
                table,
                values,
                parents,
                {key.name for key in open_},
                Random(f"{seed} {table.name}"),  # noqa: S311 the same rows every time
                rows,
                telling,
            )
            done.rows[table.name] = insert.insert(connection, maker)
        except Unfillable as why:
            done.unfilled[table.name] = str(why)
        except session.SqlError as error:
            done.unfilled[table.name] = session.Refusal.of(error).message
        else:
            waiting += ((table, key) for key in open_)
    for table, key in waiting:
        insert.close(connection, table, key)
    return done


def _parents(connection: Connection, key: ForeignKey) -> Sequence[Key]:
    columns = [quote(name) for name in key.key]
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    texts = ", ".join(f"{column}::text" for column in columns)
    sql = f"SELECT {texts} FROM {key.parent} WHERE {there} ORDER BY {', '.join(columns)} LIMIT 20"
    return session.rows(connection, sql)

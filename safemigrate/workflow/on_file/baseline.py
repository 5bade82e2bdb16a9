"""The first migration of a SQLite history: what makes the schema that the file has, and the proof that it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, read
from safemigrate.db.sqlite.compare import compare
from safemigrate.db.sqlite.definition import checks, definition
from safemigrate.errors import HistoryError, MigrationFailed, NotSql
from safemigrate.model import Migration, OnProgress, Progress, counted
from safemigrate.shadow.sqlite.copies import Copies
from safemigrate.shadow.sqlite.rehearse import run_as_prisma, run_whole
from safemigrate.sql import statements_of
from safemigrate.workflow.adopt.adoption import head, headed

PROVEN = "baseline"  # the file in which it has run


def write(catalog: Catalog, name: str) -> str:
    """Write the migration that makes what a catalog holds, word for word as SQLite has stored it."""
    tables = [one for one in catalog.tables.values() if one.name != PRISMA]
    texts = [one.sql for one in tables if not one.virtual]
    texts += [one.sql for one in tables if one.virtual]
    indexes = (one for one in catalog.indexes.values() if one.origin == "c" and one.table != PRISMA)
    texts += [sql for one in indexes for sql in one.making]
    texts += [one.sql for one in catalog.views.values()]
    texts += [one.sql for one in catalog.triggers.values() if one.table != PRISMA]
    return "\n\n".join([head(name, beyond(catalog)), *(headed(_ended(sql)) for sql in texts)]) + "\n"


def beyond(catalog: Catalog) -> tuple[str, ...]:
    """Count what a catalog holds that no schema.prisma can say."""
    return tuple(counted(words, count) for words, count in _unsayable(catalog) if count)


def prove(made: Copies, one: Migration, live: Catalog, on_progress: OnProgress) -> None:
    """Run the baseline in empty files, as safemigrate does and as Prisma does, and compare each with the live schema.

    Raises HistoryError where it does not run, or a file differs.
    """
    for name, whole in ((f"{PROVEN}_steps", False), (PROVEN, True)):
        on_progress(Progress("prove", "the baseline, sent as one" if whole else "the baseline, a statement each"))
        with made.opened(name) as connection:
            try:
                (run_whole if whole else run_as_prisma)(connection, one, statements_of(one, "sqlite"))
            except (MigrationFailed, NotSql) as error:
                raise HistoryError(
                    f"the schema of the file does not come up in an empty one: {error.summary}",
                    f"{error.why}\nNothing was changed.",
                    ("drop what no program uses any more, then safemigrate init",),
                ) from error
            wrong = compare(live, read(connection))
        if wrong:
            raise HistoryError(
                "the baseline does not make the schema that the file has",
                "\n".join(wrong[:20]),
                ("this is a bug in safemigrate: please report the lines above",),
            )


def _unsayable(catalog: Catalog) -> Iterator[tuple[str, int]]:
    tables = [one for one in catalog.tables.values() if one.name != PRISMA]
    columns = [column for table in tables for column in table.columns]
    indexes = [one for one in catalog.indexes.values() if one.origin == "c"]
    yield "{count} {view|views}", len(catalog.views)
    yield "{count} {trigger|triggers}", len(catalog.triggers)
    yield "{count} virtual {table|tables}", sum(bool(one.virtual) for one in tables)
    yield "{count} check {constraint|constraints}", sum(len(_checks(one.sql)) for one in tables if not one.virtual)
    yield "{count} partial or expression {index|indexes}", sum(not one.columns or bool(one.where) for one in indexes)
    yield "{count} generated {column|columns}", sum(bool(one.generated) for one in columns)
    yield "{count} {collation|collations}", sum(one.collation.upper() != "BINARY" for one in columns)
    yield "{count} STRICT {table|tables}", sum(one.strict for one in tables)
    yield "{count} WITHOUT ROWID {table|tables}", sum(one.without_rowid for one in tables if not one.virtual)


def _checks(sql: str) -> Sequence[str]:
    made = definition(sql)
    return [one for part in (*made.columns.values(), *made.constraints) for one in checks(sql, part)]


def _ended(sql: str) -> str:
    """Keep the semicolon out of a comment: SQLite stores one that stood behind the last word."""
    return f"{sql}\n" if "--" in sql.rpartition("\n")[2] else sql

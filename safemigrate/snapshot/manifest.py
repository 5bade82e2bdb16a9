"""What a snapshot holds, where it came from and how to know it whole: `manifest.json`, a contract.

version            1
id                 the folder's name, `<UTC time>-<random>`; sorts by time
migration          the migration it was taken for, "" without one
scope              "full": every row; "scoped": the rows of some tables; "schema": none
taken_at           ISO 8601, UTC: when the database was as the snapshot shows it
lsn                write-ahead log position just before that moment, "" on servers that hide it
database           redacted URL
server_version     server_version_num, 150018; system_identifier, "" where denied
encoding, collate, ctype   of the database, to create one like it
pg_dump            its version, "15.18"
archive            file name beside the manifest; pg_dump's custom format, or a SQLite file
bytes, sha256      of the archive
tables             [{"name": quoted, "rows": exact count at that moment, null where the snapshot has no rows of it}]
sequences          {quoted name: last value just before that moment, null where never used}
extensions         {name: version}
roles              names that own or are granted something; a restore that lacks one leaves owners and grants out
git                {"commit", "branch", "dirty"} or {}
journal_mode       of a SQLite file, "wal" or "delete"; "" of another database, and may be missing

Of a SQLite file the scope is "full", `database` its absolute path as a URL, `server_version` the library's (3040001),
`sequences` the counters of AUTOINCREMENT by table, and what SQLite does not have is empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from safemigrate.errors import SnapshotError

VERSION = 1
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the snapshot; `rows` is None where its rows were left out."""

    name: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contract above, as values."""

    id: str
    migration: str
    scope: str
    taken_at: datetime
    lsn: str
    database: str
    server_version: int
    system_identifier: str
    encoding: str
    collate: str
    ctype: str
    pg_dump: str
    archive: str
    bytes: int
    sha256: str
    tables: tuple[Table, ...]
    sequences: Mapping[str, int | None]
    extensions: Mapping[str, str]
    roles: tuple[str, ...]
    git: Mapping[str, Any] = field(default_factory=dict)
    journal_mode: str = ""

    @property
    def held(self) -> tuple[str, ...]:
        """The tables whose rows it holds."""
        return tuple(table.name for table in self.tables if table.rows is not None)

    def write(self) -> str:
        """Return the JSON text."""
        values = asdict(self) | {"taken_at": self.taken_at.isoformat()}
        return json.dumps({"version": VERSION, **values}, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Manifest:
    """Read `manifest.json`; keys it does not know are ignored. Raises SnapshotError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] != VERSION:
            raise SnapshotError(
                f"{path} has version {found['version']}, and this safemigrate reads {VERSION}",
                fix=("pip install --upgrade safemigrate",),
            )
        values = {one.name: found[one.name] for one in fields(Manifest) if one.name in found or one.default is MISSING}
        values["taken_at"] = datetime.fromisoformat(values["taken_at"])
        values["tables"] = tuple(Table(table["name"], table["rows"]) for table in values["tables"])
        values["roles"] = tuple(values["roles"])
        return Manifest(**values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(
            f"{path} cannot be read", f"{type(error).__name__}: {error}", ("safemigrate snapshot list   # others",)
        ) from error

"""Whether two databases have the same schema, in the words of pg_dump: nobody who is judged wrote it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

from safemigrate.db.url import DatabaseUrl

_FLAGS = ("--schema-only", "--no-owner", "--no-privileges", "--exclude-schema=safemigrate")
_TABLE = re.compile(r"(CREATE (?:UNLOGGED )?TABLE [^\n]*\(\n)(.*)(\n\)[^\n]*;)\Z", re.DOTALL)

Schema = Counter[str]


def schema_of(url: DatabaseUrl, pg_dump: Path) -> Schema:
    """Return what pg_dump prints, a chunk an object; the order of objects and of a table's columns aside."""
    command = [str(pg_dump), *_FLAGS, f"--dbname={url.conninfo()}"]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    lines = [line for line in text.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict"))]
    return Counter(_sorted(chunk.strip()) for chunk in re.split(r"\n{2,}", "\n".join(lines)) if chunk.strip())


def difference(expected: Schema, found: Schema) -> str:
    """Say, in a line, what is missing and what is there instead."""
    missing, extra = expected - found, found - expected
    said = [f"missing: {' '.join(chunk.split())[:160]}" for chunk in sorted(missing)[:2]]
    said += [f"instead: {' '.join(chunk.split())[:160]}" for chunk in sorted(extra)[:2]]
    return "; ".join(said)


def _sorted(chunk: str) -> str:
    table = _TABLE.match(chunk)
    if not table:
        return chunk
    columns = sorted(line.rstrip(",") for line in table[2].split("\n"))
    return table[1] + "\n".join(columns) + table[3]

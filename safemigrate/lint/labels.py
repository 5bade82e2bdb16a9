"""The labels of an enum, as SQL names them and as rows hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from safemigrate.lint.column_type import parts
from safemigrate.sql.actions import AlterColumnType, quote

if TYPE_CHECKING:
    from safemigrate.lint.context import Context


def uses(sql: str, label: str) -> bool:
    """Whether a literal of the label, or of an array with it, stands there as something else than a text."""
    word = re.escape(label.replace("'", "''"))
    as_text = r"(?!\s*::\s*(?:text|varchar|character varying)\b)"
    found = re.search(rf"(?<!::text = )'(?:{word}|\{{(?:[^']*[\",])?{word}(?:[\",][^']*)?\}})'{as_text}", sql)
    return found is not None


def spelled(labels: Iterable[str]) -> str:
    """Labels as a list of literals."""
    return ", ".join("'" + label.replace("'", "''") + "'" for label in labels)


def holding(context: Context, column: AlterColumnType, literals: str) -> int | None:
    """The rows of the target that hold one of these labels in a column, or in its array; None where nobody can tell."""
    place = context.place(column.table, column.column)
    if not place:
        return 0 if context.rows(column.table) == 0 else None
    name = quote(column.column)
    is_array = parts(column.type)[2]
    condition = f"{name}::text[] && ARRAY[{literals}]" if is_array else f"{name}::text IN ({literals})"
    return context.count(f"SELECT count(*) FROM {place} WHERE {condition}")

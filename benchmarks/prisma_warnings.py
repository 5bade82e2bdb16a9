"""Prisma's own warnings as labels: each must have a finding on its file.

python benchmarks/prisma_warnings.py FOLDER...

FOLDER holds histories of real projects. `prisma migrate dev` writes what it fears at the head of a file, and people
edit the file then: a warning whose statement is no longer there, or whose values are filled before, is counted apart.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from safemigrate.errors import NotSql
from safemigrate.lint import lint
from safemigrate.lint.header import Warned, warnings
from safemigrate.model import Finding, Migration, Severity
from safemigrate.sql import split
from safemigrate.sql.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    CreateTable,
    CreateType,
    Delete,
    DropColumn,
    DropConstraint,
    DropTable,
    Insert,
    SetNotNull,
    Truncate,
    Update,
    flatten,
)

RULES = {
    "drop column": ("drop-column", "drop-and-add-column", "rebuild-loses-values"),
    "drop table": ("drop-table", "drop-and-create-table"),
    "cast": ("type-change", "type-change-rewrites", "rebuild-loses-values"),
    "list": ("type-change",),
    "recreate": ("drop-and-add-column", "drop-column", "rebuild-loses-values"),
    "recreate required": ("drop-and-add-column", "drop-column", "rebuild-loses-values"),
    "primary key": ("primary-key-change", "unique-on-existing", "drop-constraint"),
    "unique": ("unique-on-existing",),
    "enum values": ("enum-value-removed", "drop-column"),
    "required": ("required-column-without-default",),
    "required by Prisma": ("required-column-without-default",),
    "not null": ("set-not-null", "required-column-without-default"),
}


def main() -> None:
    """Read every migration below the folders once, and print each miss and the count by kind."""
    told: Counter[str] = Counter()
    edited: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for path, text in _files(sys.argv[1:]):
        if not warnings(text):
            continue
        try:
            statements = split(text)
        except NotSql:
            continue
        found = lint(Migration(path.parent.name, path, text, ""), statements)
        actions = list(flatten(action for statement in statements for action in statement.actions))
        for one in warnings(text):
            told[one.kind] += 1
            if any(_answers(finding, one) for finding in found):
                continue
            gone = not _is_there(actions, one)
            (edited if gone else missed)[one.kind] += 1
            if not gone:
                print(f"missed: {one.kind} {one.table} {one.column}: {path}")
    for kind in RULES:
        print(f"{kind:20} {told[kind]:6} told {edited[kind]:6} edited away {missed[kind]:6} missed")
    print(f"{'all':20} {told.total():6} told {edited.total():6} edited away {missed.total():6} missed")
    sys.exit(bool(missed))


def _files(folders: list[str]) -> Iterator[tuple[Path, str]]:
    seen = set()
    for path in sorted(path for folder in folders for path in Path(folder).rglob("migration.sql")):
        content = path.read_bytes()
        if sha256(content).digest() not in seen:
            seen.add(sha256(content).digest())
            yield path, content.decode(errors="replace")


def _answers(finding: Finding, one: Warned) -> bool:
    if finding.rule not in RULES[one.kind] or finding.severity == Severity.NOTICE:
        return False
    says = f"{finding.subject} {finding.message}"
    if one.kind == "enum values":  # made anew, or each column by hand
        return f'"{one.table}"' in says or finding.rule == "drop-column"
    columns = [column for column in one.column.split(",") if column]
    return f'"{one.table}"' in says and all(f'"{column.strip()}"' in says for column in columns)


def _is_there(actions: list[Action], one: Warned) -> bool:
    """Whether the file still does what Prisma warned of, to rows that may be there."""
    born = {action.table.name for action in actions if isinstance(action, CreateTable)}
    emptied = {table.name for a in actions if isinstance(a, Truncate) for table in a.tables}
    emptied |= {action.table.name for action in actions if isinstance(action, Delete) and not action.where}
    if one.table in born | emptied and one.kind not in ("drop table", "drop column"):
        return any(isinstance(a, Insert) and a.table.name == one.table for a in actions) and one.kind != "unique"
    match one.kind:
        case "drop table":
            return any(isinstance(a, DropTable) and one.table in [t.name for t in a.tables] for a in actions)
        case "enum values":
            return any(isinstance(a, CreateType) for a in actions)
        case "primary key":
            ready = [a for a in actions if isinstance(a, AddConstraint) and a.constraint.using_index]
            return not ready and any(isinstance(a, DropConstraint) and a.table.name == one.table for a in actions)
        case "unique":
            return _becomes_unique(actions, one)
    mine = [a for a in actions if getattr(getattr(a, "table", None), "name", "") == one.table]
    filled = any(isinstance(a, Update) and one.column in a.columns for a in mine)
    for action in mine:
        match one.kind, action:
            case "drop column" | "recreate" | "recreate required", DropColumn():
                if action.column == one.column:
                    return True
            case "cast" | "list", AlterColumnType():
                if action.column == one.column:
                    return True
            case "required" | "required by Prisma", AddColumn():
                if action.column.name == one.column and action.column.not_null and not action.column.has_value:
                    return True
            case "not null", SetNotNull():
                if action.column == one.column and not filled:
                    return True
    return False


def _becomes_unique(actions: list[Action], one: Warned) -> bool:
    columns = {column.strip() for column in one.column.split(",")}
    # A column that this file adds without a value is NULL everywhere, and NULLs are no duplicates.
    empty: set[str] = set()
    for action in actions:
        if getattr(getattr(action, "table", None), "name", "") != one.table:
            continue
        match action:
            case AddColumn() if not action.column.has_value:
                empty.add(action.column.name)
            case Update():
                empty -= set(action.columns)
            case CreateIndex() if action.unique and set(action.columns) == columns and not columns & empty:
                return not action.concurrently
            case AddConstraint() if set(action.constraint.columns) == columns and not columns & empty:
                return action.constraint.kind == "unique"
    return False


if __name__ == "__main__":
    main()

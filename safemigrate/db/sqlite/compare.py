"""One hash for a file's schema, and the differences between two in words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from safemigrate.db.sqlite.catalog import PRISMA, Catalog, Table, fold
from safemigrate.db.sqlite.connection import quote
from safemigrate.db.sqlite.definition import Token, definition, tokens

Attributes = Mapping[str, str | tuple[str, ...]]


def fingerprint(catalog: Catalog) -> str:
    """Hash everything that `compare` compares."""
    digest = hashlib.sha256()
    for address, attributes in sorted(_canonical(catalog).items()):
        digest.update(json.dumps([address, attributes], sort_keys=True, ensure_ascii=False).encode(errors="replace"))
        digest.update(b"\n")
    return digest.hexdigest()


def compare(expected: Catalog, actual: Catalog, *, order: bool = True) -> list[str]:
    """Say how `actual` differs from `expected`, one line a difference; equal: empty.

    Texts are compared by their tokens, a table's constraints in any order. Without `order` schemas are told apart as
    Prisma tells them: neither the order of columns counts, nor `text` for TEXT and its like.
    Counters of AUTOINCREMENT are no part of a schema, nor is `_prisma_migrations`.
    """
    wanted, found = _canonical(expected, actual), _canonical(actual, expected)
    said = []
    for address in sorted(wanted.keys() | found.keys()):
        if address not in found:
            said.append(f"{address} is missing")
        elif address not in wanted:
            said.append(f"{address} is not expected")
        else:
            said += _differences(address, wanted[address], found[address], order=order)
    return said


def other_order(expected: Catalog, actual: Catalog) -> list[str]:
    """Name the tables whose columns stand in another order: no difference to Prisma, but one to `SELECT *`."""
    names = {name: [one.name for one in table.columns] for name, table in expected.tables.items()}
    return [
        name
        for name, table in actual.tables.items()
        if name in names and names[name] != [one.name for one in table.columns]
    ]


def written(part: Sequence[Token]) -> str:
    """Write tokens the one way: a single space or none between, quotes only around a name that needs them."""
    text, before = "", ""
    for token in part:
        word = token.text if token.word or _PLAIN.fullmatch(token.text) else quote(token.text)
        glued = before in {"", "(", "."} or token.word in {")", ",", "."}
        called = token.word == "(" and before.isidentifier() and before.upper() not in _NO_FUNCTIONS
        text += word if glued or called else f" {word}"
        before = word
    return text


_NO_FUNCTIONS = {"AS", "CHECK", "KEY", "UNIQUE", "DEFAULT", "IN", "AND", "OR", "NOT", "VALUES", "USING", "WHEN", "ON"}
_PLAIN = re.compile(r"\w+|[xX]?'.*'|[\d.].*", re.DOTALL)


def _canonical(catalog: Catalog, other: Catalog | None = None) -> dict[str, Attributes]:
    """What to compare by; without what the other catalog has word for word."""
    alike = _texts(other) & _texts(catalog) if other else set()
    objects: dict[str, Attributes] = {}
    for table in catalog.tables.values():
        if table.name != PRISMA and (table.name, table.sql) not in alike:
            objects |= dict(_table(table))
    for index in catalog.indexes.values():
        if index.origin == "c" and index.table != PRISMA and (index.name, index.sql) not in alike:
            objects[f"index {quote(index.name)}"] = {"definition": written(tokens(index.sql))}
    for trigger in catalog.triggers.values():
        if trigger.table != PRISMA:
            objects[f"trigger {quote(trigger.name)}"] = {"definition": written(tokens(trigger.sql))}
    for view in catalog.views.values():
        objects[f"view {quote(view.name)}"] = {"definition": written(tokens(view.sql))}
    return objects


def _texts(catalog: Catalog) -> set[tuple[str, str]]:
    tables = {(one.name, one.sql) for one in catalog.tables.values()}
    return tables | {(one.name, one.sql) for one in catalog.indexes.values()}


def _table(table: Table) -> Iterator[tuple[str, Attributes]]:
    address = f"table {quote(table.name)}"
    if table.virtual:
        yield address, {"definition": written(tokens(table.sql))}
        return
    made = definition(table.sql)
    yield (
        address,
        {
            "columns": tuple(column.name for column in table.columns),
            "constraints": tuple(sorted(written(part) for part in made.constraints)),
            "options": tuple(name for name in ("STRICT", "WITHOUT ROWID") if name in written(made.options).upper()),
        },
    )
    texts = {fold(name): written(part) for name, part in made.columns.items()}
    for column in table.columns:
        yield f"column {quote(table.name, column.name)}", {"definition": texts.get(fold(column.name), "")}


def _differences(address: str, wanted: Attributes, found: Attributes, *, order: bool) -> list[str]:
    said = []
    for name in sorted(wanted):
        was, now = wanted[name], found[name]
        if was == now:
            continue
        folded = str if order else _folded
        if isinstance(was, str) or isinstance(now, str):
            if folded(was) != folded(now):
                said.append(f"{address}: {name} {now or 'none'}, expected {was or 'none'}")
        elif name == "columns":
            if order and set(was) == set(now):
                said.append(f"{address}: columns in the order {', '.join(now)}, expected {', '.join(was)}")
        else:
            here, there = ({folded(one) for one in some} for some in (was, now))
            said += [f"{address}: {one} is missing" for one in was if folded(one) not in there]
            said += [f"{address}: {one} is not expected" for one in now if folded(one) not in here]
    return said


def _folded(text: object) -> str:
    """Words and names in one letter case, as SQLite reads them; what is quoted after `written` is left as it is."""
    return _WORD_OR_QUOTED.sub(lambda match: match[1].upper() if match[1] else match[0], str(text))


_WORD_OR_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(\w+)""")

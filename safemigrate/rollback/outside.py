"""What a migration does beyond the schema and rows of its database: nobody takes that back, so it is said."""

from __future__ import annotations

import re

from safemigrate.db.catalog import Catalog
from safemigrate.sql import Statement
from safemigrate.sql.actions import AlterObject, CreateObject, DropObject, Other, Rename, SetOwner, flatten

_SERVER = "belongs to the whole server, and a rollback leaves it as it is"
# By the words a statement begins with, for what the catalog of a shadow does not show: passwords, and what the shadow
# has already or cannot have.
_WORDS = {
    "role": f"a role {_SERVER}",
    "user": f"a role {_SERVER}",
    "group": f"a role {_SERVER}",
    "database": "a database and its settings are no part of its schema, and a rollback leaves them as they are",
    "tablespace": f"a tablespace {_SERVER}",
    "system": f"the server's configuration {_SERVER}",
    "subscription": "a subscription acts on another server, and a rollback leaves that one as it is",
    "security": "security labels are not read, and a rollback leaves them as they are",
}
_LARGE_OBJECTS = "large objects"
_WRITES_LARGE_OBJECTS = re.compile(
    r"\b(lo_(unlink|import|creat|create|put|from_bytea|truncate64|truncate)|lowrite)\s*\("
)


def outside(statement: Statement, before: Catalog, after: Catalog) -> list[str]:
    """Say what of a statement no rollback takes back, from what it changed in a shadow and from what it says."""
    found = [
        f"{what}: {_verb(before.outside.get(what), after.outside.get(what))}; no part of a schema, a rollback leaves it"
        for what in sorted(before.outside.keys() | after.outside.keys())
        if what != _LARGE_OBJECTS and before.outside.get(what) != after.outside.get(what)
    ]
    if not found:
        found = [f"line {statement.span.line}: {reason}" for reason in _said(statement)]
    then, now = (catalog.outside.get(_LARGE_OBJECTS, "") for catalog in (before, after))
    if now > then or _WRITES_LARGE_OBJECTS.search(statement.sql.lower()):
        found.append(f"line {statement.span.line}: it writes large objects, which are not kept; the snapshot has them")
    return found


def _said(statement: Statement) -> list[str]:
    kinds = []
    for action in flatten(statement.actions):
        if isinstance(action, CreateObject | AlterObject | DropObject | Rename | SetOwner):
            kinds.append(action.kind)
        elif isinstance(action, Other):
            kinds.append(action.keyword.lower())
    return list(dict.fromkeys(_WORDS[kind] for kind in kinds if kind in _WORDS))


def _verb(was: str | None, now: str | None) -> str:
    if was is None:
        return "created"
    return "dropped" if now is None else "changed"

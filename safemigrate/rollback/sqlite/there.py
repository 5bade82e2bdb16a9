"""The names of a file, for following a way back over them."""

from __future__ import annotations

from safemigrate.db.sqlite.catalog import Catalog, fold
from safemigrate.rollback.in_the_way import NOWHERE, There


def there(catalog: Catalog) -> There:
    """Read the names off a catalog; nobody stops a drop in SQLite."""
    found = There("sqlite", fold=fold)
    for name, table in catalog.tables.items():
        found.relations["", fold(name)] = "table"
        if not table.virtual:  # a module has columns of its own
            found.parts["", fold(name)] = {("column", fold(column.name)) for column in table.columns}
    for index in (one for one in catalog.indexes.values() if one.origin == "c"):
        found.relations["", fold(index.name)] = "index"
        found.parts.setdefault(("", fold(index.table)), set()).add(("index", fold(index.name)))
    found.relations |= {("", fold(name)): "view" for name in catalog.views}
    found.parts[NOWHERE] = {("trigger", fold(name)) for name in catalog.triggers}
    return found

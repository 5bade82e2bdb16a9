"""Files and migrations by chance: whatever SQLite takes, Prisma's own forms most often."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from safemigrate.db.sqlite.catalog import Catalog, Table, read
from safemigrate.db.sqlite.connection import SqlError, connect, literal, quote

NAMES = ("User", "Post", "order", "a b", 'q"t', "Ünï", "_AToB", "x")
COLUMNS = ("name", "age", "select", "a b", 'q"', "ö", "at", "n", "m", "data")
TYPES = ("INTEGER", "TEXT", "REAL", "BLOB", "DATETIME", "BOOLEAN", "DECIMAL", "JSONB", "BIGINT", "", "VARCHAR(3)")
STRICT = ("INTEGER", "TEXT", "REAL", "BLOB", "ANY", "INT")
VALUES: tuple[object, ...] = (
    *(None, 0, 1, 2, 3, -1, 7, 2**53 + 1, 2**63 - 1, -(2**63), 1.0, 1.5, -0.0, 1e300, 9007199254740993.0, 0.1),
    *(
        "",
        "a",
        "A",
        "b",
        "1",
        "01",
        "1.0",
        " 1 ",
        "1e3",
        "abc",
        "9223372036854775808",
        "0x10",
        "é",
        "it's",
        "2024-01-01",
    ),
    *(
        b"",
        b"\x00",
        b"1",
        b"a",
        True,
        "x'y\"z",
        "99999999999999999999.5",
        "-0",
        "+5",
        "1.",
        ".5",
        "nan",
        "inf",
        1e19,
        9.21e18,
    ),
)
SIMPLE: tuple[object, ...] = (None, 1, 2, 3, 1.5, "a", "b", "1")


@dataclass
class Chance:
    """Draws SQL; `catalog` is the file as it is."""

    random: Random
    catalog: Catalog
    number: int = 0

    def one(self, of: object) -> str:
        return str(self.random.choice(list(of)))  # type: ignore[call-overload]

    def maybe(self, chance: float = 0.5) -> bool:
        return self.random.random() < chance

    def some(self, chance: float, text: str) -> str:
        return text if self.maybe(chance) else ""

    def fresh(self, pool: tuple[str, ...], taken: list[str]) -> str:
        known = {name.lower() for name in taken}
        free = [name for name in pool if name.lower() not in known]
        self.number += 1
        return self.one(free) if free else f"n{self.number}"

    def value(self, type_name: str = "") -> str:
        pool = VALUES if self.maybe(0.4) else SIMPLE
        if self.maybe(0.5):
            pool = tuple(
                v
                for v in pool
                if isinstance(v, {"INTEGER": int, "TEXT": str, "REAL": float, "BLOB": bytes}.get(type_name, object))
            )
        return literal(self.random.choice(pool or SIMPLE))

    def column(self, name: str, *, strict: bool) -> str:
        type_name = self.one(STRICT if strict else TYPES)
        said = f"{quote(name)} {type_name}"
        if not strict and self.maybe(0.3):
            default = self.value(type_name)
            said += f" NOT NULL DEFAULT {default}" if self.maybe() and default != "NULL" else f" DEFAULT ({default})"
        elif self.maybe(0.2):
            said += " NOT NULL"
        if self.maybe(0.1):
            said += " COLLATE NOCASE"
        if self.maybe(0.07):
            said += " UNIQUE"
        return said

    def create(self, name: str, tables: list[str], keep: list[str] | None = None) -> str:
        strict = self.maybe(0.1)
        columns = [
            self.column(one, strict=strict) for one in keep or self.random.sample(COLUMNS, self.random.randint(1, 4))
        ]
        kind, options = self.random.random(), ["STRICT"] if strict else []
        if kind < 0.35:
            columns.insert(0, f'"id" INTEGER NOT NULL PRIMARY KEY{" AUTOINCREMENT" if self.maybe() else ""}')
        elif kind < 0.6:
            columns.insert(
                0,
                f'"id" TEXT{self.some(0.8, " NOT NULL")} PRIMARY KEY{self.some(0.1, " COLLATE NOCASE")}',
            )
        elif kind < 0.75:
            columns[:0] = ['"id" INTEGER NOT NULL', '"id2" TEXT NOT NULL']
            columns.append('PRIMARY KEY ("id2", "id")')
            options += ["WITHOUT ROWID"] if self.maybe() else []
        elif kind < 0.85:
            columns.insert(0, '"id" INTEGER NOT NULL UNIQUE')
        if tables and self.maybe(0.4) and kind < 0.6:
            parent = self.catalog.tables.get(self.one(tables))
            if parent and len(parent.primary_key) == 1:
                action = self.one(("CASCADE", "SET NULL", "NO ACTION"))
                key = (
                    f'FOREIGN KEY ("ref") REFERENCES {quote(parent.name)}("{parent.primary_key[0]}") ON DELETE {action}'
                )
                columns.append(f'"ref" {"ANY" if strict else "INTEGER"}')
                columns.append(key)
        columns.sort(key=lambda text: text.startswith(("PRIMARY", "FOREIGN")))
        return f"CREATE TABLE {quote(name)} (\n    {(',' + chr(10) + '    ').join(columns)}\n) {', '.join(options)}"

    def extras(self) -> list[str]:
        """Indexes, views and triggers on what is there."""
        said = []
        for table in self.catalog.tables.values():
            names = [column.name for column in table.columns]
            for _ in range(self.random.randint(0, 2)):
                self.number += 1
                unique = "UNIQUE " if self.maybe(0.3) else ""
                which = ", ".join(
                    quote(one) for one in self.random.sample(names, min(len(names), self.random.randint(1, 2)))
                )
                which = f"lower({quote(names[-1])})" if self.maybe(0.1) else which
                where = f" WHERE {quote(names[0])} IS NOT NULL" if self.maybe(0.2) else ""
                said.append(f'CREATE {unique}INDEX "i{self.number}" ON {quote(table.name)}({which}){where}')
            if self.maybe(0.15):
                self.number += 1
                said.append(f'CREATE VIEW "v{self.number}" AS SELECT * FROM {quote(table.name)}')
            if self.maybe(0.15):
                self.number += 1
                other = self.catalog.tables[self.one(self.catalog.tables)]
                action = self.one(
                    (
                        f"DELETE FROM {quote(other.name)} WHERE {quote(other.columns[0].name)} = 2",
                        "SELECT 1",
                        self.insert(other),
                    )
                )
                said.append(
                    f'CREATE TRIGGER "t{self.number}" AFTER {self.one(("UPDATE", "DELETE", "INSERT"))} '
                    f"ON {quote(table.name)} BEGIN {action}; END"
                )
        return said

    def insert(self, table: Table) -> str:
        columns = [column for column in table.columns if not column.generated]
        values = []
        for column in columns:
            if column.key == 1 and self.maybe(0.8):
                values.append(str(self.random.randint(1, 12)))
            else:
                values.append(self.value(column.type))
        way = self.one(("", "", "", "OR REPLACE ", "OR IGNORE "))
        listed = ", ".join(quote(column.name) for column in columns)
        return f"INSERT {way}INTO {quote(table.name)} ({listed}) VALUES ({', '.join(values)})"

    def condition(self, table: Table) -> str:
        column = self.random.choice(table.columns)
        return f"{quote(column.name)} {self.one(('=', '<', '>=', 'IS'))} {self.value(column.type)}"

    def write(self) -> str:
        """A statement that changes rows."""
        table = self.catalog.tables[self.one(self.catalog.tables)]
        kind = self.random.random()
        if kind < 0.4:
            return self.insert(table)
        if kind < 0.6:
            return f"DELETE FROM {quote(table.name)} WHERE {self.condition(table)}"
        column = self.random.choice([column for column in table.columns if not column.generated])
        other = self.random.choice(table.columns)
        given = self.one(
            (self.value(column.type), f"{quote(column.name)} + 1", quote(other.name), f"{quote(column.name)} || 'x'")
        )
        where = f" WHERE {self.condition(table)}" if self.maybe(0.7) else ""
        return f"UPDATE {quote(table.name)} SET {quote(column.name)} = {given}{where}"

    def change(self) -> list[str]:
        """One step of a migration."""
        tables = list(self.catalog.tables)
        if not tables:
            return [self.create(self.fresh(NAMES, tables), tables)]
        table = self.catalog.tables[self.one(tables)]
        names = [column.name for column in table.columns]
        column = self.one(names)
        kind = self.random.random()
        if kind < 0.35:
            return self.rebuild(table)
        if kind < 0.43:
            added = self.column(self.fresh(COLUMNS, names), strict=table.strict)
            return [f"ALTER TABLE {quote(table.name)} ADD COLUMN {added}"]
        if kind < 0.49:
            return [f"ALTER TABLE {quote(table.name)} DROP COLUMN {quote(column)}"]
        if kind < 0.55:
            return [
                f"ALTER TABLE {quote(table.name)} RENAME COLUMN {quote(column)} TO {quote(self.fresh(COLUMNS, names))}"
            ]
        if kind < 0.62:
            return [f"ALTER TABLE {quote(table.name)} RENAME TO {quote(self.fresh(NAMES, tables))}"]
        if kind < 0.67:
            return [f"DROP TABLE {quote(table.name)}"]
        if kind < 0.72:
            name = self.fresh(NAMES, tables)
            return [self.create(name, tables)]
        if kind < 0.76:
            index = [one.name for one in self.catalog.indexes.values() if one.origin == "c"]
            return [f"DROP INDEX {quote(self.one(index))}"] if index else []
        if kind < 0.8:
            return self.extras()[:1]
        if kind < 0.83:
            found = [f"DROP TRIGGER {quote(one)}" for one in self.catalog.triggers] + [
                f"DROP VIEW {quote(one)}" for one in self.catalog.views
            ]
            return [self.one(found)] if found else []
        return [self.write()]

    def rebuild(self, table: Table) -> list[str]:
        kept = [column for column in table.columns if not column.generated and self.maybe(0.85)] or [table.columns[0]]
        names: list[str] = []
        values: list[str] = []
        for column in kept:
            name = column.name if self.maybe(0.93) else self.fresh(COLUMNS, [one.name for one in table.columns] + names)
            names.append(name)
            how = quote(column.name)
            chance = self.random.random()
            if chance < 0.15:
                how = f"coalesce({how}, {self.value()})"
            elif chance < 0.22:
                how = f"CAST({how} AS {self.one(('TEXT', 'INTEGER', 'REAL'))})"
            elif chance < 0.25:
                how = f"upper({how})"
            values.append(how)
        plain = self.maybe(0.3)
        columns = [f"{quote(n)} {c.type}" for n, c in zip(names, kept, strict=True)]
        keyed = [quote(n) for n, c in zip(names, kept, strict=True) if c.key]
        if plain and keyed and len(keyed) == len(table.primary_key):
            columns.append(f"PRIMARY KEY ({', '.join(keyed)})")
            create = f'CREATE TABLE "new_" ({", ".join(columns)})'
        else:
            create = self.create(
                "new_", list(self.catalog.tables), [name for name in names if name not in ("id", "id2", "ref")] or None
            )
        copy = (
            f'INSERT INTO "new_" ({", ".join(map(quote, names))}) SELECT {", ".join(values)} FROM {quote(table.name)}'
        )
        again = [one.sql for one in self.catalog.indexes_of(table.name) if one.sql and self.maybe(0.7)]
        return [
            create,
            copy,
            f"DROP TABLE {quote(table.name)}",
            f'ALTER TABLE "new_" RENAME TO {quote(table.name)}',
            *again,
        ]


def file_and_migration(random: Random, folder: Path) -> tuple[str, str]:
    """Draw a script that makes a file, and one that changes it; the latter "" where nothing came of it."""
    setup: list[str] = []
    migration: list[str] = []
    with connect(folder / "drawn.db", create=True) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        chance = Chance(random, read(connection))

        def runs(sql: str, into: list[str]) -> bool:
            try:
                connection.execute(sql).fetchall()
            except SqlError:
                return False
            into.append(sql)
            chance.catalog = read(connection)
            return True

        for _ in range(random.randint(1, 3)):
            tables = list(chance.catalog.tables)
            runs(chance.create(chance.fresh(NAMES, tables), tables), setup)
        if not chance.catalog.tables:
            return "", ""
        for _ in range(random.randint(0, 25)):
            runs(chance.insert(chance.catalog.tables[chance.one(chance.catalog.tables)]), setup)
        for sql in chance.extras():
            runs(sql, setup)
        off = chance.maybe(0.7)
        connection.execute(f"PRAGMA foreign_keys = {'OFF' if off else 'ON'}")
        for _ in range(random.randint(1, 4)):
            connection.execute("BEGIN")
            part: list[str] = []
            done = all(runs(sql, part) for sql in chance.change())
            try:
                connection.execute("COMMIT" if done else "ROLLBACK")
                migration += part if done else []
            except SqlError:
                connection.execute("ROLLBACK")
            chance.catalog = read(connection)
    if off and migration:
        migration = ["PRAGMA foreign_keys = OFF", *migration, "PRAGMA foreign_keys = ON"]
    return _script(setup), _script(migration)


def _script(statements: list[str]) -> str:
    return "".join(f"{sql};\n" for sql in statements)

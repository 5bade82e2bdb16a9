"""Rows that come back: what was written since in their place, and what they need that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safemigrate.db.catalog import Object
from safemigrate.db.postgres import quote
from safemigrate.model import Check, Way
from safemigrate.rollback.checks.place import Asking, Place, columns_at, table_name, texts
from safemigrate.rollback.checks.then import Terms, look, subject, then
from safemigrate.rollback.checks.ways import parked, referring, removed
from safemigrate.rollback.describe import table_of


def reused_check(kept: Place, asking: Asking) -> list[Check]:
    """Ask whether a row that goes back finds its key taken by a row written since."""
    end = asking.end
    key = columns_at(end, kept.table, kept.key) if kept.table in end else None
    if not key:
        return []
    at = [kept.columns.index(position) + 1 for position in kept.key]
    rekeyed = f"k.new IS NOT NULL AND ARRAY[{', '.join(f'k.new[{one}]' for one in at)}] <> k.key"
    goes_back = f"k.old IS NOT NULL AND (k.new IS NULL OR {rekeyed})"
    taken = f"{texts('t', key)} = k.key{_not_ours(kept, key, asking.since)}"
    now = table_of(end, kept.table)
    where = f"{goes_back} AND EXISTS (SELECT FROM {now.rows} AS t WHERE {taken})"
    newer = f"EXISTS (SELECT FROM {kept.name} AS k WHERE {goes_back} AND {taken})"
    return [
        Check(
            table_name(asking.before, kept.table),
            "{count} {row that the migration deleted has|rows that the migration deleted have} a newer row "
            "under the same key",
            f"SELECT count(*) FROM {kept.name} AS k WHERE {where}",
            f"SELECT array_to_string(k.key, ', ') FROM {kept.name} AS k WHERE {where} LIMIT 5",
            look=look(asking, kept.table, newer),
            loses=True,
            table=table_name(end, kept.table),
            keep_new=(*_orphaned(kept, asking, where), _parked(kept, asking, where)),
            keep_old=(removed(asking.left(), now, newer, referring(end, kept.table)),),
        )
    ]


def _orphaned(kept: Place, asking: Asking, where: str) -> Iterator[Way]:
    """Let rows stay kept, too, that point to kept rows which do: under the same key is another row now."""
    for place in asking.since:
        for one in asking.before.members.get(place.table, ()):
            if one.kind != "constraint" or one.attributes["type"] != "f":
                continue
            here, there = one.internal["_columns"], one.internal["_target_columns"]
            if one.internal["_target"] == kept.table[1] and {*here} <= {*place.columns} and {*there} <= {*kept.columns}:
                same = " AND ".join(
                    f"k.old[{kept.columns.index(parent) + 1}] = c.old[{place.columns.index(child) + 1}]"
                    for child, parent in zip(here, there, strict=True)
                )
                alone = f"k.old IS NOT NULL AND k.key IN (SELECT c.key FROM {place.name} AS c, {kept.name} AS k"
                yield _parked(place, asking, f"{alone} WHERE c.old IS NOT NULL AND {same} AND {where})")


def rekeyed_check(kept: Place, asking: Asking) -> list[Check]:
    """Ask whether a row was written since whose key the migration may have changed: it would stand under both keys.

    Where a later step writes the table too, nobody can tell its writes from those since.
    """
    end = asking.end
    key = columns_at(end, kept.table, kept.key) if kept.table in end else None
    names = columns_at(end, kept.table, kept.columns) if key else None
    if not key or not names or any(place.table == kept.table and place.step > kept.step for place in asking.since):
        return []
    same = f"{texts('t', key)} = k.key AND {texts('t', names)} = k.new"
    source = (
        f"{kept.name} AS k WHERE k.rekeyed AND k.old IS NULL "
        f"AND NOT EXISTS (SELECT FROM {table_name(end, kept.table)} AS t WHERE {same})"
    )
    return [
        Check(
            table_name(asking.before, kept.table),
            "{count} {row was|rows were} written since whose key the migration changed; "
            "under the old one {it comes|they come} back too",
            f"SELECT count(*) FROM {source}",
            f"SELECT array_to_string(k.key, ', ') FROM {source} LIMIT 5",
            look=f"SELECT k.key, k.new FROM {source}",
            loses=True,
            table=table_name(end, kept.table),
        )
    ]


def unique_checks(kept: Place, asking: Asking) -> list[Check]:
    """Ask whether a value that goes back is taken, under a unique key, by a row written since."""
    key = columns_at(asking.end, kept.table, kept.key) if kept.table in asking.end else None
    if not key:
        return []
    checks = []
    for one in asking.before.members.get(kept.table, ()):
        plain = one.kind == "constraint" and one.attributes["type"] == "u"
        positions = one.internal["_columns"] if plain else one.internal["_key"] if one.kind == "index" else None
        touched = positions and set(positions) != set(kept.key) and set(positions) & set(kept.columns)
        if touched or (one.kind == "index" and one.internal["_terms"]):
            checks += _unique(one, kept, key, Terms.of(one, asking), asking)
    return checks


def _unique(one: Object, kept: Place, key: list[str], terms: Terms | None, asking: Asking) -> list[Check]:
    if terms is None:
        return []
    seen = then(asking, kept.table)
    now = seen.now
    back = _back(kept, key, asking)
    values = ", ".join(f"({value}) AS v{number}" for number, value in enumerate(terms.values))
    numbers = range(len(terms.values))
    equal = "IS NOT DISTINCT FROM" if terms.nulls_equal else "="
    same = " AND ".join(f"r.v{number} {equal} n.v{number}" for number in numbers)
    returning = f"(SELECT safemigrate_key, {values} FROM {back} AS t WHERE {terms.compared})"
    today = f"(SELECT safemigrate_home, safemigrate_at, {values} FROM {seen.rows} AS t WHERE {terms.compared})"
    other = f"{texts('t', key)} <> r.safemigrate_key{_not_ours(kept, key, asking.since)}"
    pairs = (
        f"{returning} AS r JOIN {today} AS n ON {same} "
        f"JOIN {now.rows} AS t ON (t.tableoid, t.ctid) = (n.safemigrate_home, n.safemigrate_at) WHERE {other}"
    )
    where = f"k.key IN (SELECT r.safemigrate_key FROM {pairs})"
    newer = seen.at(f"SELECT n.safemigrate_home, n.safemigrate_at FROM {pairs}")
    return [
        Check(
            subject(one),
            "{count} {row that goes back has|rows that go back have} a value that a newer row has taken",
            f"SELECT count(*) FROM {kept.name} AS k WHERE {where}",
            f"SELECT concat_ws(', ', {', '.join(f'r.v{number}' for number in numbers)}) FROM {pairs} LIMIT 5",
            look=look(asking, kept.table, _taking(one, kept, asking) or newer),
            keep_new=(_parked(kept, asking, where),),
            keep_old=(removed(asking.left(), now, newer, referring(asking.end, kept.table)),),
        )
    ]


def _taking(one: Object, kept: Place, asking: Asking) -> str:
    """The condition, short, that row `t` has a value that is kept; "" where the key is made of more than columns."""
    positions = one.internal.get("_columns") or one.internal.get("_key") or ()
    names = columns_at(asking.end, kept.table, positions) if set(positions) <= set(kept.columns) else None
    if not names:
        return ""
    olds = ", ".join(f"k.old[{kept.columns.index(position) + 1}]" for position in positions)
    return f"({', '.join(f't.{name}::text' for name in names)}) IN (SELECT {olds} FROM {kept.name} AS k)"


def _back(kept: Place, key: list[str], asking: Asking) -> str:
    """Kept rows as they will be, in the columns of then: a value that was changed since stays as it is."""
    end, columns = asking.end, []
    for one in asking.before.members.get(kept.table, ()):
        if one.kind != "column":
            continue
        position, today = one.internal["_position"], columns_at(end, kept.table, [one.internal["_position"]])
        if position in kept.columns:
            at = kept.columns.index(position) + 1
            value = f"k.old[{at}]"
            if today and position not in kept.key:
                value = (
                    f"CASE WHEN o.{key[0]} IS NULL OR o.{today[0]}::text IS NOT DISTINCT FROM k.new[{at}] "
                    f"THEN {value} ELSE o.{today[0]}::text END"
                )
        elif today:
            value = f"o.{today[0]}::text"
        else:
            continue
        columns.append(f"({value})::{one.attributes['type']} AS {quote(one.name)}")
    return (
        f"(SELECT k.key AS safemigrate_key, {', '.join(columns)} FROM {kept.name} AS k "
        f"LEFT JOIN {table_of(end, kept.table).rows} AS o ON {texts('o', key)} = k.key "
        f"WHERE k.old IS NOT NULL AND (k.new IS NULL OR o.{key[0]} IS NOT NULL))"
    )


def parent_checks(kept: Place, asking: Asking) -> list[Check]:
    """Ask whether a row that goes back points to a row that is gone since."""
    before, end = asking.before, asking.end
    checks = []
    for one in before.members.get(kept.table, ()):
        if one.kind != "constraint" or one.attributes["type"] != "f":
            continue
        positions, target = one.internal["_columns"], (1259, one.internal["_target"], 0)
        keys = columns_at(end, target, one.internal["_target_columns"]) if target in end else None
        mine = columns_at(end, kept.table, kept.key) if kept.table in end else None
        if not keys or not mine or not set(positions) <= set(kept.columns):
            continue
        at = [f"k.old[{kept.columns.index(position) + 1}]" for position in positions]
        new = [f"k.new[{kept.columns.index(position) + 1}]" for position in positions]
        there = " AND ".join(f"p.{key}::text = {value}" for key, value in zip(keys, at, strict=True))
        moved = " OR ".join(f"{value} IS DISTINCT FROM {now}" for value, now in zip(at, new, strict=True))
        here = f"EXISTS (SELECT FROM {table_name(end, kept.table)} AS o WHERE {texts('o', mine)} = k.key)"
        where = (
            f"k.old IS NOT NULL AND ({moved}) AND (k.new IS NULL OR {here}) "
            f"AND {' AND '.join(f'{value} IS NOT NULL' for value in at)} "
            f"AND NOT EXISTS (SELECT FROM {table_name(end, target)} AS p WHERE {there})"
        )
        for place in asking.since:
            numbers = [place.columns.index(p) + 1 for p in one.internal["_target_columns"] if p in place.columns]
            if place.table == target and len(numbers) == len(at):
                again = " AND ".join(f"p.old[{n}] = {value}" for n, value in zip(numbers, at, strict=True))
                where += f" AND NOT EXISTS (SELECT FROM {place.name} AS p WHERE {again})"
        checks.append(
            Check(
                subject(one),
                "{count} {row that goes back points|rows that go back point} to a row that is gone since",
                f"SELECT count(*) FROM {kept.name} AS k WHERE {where}",
                f"SELECT array_to_string(k.key, ', ') FROM {kept.name} AS k WHERE {where} LIMIT 5",
                look=f"SELECT * FROM {kept.name} AS k WHERE {where}",
                keep_new=(_parked(kept, asking, where),),
            )
        )
    return checks


def _parked(kept: Place, asking: Asking, where: str) -> Way:
    """Let kept rows stay kept: the newer state of their table stands."""
    positions = (*kept.key, *kept.columns)
    # A later step may have kept columns that are not there yet when the question is put.
    names = columns_at(asking.before, kept.table, positions) or [f'"column {at}"' for at in positions]
    values = [
        *(f"k.key[{at}]" for at in range(1, len(kept.key) + 1)),
        *(f"k.old[{at}]" for at in range(1, len(kept.columns) + 1)),
    ]
    listed = dict(zip(names, values, strict=True))
    return parked(
        asking.left(),
        kept.name,
        where,
        ", ".join(f"{value} AS {name}" for name, value in listed.items()),
        f"{{count}} {{row|rows}} of {table_name(asking.before, kept.table)} {{does|do}} not go back",
    )


def _not_ours(kept: Place, key: Sequence[str], since: Sequence[Place]) -> str:
    """Leave out rows that the migration itself wrote: they go back before the step of `kept`, or in it."""
    said = ""
    for place in since:
        if place.table == kept.table:
            at = [place.columns.index(p) + 1 if p in place.columns else 0 for p in place.key]
            new = ", ".join(f"k2.new[{one}]" for one in at) if all(at) else ""
            found = f"ARRAY[{new}]" if new else "k2.key"
            said += (
                f" AND NOT EXISTS (SELECT FROM {place.name} AS k2 WHERE k2.new IS NOT NULL "
                f"AND {found} = {texts('t', key)})"
            )
    return said

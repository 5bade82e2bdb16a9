"""What keeps a table from being as it was: asked, of today's rows and the kept ones, before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from safemigrate.db.sqlite.catalog import Column, ForeignKey, Index, fold
from safemigrate.db.sqlite.connection import quote
from safemigrate.db.sqlite.definition import checks as check_texts
from safemigrate.db.sqlite.definition import definition, outermost, tokens
from safemigrate.model import Check, Way
from safemigrate.rollback.sqlite.keep import CHANGED, at, old
from safemigrate.rollback.sqlite.pair import held, rowid, rowid_alias
from safemigrate.rollback.sqlite.result import Back, goes, needs_value, setting, subject, turns_required
from safemigrate.rollback.sqlite.script import Change, survives
from safemigrate.rollback.sqlite.then import Then, thens
from safemigrate.rollback.sqlite.values import stored
from safemigrate.rollback.sqlite.ways import parked, removed, yielded

_KINDS = {
    "INTEGER": "('integer', 'null')",
    "REAL": "('real', 'integer', 'null')",
    "TEXT": "('text', 'null')",
    "BLOB": "('blob', 'null')",
}


@dataclass(frozen=True, slots=True)
class _Asking:
    """What every question needs. `left` names a new table for what gives way."""

    change: Change
    left: Callable[[], str]

    def removed(self, back: Back | None, found: str) -> tuple[Way, ...]:
        return removed(self.left(), back.pair.now, self.change.after, found) if back else ()

    def unchanged(self, then: Then, found: str) -> tuple[Way, ...]:
        """Let rows be as the migration left them, where all that is kept of them is what it changed."""
        keeping, back = then.keeping, then.back
        if not keeping.changed or not back or not all(back.pair.source(column) for column in keeping.changed):
            return ()
        columns = [*at(keeping), *map(old, keeping.old)]
        says = f"{{count}} {{row|rows}} of {quote(then.was.name)} {{stays|stay}} as the migration left {{it|them}}"
        return parked(self.left(), keeping.place, columns, found, says)

    def parked(self, then: Then, found: str) -> tuple[Way, ...]:
        columns = [old(column) for column in then.keeping.old]
        says = f"{{count}} {{row|rows}} of {quote(then.was.name)} {{does|do}} not go back"
        return parked(self.left(), then.keeping.place, columns, found, says) if then.keeping.name else ()


def checks(change: Change, left: Callable[[], str]) -> list[Check]:
    """Return the questions of a way back."""
    asking, found = _Asking(change, left), thens(change)
    asked: list[Check] = []
    for then in found:
        if then.back:
            asked += _uniques(asking, then)
        if then.back and not then.back.placed:
            asked += _values(asking, then, then.back)
            asked += _conditions(asking, then)
    named = {fold(then.was.name): then for then in found}
    for then in found:
        for key in then.was.foreign_keys:
            parent = named.get(fold(key.table))
            if parent is None or len(key.columns) != len(key.references):
                continue
            if then.alters(key.columns, comes=True) or parent.alters(key.references, comes=False):
                asked += _foreign_key(asking, then, parent, key)
    return asked


def _values(asking: _Asking, then: Then, back: Back) -> Iterator[Check]:
    """NULLs where there may be none, and values that the former type does not mean."""
    for column in held(then.was):
        if needs_value(back, column):
            yield _without_value(asking, back, column)
        elif turns_required(back, column):
            where = f"t.{quote(column.name)} IS NULL"
            words = "{count} {row has|rows have} no value for this column, which becomes required again"
            yield _of_today(asking, then, subject(back, column), words, where, fill=True)
        source = back.pair.source(column)
        hard = then.was.strict or rowid_alias(then.was) == column.name
        takes_all = column.affinity == "BLOB" and "BLOB" not in column.type.upper()  # without a type, or ANY
        if source and column.affinity in _KINDS and not takes_all and (source.affinity != column.affinity or hard):
            where = f"typeof(t.{quote(column.name)}) NOT IN {_KINDS[column.affinity]}"
            words = f"{{count}} {{value of today does|values of today do}} not fit {column.type}"
            yield _of_today(asking, then, subject(back, column), words, where, column=column)


def _without_value(asking: _Asking, back: Back, column: Column) -> Check:
    source, where = f"{back.source}", "1"
    if back.keeping.addressed:
        source += f" LEFT JOIN {back.keeping.place} AS k ON {back.found()}"
        where = f"k.what IS NOT '{CHANGED}'"
    if inverse := back.pair.inverse(column):
        where += f" AND NOT {inverse.certain('n')}"
    if back.keeping.inserted:
        condition = goes(back, asking.change.pointing(back), lambda other: other.name)
        where += f" AND NOT coalesce({condition}, 0)"
    found = f"SELECT {back.handle or 'NULL'} FROM {source} WHERE {where}"
    return Check(
        subject(back, column),
        "{count} {row written since has|rows written since have} no value for this required column",
        f"SELECT count(*) FROM {source} WHERE {where}",
        f"SELECT {_shown([f'n.{quote(one.name)}' for one in _key(back)])} FROM {source} WHERE {where} LIMIT 5",
        f"SELECT n.* FROM {source} WHERE {where}",
        setting(subject(back, column)),
        keep_old=asking.removed(back, found),
    )


def _of_today(
    asking: _Asking,
    then: Then,
    about: str,
    words: str,
    where: str,
    *,
    fill: bool = False,
    column: Column | None = None,
) -> Check:
    """Ask about rows of today that will not do as they are."""
    assert then.back
    source = f"({then.stays}) AS t WHERE {where}"
    found = f"SELECT t.safemigrate_at FROM {source}"
    shown = [f"t.{quote(one.name)}" for one in held(then.was) if one.key] or [f"t.{quote(held(then.was)[0].name)}"]
    shown += [f"t.{quote(column.name)}"] if column else []
    ways = yielded(asking.left(), then.back.pair.now, asking.change.after, _may_empty(then.back, column), found)
    return Check(
        about,
        words,
        f"SELECT count(*) FROM {source}",
        f"SELECT {_shown(shown)} FROM {source} LIMIT 5",
        f"SELECT * FROM {source}",
        setting(about) if fill else "",
        keep_old=ways,
    )


def _conditions(asking: _Asking, then: Then) -> Iterator[Check]:
    made = definition(then.was.sql)
    for part in (*made.columns.values(), *made.constraints):
        for text in check_texts(then.was.sql, part):
            words = "{count} {row violates|rows violate} this check, which comes back"
            yield _of_today(asking, then, f"{quote(then.was.name)} CHECK ({text})", words, f"NOT ({text})")


def _uniques(asking: _Asking, then: Then) -> Iterator[Check]:
    back = then.back
    assert back
    primary = {fold(name) for name in then.was.primary_key}
    if alias := rowid_alias(then.was):  # a key without an index
        column = then.was.column(alias)
        source = back.pair.source(column) if column else None
        if source and source.name != rowid_alias(back.pair.now):
            yield _twins(asking, then, f"{quote(then.was.name)}({quote(alias)})", [quote(alias)], "")
        if then.returns:
            yield _taken(asking, then, quote(then.was.name), [quote(alias)], "", key=True)
    for index in asking.change.before.indexes_of(then.was.name):
        if not index.unique:
            continue
        terms, where = _terms(index), index.where
        listed = {fold(name) for name in index.columns or ()}
        about = quote(then.was.name, index.name) if index.sql else f"{quote(then.was.name)}({', '.join(terms)})"
        stands = survives(asking.change, index) if index.sql else back.placed
        others = {fold(column.name) for column in back.keeping.changed}
        if not stands or others & (listed or others):
            yield _twins(asking, then, about, terms, where)
        if then.returns:
            key = bool(listed) and listed == primary
            yield _taken(asking, then, quote(then.was.name) if key else about, terms, where, key=key)


def _twins(asking: _Asking, then: Then, about: str, terms: Sequence[str], where: str) -> Check:
    listed = ", ".join(terms)
    compared = " AND ".join([*(f"({term}) IS NOT NULL" for term in terms), *([f"({where})"] if where else [])])
    source = f"({then.stays}) AS t WHERE {compared}"
    twins = f"{source} GROUP BY {listed} HAVING count(*) > 1"

    twin = f"SELECT safemigrate_kept, count(*) OVER (PARTITION BY {listed}) AS safemigrate_twins FROM {source}"
    changed = f"SELECT safemigrate_kept FROM ({twin}) WHERE safemigrate_twins > 1"

    def others(direction: str) -> str:
        nth = f"row_number() OVER (PARTITION BY {listed} ORDER BY safemigrate_at {direction}) AS safemigrate_nth"
        return f"SELECT safemigrate_at FROM (SELECT safemigrate_at, {nth} FROM {source}) WHERE safemigrate_nth > 1"

    return Check(
        about,
        "{count} {value stands|values stand} more than once; the unique key cannot come back",
        f"SELECT count(*) FROM (SELECT 1 FROM {twins})",
        f"SELECT {_shown(terms)} FROM {twins} LIMIT 5",
        f"SELECT {listed}, count(*) FROM {twins}",
        keep_new=(*asking.unchanged(then, changed), *asking.removed(then.back, others("DESC"))),
        keep_old=asking.removed(then.back, others("ASC")),
    )


def _taken(asking: _Asking, then: Then, about: str, terms: Sequence[str], where: str, *, key: bool) -> Check:
    """Ask whether a row that goes back finds its key, or a unique value, taken."""
    listed = ", ".join(f"{term} AS safemigrate_{number}" for number, term in enumerate(terms))
    sides = (
        f"(SELECT safemigrate_at, {listed} FROM ({rows}) AS t WHERE {where or '1'})"
        for rows in (then.returns, then.stays)
    )
    returning, today = sides
    same = " AND ".join(f"r.safemigrate_{number} = n.safemigrate_{number}" for number in range(len(terms)))
    pairs = f"{returning} AS r JOIN {today} AS n ON {same}"
    newer, kept = (f"SELECT {alias}.safemigrate_at FROM {pairs}" for alias in ("n", "r"))
    words = "{count} {row that goes back has|rows that go back have} a value that a newer row has taken"
    if key:
        words = (
            "{count} {row that the migration deleted has|rows that the migration deleted have} a newer row "
            "under the same key"
        )
    shown = _shown([f"r.safemigrate_{number}" for number in range(len(terms))])
    return Check(
        about,
        words,
        f"SELECT count(DISTINCT r.safemigrate_at) FROM {pairs}",
        f"SELECT {shown} FROM {pairs} LIMIT 5",
        f"SELECT * FROM ({then.stays}) AS t WHERE t.safemigrate_at IN ({newer})",
        loses=key,
        table=then.back.name if then.back else "",
        keep_new=asking.parked(then, kept),
        keep_old=asking.removed(then.back, newer),
    )


def _foreign_key(asking: _Asking, child: Then, parent: Then, key: ForeignKey) -> Iterator[Check]:
    """Ask which rows will point to a row that is not there."""
    here = [child.was.column(name) for name in key.columns]
    there = [parent.was.column(name) for name in key.references]
    about = f"{quote(child.was.name)}({', '.join(quote(name) for name in key.columns)})"
    pairs = [(one, other) for one, other in zip(here, there, strict=True) if one and other]
    match = " AND ".join(
        f"p.{quote(other.name)} = {stored(f't.{quote(one.name)}', one.affinity, other.affinity)}"
        for one, other in pairs
    )
    filled = " AND ".join(f"t.{quote(name)} IS NOT NULL" for name in key.columns)
    where = f"{filled} AND NOT EXISTS (SELECT 1 FROM {parent.rows} AS p WHERE {match})"
    shown = _shown([f"t.{quote(name)}" for name in key.columns])
    if child.stays and child.back:
        source = f"({child.stays}) AS t WHERE {where}{_unless_today(child.back, parent.back, key)}"
        found = f"SELECT t.safemigrate_at FROM {source}"
        column = _may_empty(child.back, pairs[0][0] if len(pairs) == 1 else None)
        lost = any(child.back.pair.source(one) is None for one, _ in pairs)
        yield Check(
            about,
            "{count} {row pointed|rows pointed} to a row that is gone since; the foreign key cannot come back"
            if lost
            else "{count} {row points|rows point} to a row that is not there; the foreign key cannot come back",
            f"SELECT count(*) FROM {source}",
            f"SELECT {shown} FROM {source} LIMIT 5",
            f"SELECT * FROM {source}",
            keep_old=yielded(asking.left(), child.back.pair.now, asking.change.after, column, found),
        )
    if child.returns and child.keeping.name:
        source = f"({child.returns}) AS t WHERE {where}"
        yield Check(
            about,
            "{count} {row that goes back points|rows that go back point} to a row that is gone since",
            f"SELECT count(*) FROM {source}",
            f"SELECT {shown} FROM {source} LIMIT 5",
            f"SELECT * FROM {source}",
            keep_new=asking.parked(child, f"SELECT t.safemigrate_at FROM {source}"),
        )


def _may_empty(back: Back, former: Column | None) -> Column | None:
    """Return the column of today that a former one comes back from, if that may be empty then."""
    return back.pair.source(former) if former and not former.required else None


def _unless_today(child: Back, parent: Back | None, key: ForeignKey) -> str:
    """Leave out rows that point nowhere today already: their foreign key stands over them now, as it did before."""
    own = rowid(child.pair.now)
    if parent is None or own is None:
        return ""
    pairs = list(zip(_today(child, key.columns), _today(parent, key.references), strict=True))
    for one in child.pair.now.foreign_keys:
        if fold(one.table) == fold(parent.pair.now.name) and {*zip(one.columns, one.references, strict=False)} == {
            *pairs
        }:
            filled = " AND ".join(f"c.{quote(here)} IS NOT NULL" for here, _ in pairs)
            match = " AND ".join(f"q.{quote(there)} = c.{quote(here)}" for here, there in pairs)
            nowhere = f"{filled} AND NOT EXISTS (SELECT 1 FROM {parent.name} AS q WHERE {match})"
            return f" AND t.safemigrate_at NOT IN (SELECT c.{own} FROM {child.name} AS c WHERE {nowhere})"
    return ""


def _today(back: Back, columns: Sequence[str]) -> list[str]:
    """Name the columns that former ones come back from; "" for none."""
    found = [back.pair.was.column(name) for name in columns]
    return [source.name if column and (source := back.pair.source(column)) else "" for column in found]


def _terms(index: Index) -> list[str]:
    """Write what a unique index compares, each with its collation."""
    if not index.sql:
        pairs = zip(index.columns or (), index.collations, strict=True)
        return [f"{quote(name)} COLLATE {collation}" for name, collation in pairs]
    found = tokens(index.sql)
    opening = next(at for at, token in outermost(found) if token.word == "(")
    terms: list[str] = []
    start, depth = found[opening].end, 0
    for before, token in zip(found[opening:], found[opening + 1 :], strict=False):
        depth += (token.word == "(") - (token.word == ")")
        if depth < 0 or (token.word == "," and not depth):
            end = before.start if before.word in ("ASC", "DESC") else before.end
            terms.append(index.sql[start:end].strip())
            start = token.end
        if depth < 0:
            break
    return terms


def _key(back: Back) -> Sequence[Column]:
    return back.keeping.key or held(back.pair.now)[:1]


def _shown(values: Sequence[str]) -> str:
    return " || ', ' || ".join(f"coalesce({value}, '')" for value in values)

"""Where the tables of a diagram stand: the changed and those next to them, what is pointed to left of what points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from safemigrate.model import Column, ColumnChange, Fate, ForeignKey, ForeignKeyChange, Key, SchemaChange, TableChange
from safemigrate.report.words import cut, short

# Sizes in pixels; a character of the monospaced font is 0.6 of its height (12) wide.
CHARACTER, ROW, HEAD = 7.3, 20, 30
_GAP_X, _GAP_Y, _MARGIN = 72, 26, 8
# Higher columns are broken in two, so that a picture is looked at and not only scrolled.
_HIGHEST = 1000
# The catalog is read without a search path, so that every type of the project has its schema.
_PUBLIC = re.compile(r'\bpublic\.|(?<!")"(?=\w+"(?!"))|(?<=\w)"')
_CHANGED, _NEIGHBOURS, _ROWS = 40, 10, 14


@dataclass(frozen=True, slots=True)
class Row:
    """A column's line: its name and type, also as they were and will be; a foreign key finds it by `names`."""

    fate: Fate
    key: Key
    name: str
    type: str
    before: tuple[str, str] = ("", "")
    after: tuple[str, str] = ("", "")
    names: frozenset[str] = frozenset()


@dataclass(slots=True)
class Box:
    """A table where it stands; `more` is the number of its columns that are not shown."""

    table: TableChange
    title: str
    rows: list[Row]
    more: int
    changed: bool
    x: float = 0
    y: float = 0
    width: float = 0
    layer: int = 0

    @property
    def height(self) -> float:
        """Its height with all it shows."""
        return HEAD + ROW * (len(self.rows) + bool(self.more)) + 6

    def line(self, columns: Iterable[str]) -> float:
        """How far down the line of the first of these columns is; the title's where it is not shown."""
        wanted = set(columns)
        for at, row in enumerate(self.rows):
            if wanted & row.names:
                return self.y + HEAD + ROW * (at + 0.5)
        return self.y + HEAD / 2


@dataclass(slots=True)
class Picture:
    """Boxes and the foreign keys between them; `ends` are the tables' names now, by those before."""

    boxes: dict[str, Box]
    keys: list[ForeignKeyChange]
    width: float = 0
    height: float = 0
    ends: dict[str, str] = field(default_factory=dict)

    def ends_of(self, key: ForeignKey) -> tuple[Box | None, Box | None]:
        """The boxes at both ends; a table that was renamed is found by both names."""
        child, parent = (self.ends.get(name, name) for name in (key.table, key.target))
        return self.boxes.get(child), self.boxes.get(parent)


def lay_out(change: SchemaChange) -> Picture:
    """Choose what is shown of a schema and place it."""
    now = {table.before: table.name for table in change.tables if table.before}
    changed = {table.name for table in change.changed[:_CHANGED]}
    near: dict[str, bool] = {}
    for key in sorted(change.foreign_keys, key=lambda key: key.fate is Fate.SAME):
        ends = {now.get(name, name) for one in (key.before, key.after) if one for name in (one.table, one.target)}
        if ends & changed:
            near |= dict.fromkeys(ends - changed, True)
    shown = changed | set(list(near)[:_NEIGHBOURS])
    joins = _joins(change.foreign_keys, now)
    boxes = {
        table.name: _box(table, joins.get(table.name, frozenset()), changed=table.name in changed)
        for table in change.tables
        if table.name in shown
    }
    picture = Picture(boxes, [], ends=now)
    picture.keys = [key for key in change.foreign_keys if _within(picture, key)]
    _layers(picture)
    _place(picture)
    return picture


def _within(picture: Picture, key: ForeignKeyChange) -> bool:
    return any(one is not None and all(picture.ends_of(one)) for one in (key.before, key.after))


def _joins(keys: Iterable[ForeignKeyChange], now: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The columns of each table that a foreign key begins or ends at."""
    found: dict[str, set[str]] = {}
    for change in keys:
        for key in (change.before, change.after):
            if key:
                found.setdefault(now.get(key.table, key.table), set()).update(key.columns)
                found.setdefault(now.get(key.target, key.target), set()).update(key.target_columns)
    return {name: frozenset(columns) for name, columns in found.items()}


def _box(table: TableChange, joins: frozenset[str], *, changed: bool) -> Box:
    rows = [_row(column) for column in table.columns]
    wanted = [row for row in rows if row.fate is not Fate.SAME or row.key is Key.PRIMARY or row.names & joins]
    if (changed and table.fate in (Fate.ADDED, Fate.REMOVED)) or (changed and len(rows) <= _ROWS):
        wanted = rows
    differing = [row for row in wanted if row.fate is not Fate.SAME]
    if len(wanted) > _ROWS:
        wanted = [row for row in wanted if row.fate is Fate.CHANGED or row in differing[:_ROWS]][:_ROWS] or wanted[
            :_ROWS
        ]
    before, after = short(table.before), short(table.after)
    title = f"{before} → {after}" if before and after and before != after else after or before
    box = Box(table, cut(title, 40), wanted, len(rows) - len(wanted), changed)
    widest = max((len(row.name) + len(row.type) + 6 for row in box.rows), default=0)
    box.width = max(150, 24 + CHARACTER * max(widest, len(box.title) * 1.1 + (8 if box.changed else 0)))
    return box


def _row(change: ColumnChange) -> Row:
    before, after = change.before, change.after
    one = after or before
    assert one is not None
    old = (cut(before.name, 30), type_of(before)) if before else ("", "")
    new = (cut(after.name, 30), type_of(after)) if after else ("", "")
    names = frozenset(column.name for column in (before, after) if column)
    name, kind = (_arrow(was, now) for was, now in zip(old, new, strict=True))
    return Row(change.fate, one.key, name, kind, old, new, names)


def _arrow(before: str, after: str) -> str:
    return cut(f"{before} → {after}" if before and after and before != after else after or before, 60)


def type_of(column: Column) -> str:
    """Write a column's type as Prisma users read one: `?` may be NULL, `=` its default."""
    words = _PUBLIC.sub("", column.type).replace(" without time zone", "").replace("character varying", "varchar")
    if words.endswith(" with time zone"):
        words = words.removesuffix(" with time zone").replace("timestamp", "timestamptz").replace("time(", "timetz(")
    words += "" if column.required else "?"
    default = "auto" if column.default.startswith(("nextval(", "GENERATED")) else column.default.split("::")[0]
    return cut(f"{cut(words, 26)} = {cut(default, 16)}" if default else words, 46)


def _layers(picture: Picture) -> None:
    """Number the columns of the picture: a table stands right of all that it points to, cycles aside."""
    parents: dict[str, set[str]] = {name: set() for name in picture.boxes}
    for change in picture.keys:
        for key in (change.before, change.after):
            child, parent = picture.ends_of(key) if key else (None, None)
            if child and parent and child is not parent:
                parents[child.table.name].add(parent.table.name)
    found: dict[str, int] = {}

    def layer(name: str, above: tuple[str, ...]) -> int:
        if name not in found:
            before = [layer(each, (*above, name)) for each in sorted(parents[name]) if each not in above]
            found[name] = 1 + max(before, default=-1)
        return found[name]

    for name in sorted(parents, key=lambda name: (len(parents[name]), name)):
        picture.boxes[name].layer = layer(name, (name,))


def _place(picture: Picture) -> None:
    columns: list[list[Box]] = []
    for number in sorted({box.layer for box in picture.boxes.values()}):
        boxes = sorted((box for box in picture.boxes.values() if box.layer == number), key=lambda box: box.title)
        columns += _broken(_near(picture, boxes, columns))
    x = float(_MARGIN)
    heights = [sum(box.height + _GAP_Y for box in column) - _GAP_Y for column in columns]
    picture.height = max(heights, default=0) + 2 * _MARGIN
    for column, height in zip(columns, heights, strict=True):
        width = max(box.width for box in column)
        y = (picture.height - height) / 2
        for box in column:
            box.x, box.y, box.width = x, y, width
            y += box.height + _GAP_Y
        x += width + _GAP_X
    picture.width = x - _GAP_X + _MARGIN + (40 if columns else 0)


def _near(picture: Picture, boxes: list[Box], columns: list[list[Box]]) -> list[Box]:
    """Sort a column by where the tables stand that its own point to: fewer lines cross."""
    at = {box.table.name: number for column in columns for number, box in enumerate(column)}

    def centre(box: Box) -> float:
        ends = [picture.ends_of(key) for change in picture.keys for key in (change.after or change.before,) if key]
        found = [at[parent.table.name] for child, parent in ends if child is box and parent and parent.table.name in at]
        return sum(found) / len(found) if found else 0

    return sorted(boxes, key=centre)


def _broken(boxes: list[Box]) -> list[list[Box]]:
    columns: list[list[Box]] = [[]]
    height = 0.0
    for box in boxes:
        if columns[-1] and height + box.height > _HIGHEST:
            columns.append([])
            height = 0
        columns[-1].append(box)
        height += box.height + _GAP_Y
    return columns

"""The diagram of the schema: one picture, that shows what changes, how it was, or how it will be."""

from __future__ import annotations

from safemigrate.model import Detail, Fate, ForeignKey, ForeignKeyChange, Key, Outcome, SchemaChange
from safemigrate.report.html.element import Element, add, table, tag
from safemigrate.report.html.layout import CHARACTER, HEAD, ROW, Box, Picture, Row, lay_out
from safemigrate.report.words import many, short

_KEY = {Key.PRIMARY: "PK", Key.UNIQUE: "UQ", Key.NONE: ""}
_SIGN = {Fate.ADDED: "+", Fate.REMOVED: "−", Fate.CHANGED: "~", Fate.SAME: ""}
# Changes that are listed below the picture.
_LISTED, _OPEN = 200, 12
_VIEWS = (("changes", "What changes"), ("before", "Before"), ("after", "After"))


def schema(outcome: Outcome) -> Element | None:
    """Draw the section; None where nobody looked at the schema."""
    change = outcome.change
    if change is None:
        return None
    section = tag("section", tag("h2", "Schema"), id="schema")
    if change.empty:
        add(section, tag("p", "Tables, columns and all else stay as they are.", class_="calm"))
        return section
    add(section, tag("p", _summary(change), class_="lead"))
    if change.changed:
        picture = lay_out(change)
        add(section, *_radios(), _legend(), _scroller(_svg(picture)), _others(change, picture))
    if details := _details(change):
        add(section, details)
    return section


def _summary(change: SchemaChange) -> str:
    counts = [(fate, sum(table.fate is fate for table in change.changed)) for fate in (Fate.ADDED, Fate.REMOVED)]
    rest = len(change.changed) - sum(count for _, count in counts)
    said = [f"{many(count, 'table')} {fate}" for fate, count in [*counts, (Fate.CHANGED, rest)] if count]
    if change.details:
        said.append(f"{many(len(change.details), 'other object')} touched")
    return f"{', '.join(said)}; {many(len(change.tables) - len(change.changed), 'table')} as before."


def _radios() -> list[Element]:
    parts = []
    for value, title in _VIEWS:
        checked = "checked" if value == "changes" else None
        parts.append(tag("input", type="radio", name="view", id=f"view-{value}", class_="view", checked=checked))
        parts.append(tag("label", title, for_=f"view-{value}"))
    return parts


def _legend() -> Element:
    legend = tag("p", class_="legend")
    for fate in (Fate.ADDED, Fate.CHANGED, Fate.REMOVED):
        add(legend, tag("span", f"{_SIGN[fate]} {fate}", class_=f"chip {fate}"), " ")
    add(legend, tag("span", "? may be NULL · = default · an arrow points to what a foreign key refers to"))
    return legend


def _scroller(picture: Element) -> Element:
    return tag("div", picture, class_="picture scroll", tabindex=0, role="region", aria_label="Diagram of the schema")


def _svg(picture: Picture) -> Element:
    drawing = tag(
        "svg",
        tag("title", "Tables before and after, with the foreign keys between them"),
        tag(
            "defs",
            tag(
                "marker",
                tag("path", d="M0 0 8 4 0 8z"),
                id="tip",
                viewBox="0 0 8 8",
                refX=8,
                refY=4,
                orient="auto",
                markerWidth=8,
                markerHeight=8,
                markerUnits="userSpaceOnUse",
            ),
        ),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {picture.width:g} {picture.height:g}",
        role="img",
        width=picture.width,
        height=picture.height,
        # It shrinks with the page as far as it can be read; then it scrolls.
        style=f"min-width: {picture.width * 0.68:.0f}px",
    )
    for key in sorted(picture.keys, key=lambda key: key.fate is not Fate.SAME):
        add(drawing, *_line(picture, key))
    add(drawing, *(_table(box) for box in picture.boxes.values()))
    return drawing


def _line(picture: Picture, change: ForeignKeyChange) -> list[Element]:
    if change.fate is Fate.CHANGED:
        pairs = [(change.before, "before removed"), (change.after, "after added")]
        if change.before and change.after and change.before.columns == change.after.columns:
            pairs = [(change.after, "changed")]
    else:
        pairs = [(change.after or change.before, str(change.fate))]
    return [path for key, fate in pairs if key and (path := _path(picture, key, fate))]


def _path(picture: Picture, key: ForeignKey, fate: str) -> Element | None:
    child, parent = picture.ends_of(key)
    if child is None or parent is None:
        return None
    start, end = child.line(key.columns), parent.line(key.target_columns)
    left, right = child.x, parent.x + parent.width
    if child is parent or left < right:  # beside, not right of what it points to
        left, bend = child.x + child.width, max(child.x + child.width, right) + 34
        curve = f"M{left:g} {start:g}C{bend:g} {start:g} {bend:g} {end:g} {right + 1:g} {end:g}"
    else:
        half = max(30, (left - right) / 2)
        curve = f"M{left:g} {start:g}C{left - half:g} {start:g} {right + half:g} {end:g} {right + 1:g} {end:g}"
    title = f"{short(key.table)} ({', '.join(key.columns)}) → {short(key.target)}"
    on_delete = f", ON DELETE {key.on_delete}" if key.on_delete else ""
    return tag("path", tag("title", title + on_delete), d=curve, class_=f"key {fate}", marker_end="url(#tip)")


def _table(box: Box) -> Element:
    fate = box.table.fate
    group = tag(
        "g", tag("title", f"{box.title}: {fate}"), class_=f"table {fate}", transform=f"translate({box.x:g} {box.y:g})"
    )
    add(
        group,
        tag("rect", width=box.width, height=box.height, rx=6, class_="body"),
        tag("path", d=f"M0 {HEAD}V6a6 6 0 0 1 6-6H{box.width - 6:g}a6 6 0 0 1 6 6V{HEAD}z", class_="head"),
        tag("text", box.title, x=12, y=HEAD / 2 + 5, class_="name"),
    )
    if fate is not Fate.SAME:
        add(group, tag("text", str(fate), x=box.width - 10, y=HEAD / 2 + 4, class_="fate"))
    for at, row in enumerate(box.rows):
        add(group, _row(row, HEAD + ROW * at, box.width))
    if box.more:
        words = f"… {many(box.more, 'more column')}"
        add(group, tag("text", words, x=28, y=HEAD + ROW * len(box.rows) + 15, class_="more"))
    return group


def _row(row: Row, y: float, width: float) -> Element:
    group = tag("g", class_=f"row {row.fate}", transform=f"translate(0 {y:g})")
    if row.fate is not Fate.SAME:
        add(group, tag("rect", x=1, width=width - 2, height=ROW, class_="band"))
    add(group, tag("text", _SIGN[row.fate], x=8, y=14, class_="sign"))
    for view, name, kind in (("changes", row.name, row.type), ("before", *row.before), ("after", *row.after)):
        words = tag("g", tag("text", name, x=20, y=14, class_="column"), class_=f"in-{view}")
        if mark := _KEY[row.key]:
            add(words, tag("text", mark, x=26 + CHARACTER * len(name), y=13, class_="mark"))
        add(words, tag("text", kind, x=width - 10, y=14, class_="type"))
        add(group, words)
    return group


def _others(change: SchemaChange, picture: Picture) -> Element | None:
    names = [short(table.name) for table in change.tables if table.name not in picture.boxes]
    if not names:
        return None
    changing = sum(table.name not in picture.boxes for table in change.changed)
    near = f", of which {changing:,} change" if changing else ""
    return tag(
        "details",
        tag("summary", f"{many(len(names), 'more table')} not in the picture{near}"),
        tag("p", ", ".join(names), class_="names"),
    )


def _details(change: SchemaChange) -> Element | None:
    """Indexes, checks, enums and all that is not drawn; what comes and goes with its table is not told again."""
    stay = {name for each in change.tables if each.before and each.after for name in (each.before, each.after)}
    rows = [(short(each.name), detail) for each in change.tables if each.name in stay for detail in each.details]
    rows += [("", detail) for detail in change.details]
    for one in change.foreign_keys:
        key = one.after or one.before
        if one.fate is not Fate.SAME and key and key.table in stay:
            rows.append((short(key.table), _of_key(one, key)))
    if not rows:
        return None
    more = f"; the first {_LISTED} of {len(rows):,}" if len(rows) > _LISTED else ""
    title = f"Indexes, keys, enums and the rest: {many(len(rows), 'change')}{more}"
    shown = table("Other changes", ("", "what", "definition"), [_cells(*row) for row in rows[:_LISTED]])
    return tag("details", tag("summary", title), shown, open="" if len(rows) <= _OPEN else None)


def _cells(of: str, one: Detail) -> tuple[Element, str, Element]:
    definition = tag("div")
    if one.before != one.after:
        parts = [tag(name, words[:600]) for name, words in (("del", one.before), ("ins", one.after)) if words]
        add(definition, *(tag("div", part) for part in parts))
    else:
        add(definition, "reads as before: made again, or its owner or comment is another")
    what = f"{one.kind} {one.name}".strip() + (f" on {of}" if of else "")
    return tag("span", f"{_SIGN[one.fate]} {one.fate}", class_=f"chip {one.fate}"), what, definition


def _of_key(change: ForeignKeyChange, key: ForeignKey) -> Detail:
    def words(one: ForeignKey | None) -> str:
        if one is None:
            return ""
        on_delete = f" ON DELETE {one.on_delete}" if one.on_delete else ""
        return f"({', '.join(one.columns)}) REFERENCES {short(one.target)} ({', '.join(one.target_columns)}){on_delete}"

    return Detail("foreign key", key.name, change.fate, words(change.before), words(change.after))

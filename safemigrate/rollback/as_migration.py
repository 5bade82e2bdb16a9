"""An inverse as the SQL of a migration, which runs in every environment.

Where apply kept data it is given back; where there is none, as in a database made anew from the history, the schema
alone comes back. A dropped table is made anew and filled from where it was moved to: it stays there, so that this
migration can be taken back, and proven, like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from safemigrate import __version__
from safemigrate.model import Kept, KeptKind, Plan, Step
from safemigrate.rollback.down import SETTINGS
from safemigrate.rollback.layout import indented, laid_out
from safemigrate.rollback.own import homes

_NAME = r'"(?:[^"]|"")+"'
_QUALIFIED = re.compile(rf"({_NAME})\.({_NAME})")
_CONVERTS = re.compile(r"::(?!int\b)")
_READ = re.compile(rf"(k\.{_NAME})::")


def moves(plan: Plan) -> bool:
    """Whether a plan moves what it drops, so that its own inverse runs only where that lies."""
    return bool(homes(plan))


def compose(plan: Plan, again: Sequence[Step], fill: Mapping[str, str]) -> str:
    """Write what takes a plan back. `again` are its steps derived without moving anything, where it `moves`.

    `fill` gives values to rows written since, as for a rollback.
    """
    lines = [
        f"-- Takes back {plan.migration}. Written by safemigrate {__version__}.",
        "-- What apply kept is given back where it lies in the database; elsewhere the schema alone comes back.",
    ]
    blocks = ["\n".join(lines)]
    if plan.down:
        return "\n\n".join([*blocks, plan.down.strip()]) + "\n"
    for number in range(len(plan.steps) - 1, -1, -1):
        step = plan.steps[number]
        moved = any(_home(one) for one in step.kept)
        parts = _made_again(step, again[number]) if moved else _parts(step)
        if parts:
            said = " ".join(step.sql.split())
            said = f"{said[:100]}…" if len(said) > 100 else said
            blocks.append("\n".join([f"-- line {step.line}: {said}", *_written(parts, step, fill)]))
    return "\n\n".join(blocks) + "\n"


Part = tuple[str, str]
"""A statement, and the kept object without which it is passed over; "" for one that always runs."""


def _parts(step: Step) -> list[Part]:
    places = [one.place for one in step.kept]
    parts = [(sql, _mentioned(sql, places)) for sql in step.inverse]
    for refill in step.refills:
        parts[refill.at : refill.at + len(refill.sql)] = [(sql, refill.place) for sql in refill.sql]
    return parts


def _made_again(step: Step, other: Step) -> list[Part]:
    """The statements of `other` with the places in which `step` keeps the same."""
    kept = {(one.kind, one.subject): one.place for one in step.kept}
    homes = dict(found for one in step.kept if (found := _home(one)))
    parts: list[Part] = []
    for sql in other.inverse:
        named = [one for one in other.kept if _mentioned(sql, [one.place])]
        if not named:
            parts.append((sql, ""))
            continue
        one = next((each for each in named if each.subject in sql), named[0])
        place = source = kept.get((one.kind, one.subject), "")
        if not place and one.kind is KeptKind.SEQUENCE and (name := _QUALIFIED.fullmatch(one.subject)):
            place = f"{homes[name[1]]}.{name[2]}" if name[1] in homes else ""
            source = f"(SELECT {_literal(one.subject)} AS name, last_value, is_called FROM {place})"
        if place:
            text = re.sub(rf"{re.escape(one.place)}(?!\d)", source.replace("\\", r"\\"), sql)
            # A moved table has the types of its time, which are not those that are made now.
            parts.append((_READ.sub(r"\1::text::", text) if one.kind is KeptKind.TABLE else text, place))
    return parts


def _home(one: Kept) -> tuple[str, str] | None:
    """The schema from which a table or type was moved, and the one to which; None for what is copied."""
    was, now = _QUALIFIED.fullmatch(one.subject), _QUALIFIED.fullmatch(one.place)
    moved = one.kind in (KeptKind.TABLE, KeptKind.TYPE) and was and now
    return (was[1], now[1]) if moved and was and now else None


def _mentioned(sql: str, places: Sequence[str]) -> str:
    return next((place for place in places if re.search(rf"{re.escape(place)}(?!\d)", sql)), "")


def _written(parts: Sequence[Part], step: Step, fill: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for place, group in groupby(parts, key=lambda part: part[1]):
        statements = [sql for sql, _ in group]
        if place:
            lines.append(_where_kept(place, statements, step, fill))
        else:
            lines += [f"{laid_out(_lasting(sql))};" for sql in statements]
    return lines


def _where_kept(place: str, statements: Sequence[str], step: Step, fill: Mapping[str, str]) -> str:
    settings: dict[str, str] = {}
    if any(_CONVERTS.search(sql) for sql in statements):
        settings |= {name: value.strip("'") for name, value in SETTINGS.items()}
    settings |= {check.setting: fill[check.subject] for check in step.checks if check.setting and check.subject in fill}
    values = ",\n  ".join(f"set_config({_literal(name)}, {_literal(value)}, true)" for name, value in settings.items())
    # PL/pgSQL wants to know what becomes of a result.
    body = [*([f"PERFORM {values}"] if values else []), *(re.sub(r"^SELECT\b", "PERFORM", sql) for sql in statements)]
    text = "\n".join(indented(f"{laid_out(sql)};") for sql in body)
    tag = "$back$"
    while tag in text:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag}\nBEGIN\n  IF to_regclass({_literal(place)}) IS NOT NULL THEN\n{text}\n  END IF;\nEND {tag};"


def _lasting(sql: str) -> str:
    """What holds for the transaction holds for the session: Prisma 7.4 and later send statement by statement."""
    return re.sub(r"^SET LOCAL ", "SET ", sql)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

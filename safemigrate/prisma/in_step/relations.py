"""What a relation does and what it is called, in both schemas: a name of a relation itself is nobody's business."""

from __future__ import annotations

from collections.abc import Iterable

from safemigrate.prisma.schema.values import Attribute, Block, Field, Schema


def relation(schema: Schema, block: Block, field: Field) -> dict[str, str]:
    """What a relation does, with what Prisma takes where nothing is said (docs: referential actions)."""
    about = field.get("relation")
    if about is None or "fields" not in about.arguments:
        back = opposite(schema, block, field)
        # the table between two lists is named after the relation
        return {"name": _name(block, field)} if back and back.many and field.many else {}
    optional = any(block.fields[name].optional for name in about.listed("fields") if name in block.fields)
    return {
        "fields": about.arguments["fields"],
        "references": about.arguments.get("references", ""),
        "onDelete": about.arguments.get("onDelete", "SetNull" if optional else "Restrict"),
        "onUpdate": about.arguments.get("onUpdate", "Cascade"),
    }


def opposite(schema: Schema, block: Block, field: Field) -> Field | None:
    """The field at the other end of a relation."""
    target = schema.models.get(field.type)
    ends = target.fields.values() if target else ()
    name = _name(block, field)
    return next(
        (one for one in ends if one.type == block.name and one is not field and target and _name(target, one) == name),
        None,
    )


def called(there: tuple[Schema, Block], here: tuple[Schema, Block]) -> dict[str, str]:
    """Relations that have another field's name in each of two models, the first's by the second's."""
    (one, first), (other, second) = there, here
    rest = [field for name, field in second.fields.items() if name not in first.fields and field.type in other.models]
    found = {}
    for name, field in first.fields.items():
        if name in second.fields or field.type not in one.models:
            continue
        ends = _ends(one, first, field)
        same = [mine for mine in rest if mine.type == field.type and _ends(other, second, mine) == ends]
        if len(same) == 1 and same[0].name not in found:
            found[same[0].name] = name
    return found


def as_related(old: Attribute, new: Attribute, keys: Iterable[str]) -> str:
    """A relation's attribute with what another says of some keys, and with its own names for the rest."""
    given = {key: value for key, value in old.arguments.items() if key not in keys or key in new.arguments}
    given |= {key: new.arguments[key] for key in keys if key in new.arguments}
    given |= {"map": given.pop("map")} if "map" in given else {}  # last, as Prisma's formatter has it
    said = ", ".join(value if key == "name" else f"{key}: {value}" for key, value in given.items())
    return f"@relation({said})" if said else ""


def _ends(schema: Schema, block: Block, field: Field) -> tuple[object, ...]:
    """What tells a relation from others between the same models: the fields that carry it, at which end."""
    back = opposite(schema, block, field)
    carried = [one.get("relation") for one in (field, back) if one]
    fields = tuple(one.arguments.get("fields", "") if one else "" for one in carried)
    return (field.many, fields) if any(fields) else (field.many, _name(block, field), back and back.name)


def _name(block: Block, field: Field) -> str:
    about = field.get("relation")
    return (about.text("name") if about else "") or "To".join(sorted((block.name, field.type)))

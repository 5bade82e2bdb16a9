from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safemigrate.errors import NotRestored
from safemigrate.model import Finding, KeptKind, MigrationOutcome, Outcome, Result, Severity, Verdict
from safemigrate.report import json_v1

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "outcome.schema.json").read_text())
GOLDEN = sorted((ROOT / "tests" / "golden" / "json").glob("*.json"))
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def problems(value: Any, schema: dict[str, Any], place: str = "$") -> Iterator[str]:
    """What a value breaks of a schema, for the keywords that docs/outcome.schema.json uses."""
    known = {"$schema", "$defs", "title", "description", "format", "type", "enum", "const", "minimum", "anyOf", "$ref"}
    known |= {"properties", "required", "additionalProperties", "items"}
    assert schema.keys() <= known, schema.keys() - known
    if "$ref" in schema:
        yield from problems(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], place)
    if "anyOf" in schema and all(list(problems(value, each, place)) for each in schema["anyOf"]):
        yield f"{place}: {value!r} fits none of its schemas"
    if "type" in schema and not any(is_a(value, kind) for kind in as_list(schema["type"])):
        yield f"{place}: {value!r} is no {schema['type']}"
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{place}: {value!r} is not among the values"
    if is_a(value, "number") and value < schema.get("minimum", value):
        yield f"{place}: {value!r} is too small"
    if isinstance(value, dict) and "properties" in schema:
        yield from (f"{place}: {key} is missing" for key in schema["required"] if key not in value)
        yield from (f"{place}: {key} is unknown" for key in value if key not in schema["properties"])
        for key, each in schema["properties"].items():
            if key in value:
                yield from problems(value[key], each, f"{place}.{key}")
    elif isinstance(value, dict) and "additionalProperties" in schema:
        for key, each in value.items():
            yield from problems(each, schema["additionalProperties"], f"{place}.{key}")
    if isinstance(value, list) and "items" in schema:
        for number, each in enumerate(value):
            yield from problems(each, schema["items"], f"{place}[{number}]")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def is_a(value: Any, kind: str) -> bool:
    if kind in ("number", "integer"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_document_fits_the_schema(path: Path) -> None:
    assert list(problems(json.loads(path.read_text()), SCHEMA)) == []


def test_every_object_of_the_schema_has_all_its_keys_always() -> None:
    def objects(schema: Any) -> Iterator[dict[str, Any]]:
        for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            yield from objects(each)
        if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) and "type" in schema:
            yield schema

    found = list(objects(SCHEMA))
    assert len(found) > 10
    for schema in found:
        assert schema["required"] == list(schema["properties"])
        assert schema["additionalProperties"] is False


def test_every_golden_document_has_the_same_keys() -> None:
    assert len({tuple(json.loads(path.read_text())) for path in GOLDEN}) == 1


def test_a_wrong_document_is_found_out() -> None:
    document = json.loads(json_v1.render(Outcome("apply", Result.APPLIED)))
    assert list(problems(document | {"outcome": "fine"}, SCHEMA)) == ["$.outcome: 'fine' is not among the values"]
    assert list(problems(document | {"seconds": True}, SCHEMA)) == ["$.seconds: True is no number"]
    assert list(problems(document | {"notes": [1]}, SCHEMA)) == ["$.notes[0]: 1 is no string"]
    assert list(problems(document | {"extra": 1}, SCHEMA)) == ["$: extra is unknown"]
    assert list(problems(document | {"snapshot": {}}, SCHEMA)) == ["$.snapshot: {} fits none of its schemas"]
    del document["error"]
    assert list(problems(document, SCHEMA)) == ["$: error is missing"]


def test_the_schema_names_every_value_of_the_model() -> None:
    defs = SCHEMA["$defs"]
    assert set(SCHEMA["properties"]["outcome"]["enum"]) == {*Result, "error"}
    assert set(defs["finding"]["properties"]["severity"]["enum"]) == set(Severity)
    assert set(defs["rollback"]["properties"]["verdict"]["enum"]) == {*Verdict, None}
    assert set(defs["kept"]["properties"]["kind"]["enum"]) == set(KeptKind)


def test_it_is_ascii_whatever_the_names() -> None:
    finding = Finding("drop-table", Severity.ERROR, 'Tabelle "Größe" ✔', "m")
    written = json_v1.render(Outcome("apply", Result.BLOCKED, migrations=(MigrationOutcome("m", "", "", (finding,)),)))
    assert written.isascii()
    assert json.loads(written)["migrations"][0]["findings"][0]["message"] == finding.message


def test_an_error_names_its_kind() -> None:
    document = json.loads(json_v1.render_error("snapshot list", NotRestored("x", "y", ("z",))))
    assert (document["command"], document["outcome"]) == ("snapshot list", "error")
    assert document["error"] == {"kind": "NotRestored", "summary": "x", "why": "y", "fix": ["z"]}

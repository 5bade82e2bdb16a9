from __future__ import annotations

import pytest

from safemigrate.prisma.in_step.compare import differences
from tests.prisma.in_step.test_compare import D, P, model, schema

ALLOW = "safemigrate: allow schemas-out-of-step"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (
            f"/// Words.\n// {ALLOW} the till alone\n// more\nmodel C {{\n  id Int @id\n  as A[]\n}}\n",
            ["the till alone"] * 2,
        ),
        (f"model C {{ // {ALLOW}: the till\n  id Int @id\n  as A[]\n}}\n", ["the till"] * 2),
        (f"// {ALLOW}\nmodel C {{\n  id Int @id\n  as A[]\n}}\n", ["", ""]),  # no reason
        (f"// {ALLOW} another's\n\nmodel C {{\n  id Int @id\n  as A[]\n}}\n", ["", ""]),
        ("// safemigrate: allow drop-column x\nmodel C {\n  id Int @id\n  as A[]\n}\n", ["", ""]),
    ],
)
def test_a_comment_at_a_model_allows_it_and_what_leads_to_it(text: str, allowed: list[str]) -> None:
    found = differences(schema(P, model()), schema(D, model("c C?") + text))
    assert [(one.subject, one.allowed) for one in found] == list(zip(("A.c", "C"), allowed, strict=True))


def test_a_comment_at_a_field_or_an_index_allows_that_alone() -> None:
    theirs = model(f"a Int // {ALLOW} wide", f"// {ALLOW} slow", "b Int", "c Int", "@@index([a, b, c])")
    mine = model("a String", "b String", "c String", f"// {ALLOW} tried here", "@@index([b])")
    said = {one.message.partition(" is ")[0]: one.allowed for one in differences(schema(P, theirs), schema(D, mine))}
    assert said == {
        "A.a": "wide",
        "A.b": "slow",
        "A.c": "",
        "an index of A (b)": "tried here",
        "an index of A (a, b, c)": "",
    }

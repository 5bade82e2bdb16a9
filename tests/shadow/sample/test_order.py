from __future__ import annotations

from safemigrate.shadow.sample.order import parents_first
from safemigrate.shadow.sample.table import Check, Column, ForeignKey, Table
from safemigrate.shadow.sample.ties import ties


def table(
    name: str, *parents: str, required: bool = True, checks: tuple[tuple[tuple[str, ...], str], ...] = ()
) -> Table:
    """A table with a column for each of its parents, and two more."""
    names = [*(f"{parent}_id" for parent in parents), "a", "b"]
    columns = tuple(Column(one, 23, -1, "integer", required, "", False, "") for one in names)
    keys = tuple(ForeignKey(f"{parent}_key", (f"{parent}_id",), parent, ("id",), False) for parent in parents)
    conditions = tuple(Check(about, expression) for about, expression in checks)
    return Table(name, columns, keys, (), conditions, False, (), False)


def order(*tables: Table) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.name, tuple(key.parent for key in open_)) for one, open_ in parents_first(tables)]


def test_parents_come_first() -> None:
    assert order(table("a", "b"), table("b", "c", "elsewhere"), table("c")) == [("c", ()), ("b", ()), ("a", ())]


def test_a_table_refers_to_itself_when_it_has_rows() -> None:
    assert order(table("a", "a")) == [("a", ("a",))]


def test_a_circle_is_cut_where_a_key_may_be_null() -> None:
    found = order(table("a", "b"), table("b", "c", required=False), table("c", "a"), table("leaf", "a"))
    assert found[0] == ("b", ("c",))
    assert [name for name, _ in found] == ["b", "a", "c", "leaf"]


def test_what_hangs_on_a_circle_is_not_cut() -> None:
    found = order(table("above", "x", required=False), table("x", "y", required=False), table("y", "x"))
    assert found == [("x", ("y",)), ("above", ()), ("y", ())]


def test_conditions_that_share_a_column_are_one_tie() -> None:
    found = ties(table("t", "p", checks=((("a", "b"), "a < b"), (("b", "p_id"), "b <> p_id"), (("c",), "c > 0"))))
    assert [(sorted(one.columns), one.alternatives) for one in found] == [
        (["a", "b", "p_id"], (("b <> p_id", "a < b"),))
    ]

"""Every rule, by name. A new rule is one file in `rules` and one line here."""

from __future__ import annotations

from safemigrate.lint.rule import Rule
from safemigrate.lint.rules import (
    drop_and_add_column,
    drop_column,
    drop_table,
    edited_after_apply,
    enum_value_removed,
    foreign_key_validates,
    index_not_concurrent,
    opaque_statement,
    out_of_order,
    required_column_without_default,
    set_not_null,
    truncate_or_delete_all,
    type_change,
    unique_on_existing,
    unused_allow,
)

RULES: tuple[Rule, ...] = (
    drop_and_add_column.RULE,
    drop_column.RULE,
    drop_table.RULE,
    edited_after_apply.RULE,
    enum_value_removed.RULE,
    foreign_key_validates.RULE,
    index_not_concurrent.RULE,
    opaque_statement.RULE,
    out_of_order.RULE,
    required_column_without_default.RULE,
    set_not_null.RULE,
    truncate_or_delete_all.RULE,
    type_change.RULE,
    unique_on_existing.RULE,
    unused_allow.RULE,
)

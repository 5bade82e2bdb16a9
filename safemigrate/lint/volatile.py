"""Whether an expression is worked out once, or anew for every row, when it may also act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.sql.expression import called

if TYPE_CHECKING:
    from safemigrate.lint.schema import Schema

# What defaults and conditions call and is not volatile in any form: pg_proc.provolatile, the same from 13 to 18.
_SETTLED = frozenset(
    "abs age array_agg array_append array_cat array_fill array_length array_position array_prepend "  # noqa: SIM905
    "array_remove array_to_json array_to_string ascii avg bit_length bool bool_and bool_or box btrim "
    "cardinality cast cbrt ceil ceiling char_length chr cidr circle coalesce concat concat_ws "
    "convert_from convert_to count current_database current_date current_role current_schema "
    "current_schemas current_setting current_time current_timestamp current_user date date_part "
    "date_trunc daterange decode degrees dense_rank digest div encode every exp extract floor format "
    "format_type get_bit get_byte greatest hashtext hmac host hstore inet inet_client_addr initcap "
    "int2 int4 int4range int8 int8range interval json_agg json_build_array json_build_object "
    "json_object jsonb_agg jsonb_array_length jsonb_build_array jsonb_build_object jsonb_object "
    "jsonb_set justify_days least left length line ln localtime localtimestamp log lower lpad lseg "
    "ltrim make_date make_interval make_time make_timestamp make_timestamptz max md5 min mod now "
    "nullif numeric numrange octet_length overlay path pg_backend_pid pi point polygon position "
    "power radians rank regexp_replace repeat replace reverse right round row_number rpad rtrim "
    "session_user sha224 sha256 sha384 sha512 sign split_part sqrt starts_with statement_timestamp "
    "string_agg string_to_array strpos substr substring sum text timestamp timestamptz timezone "
    "to_ascii to_char to_date to_hex to_json to_jsonb to_number to_regclass to_timestamp to_tsquery "
    "to_tsvector transaction_timestamp translate trim trunc tsrange tstzrange txid_current unnest "
    "upper user uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500 varchar version "
    "width_bucket".split()
)


def volatile(expression: str, schema: Schema) -> str:
    """The function that makes an expression volatile, "" for none; a function that nobody knows counts as one."""
    for function in sorted(called(expression)):
        known = schema.is_volatile(function)
        if known or (known is None and function not in _SETTLED):
            return function or "an expression that cannot be read"
    return ""

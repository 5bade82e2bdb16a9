"""Whether a default is worked out once, or anew for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safemigrate.sql.expression import called

if TYPE_CHECKING:
    from safemigrate.lint.schema import Schema

# Functions that defaults call and that are not volatile in any form: pg_proc.provolatile, the same from 13 to 18.
_SETTLED = frozenset(
    "abs age array_append array_cat array_fill array_length array_prepend array_remove array_to_json "  # noqa: SIM905
    "array_to_string ascii bit_length bool box btrim cardinality cast cbrt ceil ceiling char_length chr cidr "
    "circle coalesce concat concat_ws convert_from convert_to current_database current_date current_role "
    "current_schema current_schemas current_setting current_time current_timestamp current_user date "
    "date_part date_trunc daterange decode degrees digest div encode exp extract floor format format_type "
    "get_bit get_byte greatest hashtext hmac host hstore inet inet_client_addr initcap int2 int4 int4range "
    "int8 int8range interval json_build_array json_build_object json_object jsonb_array_length "
    "jsonb_build_array jsonb_build_object jsonb_object jsonb_set justify_days least left length line ln "
    "localtime localtimestamp log lower lpad lseg ltrim make_date make_interval make_time make_timestamp "
    "make_timestamptz md5 mod now nullif numeric numrange octet_length overlay path pg_backend_pid pi point "
    "polygon position power radians regexp_replace repeat replace reverse right round rpad rtrim session_user "
    "sha224 sha256 sha384 sha512 sign split_part sqrt starts_with statement_timestamp string_to_array strpos "
    "substr substring text timestamp timestamptz timezone to_ascii to_char to_date to_hex to_json to_jsonb "
    "to_number to_regclass to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim trunc "
    "tsrange tstzrange txid_current unnest upper user uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url "
    "uuid_ns_x500 varchar version width_bucket".split()
)


def volatile(expression: str, schema: Schema) -> str:
    """The function that makes an expression volatile, "" for none; a function that nobody knows counts as one."""
    for function in sorted(called(expression)):
        known = schema.is_volatile(function)
        if known or (known is None and function not in _SETTLED):
            return function or "an expression that cannot be read"
    return ""

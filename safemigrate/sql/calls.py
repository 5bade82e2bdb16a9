"""The functions that a query runs for what they do, not for what they return."""

from __future__ import annotations

import re

from safemigrate.sql.actions import Call, Set
from safemigrate.sql.cursor import Cursor
from safemigrate.sql.tokens import Token

# Words that may stand before a parenthesis and call no function. PostgreSQL docs, appendix C.
_NO_CALLS = frozenset(
    "ALL AND ANY ARRAY AS BETWEEN BY CASE CAST COALESCE COLLATE CROSS CUBE DISTINCT ELSE EXCEPT "  # noqa: SIM905
    "EXISTS EXTRACT FILTER FROM GREATEST GROUP GROUPING HAVING ILIKE IN INTERSECT INTO IS JOIN "
    "LATERAL LEAST LIKE LIMIT MATERIALIZED NORMALIZE NOT NULLIF OFFSET ON OR ORDER OVER OVERLAY "
    "POSITION ROLLUP ROW ROWS SELECT SETS SIMILAR SOME SUBSTRING THEN TRIM UNION USING VALUES VARYING "
    "WHEN WHERE WITH WITHIN XMLELEMENT XMLFOREST".split()
)
# They only read, of those that migrations select from, by name or by how it begins. PostgreSQL docs, 9.
_ONLY_READ = frozenset(
    "abs age ascii avg bit_length btrim cardinality ceil ceiling char_length chr clock_timestamp col_description "  # noqa: SIM905
    "concat concat_ws convert_from convert_to count cume_dist currval date decode dense_rank div encode every exp "
    "first_value floor format format_type enum_range gen_random_uuid nullif generate_series generate_subscripts "
    "initcap isfinite lag last_value lastval lead left length ln localtimestamp log lower lower_inf lpad ltrim "
    "make_date make_interval make_time make_timestamp make_timestamptz max md5 min mod mode now nth_value ntile "
    "num_nonnulls num_nulls numeric obj_description octet_length percent_rank pi position power quote_ident "
    "quote_literal quote_nullable random range_agg rank repeat replace reverse right round row_number row_to_json "
    "rpad rtrim set_config setseed sha256 sha512 sign similarity split_part sqrt starts_with statement_timestamp "
    "string_agg string_to_array string_to_table strpos substr sum text timeofday timezone transaction_timestamp "
    "translate trunc unaccent unnest upper varchar version width_bucket".split()
)
_ALL_ONLY_READ = re.compile(
    r"pg_(get|table|relation|total|database|indexes|size|type|is|backend_pid|typeof|catalog|encoding|my|describe|input|partition|column|index|has|stat_get)\w*"
    r"|(json|jsonb|array|regexp|ts|has|inet|range|plainto|phraseto|websearch|txid|current|session|regr|stddev|var|percentile|xml|date|bit|bool)_\w+"
    r"|to_(char|date|json|jsonb|number|timestamp|tsquery|tsvector|regclass|regtype|regnamespace|regproc|hex)"
    r"|jsonb?|uuid_generate_v\d|uuidv[47]"
)


def calls(cursor: Cursor) -> list[Call]:
    """What a query calls, from here on, that may do more than read."""
    found = []
    tokens = cursor.tokens
    part = Cursor(tokens, cursor.text)
    for place, token in enumerate(tokens[cursor.place : -1], cursor.place):
        if not token.is_identifier or token.word in _NO_CALLS or tokens[place + 1].word != "(":
            continue
        start = place
        while start >= 2 and tokens[start - 1].word == "." and tokens[start - 2].is_identifier:
            start -= 2
        inside = place < part.place
        behind, part.place = part.place, start
        name = part.name()
        only_reads = name.name in _ONLY_READ or _ALL_ONLY_READ.fullmatch(name.name)
        is_built_in = name.schema in (None, "pg_catalog") and only_reads
        if not is_built_in and not _is_something_else(tokens[start - 1] if start else token):
            arguments = "" if inside else part.group().rest()
            if inside or not part.at("AS", "("):  # WITH name (columns) AS (
                found.append(Call(name, arguments))
        part.place = max(part.place, behind)
    return found


def settings(cursor: Cursor) -> list[Set]:
    """The settings that a query changes by set_config, as far as it writes them out."""
    found = []
    tokens = cursor.tokens
    for place, token in enumerate(tokens[:-1]):
        if token.word == "SET_CONFIG" and tokens[place + 1].word == "(":
            part = Cursor(tokens, cursor.text)
            part.place = place + 1
            setting, value, local = [*part.group().by_commas(), *[None] * 3][:3]
            if setting and value and local and setting.token().is_string and value.token().is_string:
                is_local = local.token().word == "TRUE" or local.token().text.lower() in ("t", "true")
                found.append(Set(setting.string().lower(), value.rest(), is_local))
    return found


def _is_something_else(before: Token) -> bool:
    """Whether what stands before a name and a parenthesis makes it a type, or an alias and its columns."""
    return before.word in ("::", "AS", "INTO", ")") or (before.is_identifier and before.word not in _NO_CALLS)

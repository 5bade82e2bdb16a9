-- What a table holds: rows and a digest, blind to the order of rows and of columns. {table} is its quoted name; run it in UTC.
SELECT count(*), coalesce(md5(string_agg(digest, '' ORDER BY digest)), '')
FROM (SELECT md5(to_jsonb(held)::text) AS digest FROM {table} AS held) AS rows

-- importNotScore
-- table = "import_0a1b"
-- column = "c1"
SELECT
  toFloat64(count()) AS bad,
  (argMin((file, line, leftUTF8({column:Identifier}, 60)), (file, line)) AS first).1 AS badFile,
  toFloat64(first.2) AS badLine,
  first.3 AS badText
FROM {table:Identifier}
WHERE NOT (lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n')) AND NOT ifNull(toFloat64OrNull(trimBoth({column:Identifier})) BETWEEN 0 AND 1, false)

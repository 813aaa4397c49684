-- importNotClass
-- table = "import_0a1b"
-- column = "c1"
SELECT
  toFloat64(count()) AS bad,
  (argMin((file, line, leftUTF8({column:Identifier}, 60)), (file, line)) AS first).1 AS badFile,
  toFloat64(first.2) AS badLine,
  first.3 AS badText
FROM {table:Identifier}
WHERE NOT (lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n')) AND lower(trimBoth({column:Identifier})) NOT IN ('1', '1.0', 'true', 'yes', 't', 'y', '0', '0.0', 'false', 'no', 'f', 'n')

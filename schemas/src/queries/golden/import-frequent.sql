-- importFrequent
-- table = "import_0a1b"
-- column = "c1"
-- cells = 20
-- every = 2
SELECT groupArray(value) AS values
FROM
(
  SELECT value
  FROM
  (
  SELECT assumeNotNull(if(lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth({column:Identifier}))) AS read) AS value
  FROM {table:Identifier}
  WHERE cityHash64(file, line) % {every:UInt32} = 0 AND isFinite(ifNull(read, nan))
  )
  GROUP BY value
  HAVING count() * {cells:UInt32} >= (SELECT count() FROM (SELECT assumeNotNull(if(lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth({column:Identifier}))) AS read) AS value
  FROM {table:Identifier}
  WHERE cityHash64(file, line) % {every:UInt32} = 0 AND isFinite(ifNull(read, nan))))
  ORDER BY value
)

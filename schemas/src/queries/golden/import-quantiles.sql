-- importQuantiles
-- table = "import_0a1b"
-- column = "c1"
-- every = 1
-- except = [30]
SELECT if(count() = 0, [], quantilesExactLow(0.25, 0.5, 0.75, 1)(value)) AS edges
FROM
(
  SELECT assumeNotNull(if(lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth({column:Identifier}))) AS read) AS value
  FROM {table:Identifier}
  WHERE cityHash64(file, line) % {every:UInt32} = 0 AND isFinite(ifNull(read, nan))
)
WHERE NOT has({except:Array(Float64)}, value)

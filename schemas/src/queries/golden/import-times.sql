-- importTimes
-- table = "import_0a1b"
-- unreadable = -9000000000000000
SELECT
  toFloat64(count()) AS rows,
  toFloat64(minIf(at, at != {unreadable:Int64})) AS firstAt,
  toFloat64(max(at)) AS lastAt,
  toFloat64(countIf(at = {unreadable:Int64})) AS unreadable,
  (argMinIf((file, line, leftUTF8(c0, 60)), (file, line), at = {unreadable:Int64}) AS bad).1 AS badFile,
  toFloat64(bad.2) AS badLine,
  bad.3 AS badText
FROM {table:Identifier}

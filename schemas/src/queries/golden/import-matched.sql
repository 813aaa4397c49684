-- importMatched
-- matched = "import_0a1b_matched"
SELECT toFloat64(count()) AS ids, toFloat64(uniqExact(since, until)) AS windows
FROM {matched:Identifier}

-- importWindows
-- windows = "import_0a1b_windows"
SELECT toFloat64(count()) AS windows, toFloat64(min(since)) AS firstAt, toFloat64(max(until)) AS lastAt
FROM {windows:Identifier}

-- importAwaited
-- table = "import_0a1b"
-- windows = "import_0a1b_windows"
-- model = "car_loan"
-- version = "3"
-- seen = 1800000000000
-- id = "c1"
-- score = "c2"
-- label = "c3"
INSERT INTO awaited_labels (model, version, id, since, until, score, seen)
WITH
  (SELECT groupArray(since) FROM (SELECT since FROM {windows:Identifier} ORDER BY since)) AS starts,
  (SELECT groupArray(until) FROM (SELECT until FROM {windows:Identifier} ORDER BY since)) AS ends
SELECT {model:String}, {version:String}, trimBoth({id:Identifier}),
  fromUnixTimestamp64Milli(roundDown(at, starts) AS w, 'UTC'), fromUnixTimestamp64Milli(transform(w, starts, ends, w), 'UTC'),
  assumeNotNull(if(lower(trimBoth({score:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth({score:Identifier}))) AS value), fromUnixTimestamp64Milli({seen:Int64}, 'UTC')
FROM {table:Identifier}
WHERE isNotNull(value) AND NOT (lower(trimBoth({id:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'))
  AND lower(trimBoth({label:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n')

-- importCategoryBins
-- table = "import_0a1b"
-- windows = "import_0a1b_windows"
-- model = "car_loan"
-- version = "3"
-- origin = "1f/2e"
-- seen = 1800000000000
-- kind = "input"
-- feature = "region"
-- column = "c4"
INSERT INTO histograms (model, version, replica, labels, kind, feature, since, until, source, origin, missing, count, seen, categories)
WITH
  (SELECT groupArray(since) FROM (SELECT since FROM {windows:Identifier} ORDER BY since)) AS starts,
  (SELECT groupArray(until) FROM (SELECT until FROM {windows:Identifier} ORDER BY since)) AS ends,
  (
    SELECT arrayConcat(groupUniqArray(200)(name), ['__other__'])
    FROM
    (
      SELECT name FROM
      (
        SELECT leftUTF8(trimBoth({column:Identifier}), 200) AS name, count() AS n
        FROM {table:Identifier}
        WHERE NOT (lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'))
        GROUP BY name ORDER BY n DESC, name LIMIT 50
      )
      UNION ALL
      SELECT name FROM
      (
        SELECT arrayJoin(mapKeys(categories)) AS name, min(seen) AS first
        FROM histograms
        WHERE model = {model:String} AND kind = {kind:String} AND feature = {feature:String} AND source = 'import'
        GROUP BY name ORDER BY first, name LIMIT 150
      )
    )
  ) AS kept
SELECT {model:String}, {version:String}, replica, labels, {kind:String}, {feature:String},
  fromUnixTimestamp64Milli(w, 'UTC'), fromUnixTimestamp64Milli(transform(w, starts, ends, w), 'UTC'),
  'import', concat({origin:String}, '/', hex(sipHash64(labels))), missing, total, fromUnixTimestamp64Milli({seen:Int64}, 'UTC'), CAST((names, ns), 'Map(String, UInt64)')
FROM
(
  SELECT w, replica, labels,
    groupArrayIf(name, NOT absent) AS names,
    groupArrayIf(n, NOT absent) AS ns,
    sumIf(n, NOT absent) AS total,
    sumIf(n, absent) AS missing
  FROM
  (
    SELECT w, replica, labels, absent, if(absent OR has(kept, field), field, '__other__') AS name, count() AS n
    FROM
    (
      SELECT roundDown(at, starts) AS w,
    if(lower(trimBoth(c7)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), '', leftUTF8(trimBoth(c7), 200)) AS replica,
    CAST(map('it\'s', if(lower(trimBoth(c8)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), '', leftUTF8(trimBoth(c8), 200))), 'Map(String, String)') AS labels,
        lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n') AS absent,
        if(absent, '', leftUTF8(trimBoth({column:Identifier}), 200)) AS field
      FROM {table:Identifier}
    )
    GROUP BY w, replica, labels, absent, name
  )
  GROUP BY w, replica, labels
)
SETTINGS max_partitions_per_insert_block = 0

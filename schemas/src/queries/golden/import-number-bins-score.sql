-- importNumberBins
-- table = "import_0a1b"
-- windows = "import_0a1b_windows"
-- model = "car_loan"
-- version = "3"
-- origin = "1f/2e"
-- seen = 1800000000000
-- kind = "score"
-- feature = "p"
-- column = "c1"
-- inner = [0.5]
-- lowest = "0"
-- highest = "1"
-- cells = 2
-- label = "c2"
-- positive = "yes"
INSERT INTO histograms (model, version, replica, labels, kind, feature, since, until, source, origin, missing, count, seen, bounds, counts, sum, labelled, positives, score_sums)
WITH
  (SELECT groupArray(since) FROM (SELECT since FROM {windows:Identifier} ORDER BY since)) AS starts,
  (SELECT groupArray(until) FROM (SELECT until FROM {windows:Identifier} ORDER BY since)) AS ends,
  {inner:Array(Float64)} AS inner,
  arrayReverse(arrayMap(edge -> -edge, inner)) AS mirrored
SELECT {model:String}, {version:String}, replica, labels, {kind:String}, {feature:String},
  fromUnixTimestamp64Milli(w, 'UTC'), fromUnixTimestamp64Milli(transform(w, starts, ends, w), 'UTC'),
  'import', concat({origin:String}, '/', hex(sipHash64(labels))), missing, total, fromUnixTimestamp64Milli({seen:Int64}, 'UTC'),
  arrayConcat([{lowest:Float64}], inner, [{highest:Float64}]), arrayMap(i -> if(indexOf(cells, i) = 0, 0, ns[indexOf(cells, i)]), range({cells:UInt32})), if(isFinite(sums), sums, NULL),
  arrayMap(i -> if(indexOf(cells, i) = 0, 0, known[indexOf(cells, i)]), range({cells:UInt32})), arrayMap(i -> if(indexOf(cells, i) = 0, 0, ones[indexOf(cells, i)]), range({cells:UInt32})), arrayMap(i -> if(indexOf(cells, i) = 0, 0, scores[indexOf(cells, i)]), range({cells:UInt32}))
FROM
(
  SELECT w, replica, labels,
    groupArrayIf(cell, cell >= 0) AS cells,
    groupArrayIf(n, cell >= 0) AS ns,
    sumIf(n, cell >= 0) AS total,
    sumIf(n, cell < 0) AS missing,
    sumIf(s, cell >= 0) AS sums,
    groupArrayIf(nKnown, cell >= 0) AS known,
    groupArrayIf(nOnes, cell >= 0) AS ones,
    groupArrayIf(sKnown, cell >= 0) AS scores
  FROM
  (
    SELECT w, replica, labels,
      toInt64(multiIf(
        isNull(value), -1,
        empty(inner), 0,
        value > inner[-1], length(inner),
        value <= inner[1], 0,
        indexOf(inner, -roundDown(-assumeNotNull(value), mirrored)) - 1)) AS cell,
      count() AS n,
      sum(ifNull(value, 0)) AS s,
      countIf(isNotNull(class)) AS nKnown,
      countIf(ifNull(class, 0) = 1) AS nOnes,
      sumIf(ifNull(value, 0), isNotNull(class)) AS sKnown
    FROM
    (
      SELECT roundDown(at, starts) AS w,
    if(lower(trimBoth(c7)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), '', leftUTF8(trimBoth(c7), 200)) AS replica,
    CAST(map('it\'s', if(lower(trimBoth(c8)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), '', leftUTF8(trimBoth(c8), 200))), 'Map(String, String)') AS labels,
        if(lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth({column:Identifier}))) AS value,
        if(lower(trimBoth({label:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toUInt8(trimBoth({label:Identifier}) = {positive:String})) AS class
      FROM {table:Identifier}
    )
    GROUP BY w, replica, labels, cell
  )
  GROUP BY w, replica, labels
)
SETTINGS max_partitions_per_insert_block = 0

-- importLabelBins
-- matched = "import_0a1b_matched"
-- model = "car_loan"
-- feature = "p"
-- origin = "labels/3"
-- seen = 5
-- inner = [0,0.5,1]
-- lowest = "-inf"
-- highest = "inf"
-- cells = 4
INSERT INTO histograms (model, version, replica, kind, feature, since, until, source, origin, bounds, counts, labelled, positives, score_sums, missing, count, seen)
WITH
  {inner:Array(Float64)} AS inner,
  arrayReverse(arrayMap(edge -> -edge, inner)) AS mirrored
SELECT {model:String}, version, '', 'score', {feature:String}, since, until, 'import', {origin:String},
  arrayConcat([{lowest:Float64}], inner, [{highest:Float64}]), arrayMap(i -> 0, range({cells:UInt32})),
  arrayMap(i -> if(indexOf(cells, i) = 0, 0, known[indexOf(cells, i)]), range({cells:UInt32})), arrayMap(i -> if(indexOf(cells, i) = 0, 0, ones[indexOf(cells, i)]), range({cells:UInt32})), arrayMap(i -> if(indexOf(cells, i) = 0, 0, scores[indexOf(cells, i)]), range({cells:UInt32})), 0, 0, fromUnixTimestamp64Milli({seen:Int64}, 'UTC')
FROM
(
  SELECT version, since, until, groupArray(cell) AS cells, groupArray(n) AS known, groupArray(n1) AS ones, groupArray(s) AS scores
  FROM
  (
    SELECT version, since, until,
      toInt64(multiIf(
        empty(inner), 0,
        score > inner[-1], length(inner),
        score <= inner[1], 0,
        indexOf(inner, -roundDown(-score, mirrored)) - 1)) AS cell,
      count() AS n,
      countIf(class = 1) AS n1,
      sum(score) AS s
    FROM {matched:Identifier}
    GROUP BY version, since, until, cell
  )
  GROUP BY version, since, until
)
SETTINGS max_partitions_per_insert_block = 0

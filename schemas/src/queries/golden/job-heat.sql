-- jobHeat
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
-- first = 100
-- every = 2
-- per = 3
-- count = 360
SELECT
  process,
  any(lastNode) AS node,
  groupArray(toFloat64(place)) AS columns,
  groupArray(self) AS selfUs
FROM
(
  SELECT
    process,
    anyLast(node) AS lastNode,
    intDiv(intDiv(collectives.step - {first:Int64}, {every:Int64}), {per:Int64}) AS place,
    sum(assumeNotNull(self_us))
      / bitCount(groupBitOr(bitShiftLeft(toUInt64(1), toUInt8(intDiv(collectives.step - {first:Int64}, {every:Int64}) % {per:Int64})))) AS self
  FROM collectives FINAL
  WHERE job = {job:String}
    AND collectives.step IN (SELECT {first:Int64} + toInt64(number) * {every:Int64} FROM numbers({count:UInt64}))
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
    AND NOT collectives.odd
    AND self_us IS NOT NULL
  GROUP BY process, place
)
GROUP BY process

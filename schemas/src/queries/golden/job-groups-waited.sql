-- jobGroupsWaited
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
-- first = 100
-- every = 2
-- count = 60
WITH heard AS
(
  SELECT communicator, collective, process, collectives.step AS step, seq, per_slot, peer, bytes, exec_us, step_us
  FROM collectives FINAL
  WHERE job = {job:String}
    AND collectives.step IN (SELECT {first:Int64} + toInt64(number) * {every:Int64} FROM numbers({count:UInt64}))
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
    AND NOT collectives.odd
)
SELECT
  (
    SELECT toFloat64(sum(us))
    FROM
    (
      SELECT arraySum(arrayMap((total, shortest) -> total - members * shortest, totals, leasts)) AS us
      FROM
      (
        SELECT count() AS members, sumForEach(exec_us) AS totals, minForEach(exec_us) AS leasts
        FROM heard
        WHERE peer IS NULL
          AND collective IN ('AllReduce', 'AllGather', 'ReduceScatter', 'AllToAll', 'Barrier')
          AND (collective = 'Barrier' OR bytes IS NULL OR bytes >= 8192)
        GROUP BY communicator, collective, seq, per_slot, length(exec_us)
      )
    )
  ) AS waitedUs,
  (
    SELECT ifNull(sum(us), 0)
    FROM (SELECT any(step_us) AS us FROM heard GROUP BY process, step)
  ) AS stepUs

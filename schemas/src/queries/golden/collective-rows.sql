-- collectiveRows
-- job = "pretrain"
-- first = 100
-- last = 119
-- since = 1799999400000
SELECT
  job,
  toFloat64(step) AS step,
  communicator,
  collective,
  peer,
  process,
  run,
  kind,
  toBool(collectives.odd) AS odd,
  node,
  rank,
  size,
  job_rank AS jobRank,
  toFloat64(seq) AS seq,
  count,
  per_slot AS perSlot,
  toFloat64(bytes) AS bytes,
  exec_us AS execUs,
  start_us AS startUs,
  toFloat64(toUnixTimestamp64Micro(began)) AS began,
  toFloat64(toUnixTimestamp64Micro(ended)) AS ended,
  self_us AS selfUs,
  step_us AS stepUs,
  timing
FROM collectives FINAL
WHERE job = {job:String}
  AND collectives.step BETWEEN {first:Int64} AND {last:Int64}
  AND ts >= fromUnixTimestamp64Milli({since:Int64})

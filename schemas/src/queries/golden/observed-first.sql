-- observedFirst
-- value0 = "vllm:request_prompt_tokens_bucket"
-- metrics = [3620119564]
-- after = 1799996400000
-- until = 1800000000000
SELECT toUnixTimestamp64Milli(min(ts)) AS firstAt, count() AS samples
FROM samples
WHERE metric IN {metrics:Array(UInt32)} AND series IN (SELECT series FROM series WHERE metric = {value0:String})
  AND ts > fromUnixTimestamp64Milli({after:Int64})
  AND ts <= fromUnixTimestamp64Milli({until:Int64})

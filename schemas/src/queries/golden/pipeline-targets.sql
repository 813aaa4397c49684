-- pipelineTargets
SELECT
  toFloat64(count()) AS known,
  toFloat64(countIf(health = 'up')) AS up,
  if(up = 0, NULL, quantileIf(0.5)(duration_seconds, health = 'up')) AS p50Seconds,
  if(up = 0, NULL, quantileIf(0.99)(duration_seconds, health = 'up')) AS p99Seconds
FROM
(
  SELECT health, duration_seconds
  FROM targets
  WHERE run IN (SELECT argMax(run, updated) FROM processes WHERE process = 'collector' GROUP BY host)
  ORDER BY updated DESC
  LIMIT 1 BY scrape_pool, url, labels
)
WHERE health != 'gone'

-- targetsNow
SELECT
  scrape_pool AS scrapePool,
  url,
  labels,
  discovered_labels AS discoveredLabels,
  health,
  last_error AS lastError,
  toFloat64(toUnixTimestamp64Milli(last_scrape)) AS lastScrape,
  duration_seconds AS durationSeconds,
  interval_seconds AS intervalSeconds,
  timeout_seconds AS timeoutSeconds,
  toFloat64(samples) AS samples,
  toFloat64(samples_kept) AS samplesKept,
  toFloat64(body_bytes) AS bodyBytes,
  toFloat64(bad_lines) AS badLines,
  bad_line_example AS badLineExample,
  toFloat64(toUnixTimestamp64Milli(targets.updated)) AS updated
FROM
(
  SELECT *
  FROM targets
  WHERE run IN (SELECT argMax(run, updated) FROM processes WHERE process = 'collector' GROUP BY host)
  ORDER BY updated DESC
  LIMIT 1 BY scrape_pool, url, labels
) AS targets
WHERE health != 'gone'
ORDER BY scrapePool, url

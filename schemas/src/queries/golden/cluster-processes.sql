-- clusterProcesses
SELECT
  process,
  host,
  pid,
  run,
  toFloat64(toUnixTimestamp64Milli(processes.started)) AS started,
  toFloat64(toUnixTimestamp64Milli(processes.updated)) AS updated,
  detail
FROM processes
ORDER BY process, host, processes.updated DESC
LIMIT 1 BY process, host

import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  process: z.string(),
  host: z.string(),
  pid: z.number(),
  run: z.string(),
  started: z.number(),
  updated: z.number(),
  detail: z.string(),
});

export type ProcessRow = z.infer<typeof row>;

/** The newest heartbeat of every Lockstep process on every host; times are Unix milliseconds. */
export function clusterProcesses(): Query<ProcessRow> {
  return {
    name: "clusterProcesses",
    sql: `SELECT
  process,
  host,
  pid,
  run,
  toFloat64(toUnixTimestamp64Milli(processes.started)) AS started,
  toFloat64(toUnixTimestamp64Milli(processes.updated)) AS updated,
  detail
FROM processes
ORDER BY process, host, processes.updated DESC
LIMIT 1 BY process, host`,
    params: {},
    row,
  };
}

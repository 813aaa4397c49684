import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  kind: z.string(),
  at: z.number(),
  node: z.string(),
  gpu: z.string(),
  code: z.number().nullable(),
  title: z.string(),
});

export type JobGpuEventRow = z.infer<typeof row>;

/** Nodes travel in the URL of the query: of more than this, the events of all nodes are read. */
const MAX_NODES = 500;

/** What happened on these nodes, or to the whole cluster, in [fromMs, toMs), the newest first. `at` is Unix ms. */
export function jobGpuEvents(options: {
  nodes: readonly string[];
  fromMs: number;
  toMs: number;
  limit: number;
}): Query<JobGpuEventRow> {
  const { nodes, fromMs, toMs, limit } = options;
  const some = nodes.length <= MAX_NODES;
  return {
    name: "jobGpuEvents",
    sql: `SELECT
  kind,
  toFloat64(toUnixTimestamp64Milli(events.at)) AS at,
  node,
  gpu,
  code,
  title
FROM events FINAL
WHERE kind IN ('xid', 'deploy', 'config', 'annotation')
  AND events.at >= fromUnixTimestamp64Milli({from:Int64})
  AND events.at < fromUnixTimestamp64Milli({to:Int64})${some ? "\n  AND (node = '' OR node IN {nodes:Array(String)})" : ""}
ORDER BY events.at DESC
LIMIT {limit:UInt32}`,
    params: { from: fromMs, to: toMs, limit, ...(some && { nodes: [...nodes] }) },
    row,
  };
}

/** What is usual for GPUs and their nodes, by the 5-minute roll-ups of a day: counters that always tick a little. */
import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { MAX_GPUS, SERIES_OF_GPUS, SERIES_OF_NODES } from "./gpu-windows.ts";
import type { Query } from "./query.ts";

/** Counters of errors, and the clock. */
export const USUAL_GPU_METRICS = [
  "DCGM_FI_DEV_SM_CLOCK",
  "DCGM_FI_DEV_PCIE_REPLAY_COUNTER",
  "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL",
  "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL",
  "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL",
  "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL",
] as const;

export const USUAL_NODE_METRICS = [
  "node_infiniband_symbol_error_total",
  "node_infiniband_link_downed_total",
  "node_infiniband_port_errors_received_total",
  "node_network_receive_errs_total",
  "node_network_carrier_down_changes_total",
] as const;

const row = z.object({
  metric: z.string(),
  of: z.string(),
  windows: z.number(),
  /** 99th percentile of the growth a minute. */
  perMinute: z.number(),
  median: z.number(),
});

export type UsualRow = z.infer<typeof row>;

export type UsualOptions = { readonly of: readonly string[]; readonly fromMs: number; readonly toMs: number };

/** `of`: UUIDs, as gpuWindows takes them. */
export function gpuUsual(options: UsualOptions): Query<UsualRow> {
  return { name: "gpuUsual", sql: usualSql(SERIES_OF_GPUS), params: params(USUAL_GPU_METRICS, options), row };
}

/** `of`: short names of nodes, as gpuWindowNodes takes them. */
export function nodeUsual(options: UsualOptions): Query<UsualRow> {
  return { name: "nodeUsual", sql: usualSql(SERIES_OF_NODES), params: params(USUAL_NODE_METRICS, options), row };
}

function params(metrics: readonly string[], { of, fromMs, toMs }: UsualOptions) {
  const seconds = { from: Math.floor(fromMs / 1000), to: Math.floor(toMs / 1000) };
  return { metrics: [...metrics], ids: metrics.map(metricId), of: of.slice(0, MAX_GPUS), ...seconds };
}

function usualSql(series: string): string {
  return `${series}
SELECT metric, of, windows, perMinute, median
FROM
(
  SELECT
    samples_5m.series AS id,
    toFloat64(count()) AS windows,
    quantileExact(0.99)(increase) / 5 AS perMinute,
    quantileExact(0.5)(sum / samples_5m.count) AS median
  FROM samples_5m FINAL
  WHERE samples_5m.metric IN {ids:Array(UInt32)}
    AND samples_5m.series IN (SELECT id FROM chosen)
    AND window >= toDateTime({from:UInt32}, 'UTC')
    AND window < toDateTime({to:UInt32}, 'UTC')
  GROUP BY id
) AS seen
INNER JOIN chosen USING (id)
ORDER BY metric, of, id`;
}

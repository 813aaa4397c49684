/** What GPUs and their nodes said in one stretch of time, a row for each series: for the cause of a finding. */
import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { firstLabel, UUID_LABELS } from "./cluster-gpu-series.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

/** GPUs travel in the URL of the query. */
export const MAX_GPUS = 96;

/** Which number each metric gives; see packages/analysis/src/cause/gpu-window.ts. */
export const GPU_WINDOW_METRICS = [
  "DCGM_FI_DEV_SM_CLOCK",
  "DCGM_FI_DEV_POWER_USAGE",
  "DCGM_FI_DEV_GPU_TEMP",
  "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
  "DCGM_FI_PROF_SM_ACTIVE",
  "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
  "DCGM_FI_PROF_DRAM_ACTIVE",
  "DCGM_FI_DEV_CLOCKS_EVENT_REASONS",
  "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
  "DCGM_FI_DEV_THERMAL_VIOLATION",
  "DCGM_FI_DEV_POWER_VIOLATION",
  "DCGM_FI_DEV_RELIABILITY_VIOLATION",
  "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION",
  "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
  "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
  "DCGM_FI_DEV_ROW_REMAP_PENDING",
  "DCGM_FI_DEV_ROW_REMAP_FAILURE",
  "DCGM_FI_DEV_PCIE_REPLAY_COUNTER",
  "DCGM_FI_DEV_PCIE_LINK_GEN",
  "DCGM_FI_DEV_PCIE_LINK_WIDTH",
  "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL",
  "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL",
  "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL",
  "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL",
] as const;

/** Of node_exporter: ports of InfiniBand and Ethernet, and what the hypervisor took. */
export const NODE_WINDOW_METRICS = [
  "node_infiniband_symbol_error_total",
  "node_infiniband_link_downed_total",
  "node_infiniband_port_errors_received_total",
  "node_network_receive_errs_total",
  "node_network_carrier_down_changes_total",
  "node_cpu_seconds_total",
] as const;

const row = z.object({
  metric: z.string(),
  /** UUID of the GPU with its "GPU-", or name of the node as its labels have it. */
  of: z.string(),
  mode: z.string(),
  samples: z.number(),
  median: z.number(),
  mean: z.number(),
  last: z.number(),
  increase: z.number(),
  spanMs: z.number(),
  masks: z.array(z.number()),
});

export type WindowSeriesRow = z.infer<typeof row>;

export type GpuWindowsOptions = {
  /** UUIDs, "GPU-..." in small letters; at most MAX_GPUS of them are asked for. */
  readonly gpus: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
};

/** Sentinels of DCGM for "not known" and "not supported", of 32 and of 64 bits. */
const IS_BLANK = `((value >= 2147483632 AND value <= 2147483647) OR value >= 9223372036854775000)`;

/** Of one series: counts, middle, mean, the last, what a counter grew by (a fall is a reset), and the bit masks seen. */
const AGGREGATES = `toFloat64(count()) AS samples,
    quantileExact(0.5)(value) AS median,
    avg(value) AS mean,
    argMax(value, at) AS last,
    arrayMap(pair -> pair.2, arraySort(groupArray(5000)((at, value)))) AS inOrder,
    arraySum(arrayMap((now, before) -> if(now < before, now, now - before), arraySlice(inOrder, 2), arrayPopBack(inOrder))) AS increase,
    toFloat64(toUnixTimestamp64Milli(max(at)) - toUnixTimestamp64Milli(min(at))) AS spanMs`;

const NODE = firstLabel(["Hostname", "hostname", "node", "nodename", "kubernetes_node", "instance"]);

/** SQL of the series of GPUs {of}: whole ones only, instances share what most of these metrics tell. */
export const SERIES_OF_GPUS = chosen(
  `concat('GPU-', lower(replaceOne(${firstLabel(UUID_LABELS)}, 'GPU-', '')))`,
  "subject IN {of:Array(String)} AND labels['GPU_I_ID'] = ''",
);

/** SQL of the series of nodes {of}: addresses whole, names without their domain and in small letters. */
export const SERIES_OF_NODES = chosen(
  `if(match(lower(${NODE}), '^[0-9.]+(:[0-9]+)?$'), replaceRegexpOne(${NODE}, ':[0-9]+$', ''), replaceRegexpOne(lower(${NODE}), '[.:].*$', ''))`,
  "subject IN {of:Array(String)} AND labels['device'] NOT IN ('lo', 'docker0')",
);

export function gpuWindows({ gpus, fromMs, toMs }: GpuWindowsOptions): Query<WindowSeriesRow> {
  return {
    name: "gpuWindows",
    sql: windowsSql(SERIES_OF_GPUS, "if(metric LIKE '%_REASONS', inOrder, [])"),
    params: params(GPU_WINDOW_METRICS, gpus.slice(0, MAX_GPUS), fromMs, toMs),
    row,
  };
}

/** `nodes`: names without a domain, in small letters. Names in labels are cut down to the same. */
export function gpuWindowNodes(
  options: Omit<GpuWindowsOptions, "gpus"> & { readonly nodes: readonly string[] },
): Query<WindowSeriesRow> {
  return {
    name: "gpuWindowNodes",
    sql: windowsSql(SERIES_OF_NODES, "[]"),
    params: params(NODE_WINDOW_METRICS, options.nodes.slice(0, MAX_GPUS), options.fromMs, options.toMs),
    row,
  };
}

function params(metrics: readonly string[], of: readonly string[], fromMs: number, toMs: number) {
  return { metrics: [...metrics], ids: metrics.map(metricId), of: [...of], from: fromMs, to: toMs };
}

function chosen(subject: string, which: string): string {
  return `WITH chosen AS
(
  SELECT series AS id, metric, any(subject) AS of, any(mode) AS mode
  FROM
  (
    SELECT series, metric, labels['mode'] AS mode, ${subject} AS subject
    FROM series
    WHERE metric IN {metrics:Array(String)} AND ${which}
  )
  GROUP BY series, metric
)`;
}

function windowsSql(series: string, masks: string): string {
  return `${series}
SELECT metric, of, mode, samples, median, mean, last, increase, spanMs, ${masks} AS masks
FROM
(
  SELECT
    id,
    ${AGGREGATES}
  FROM
  (
    SELECT series AS id, ts AS at, ${SAMPLE_VALUE} AS value
    FROM samples
    WHERE samples.metric IN {ids:Array(UInt32)}
      AND samples.series IN (SELECT id FROM chosen)
      AND ts >= fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({to:Int64})
      AND NOT ${IS_STALE}
  )
  WHERE isFinite(value) AND NOT ${IS_BLANK}
  GROUP BY id
) AS seen
INNER JOIN chosen USING (id)
ORDER BY metric, of, id`;
}

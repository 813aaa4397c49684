import { z } from "zod";
import type { Query } from "./query.ts";

/** The first of these labels that a series has: exporters and their versions spell the same fact differently. */
export function firstLabel(names: readonly string[]): string {
  return `coalesce(${names.map((name) => `nullIf(labels['${name}'], '')`).join(", ")}, '')`;
}

export const UUID_LABELS = ["UUID", "uuid", "gpu_uuid", "GPU_UUID"] as const;

const row = z.object({
  metric: z.string(),
  series: z.string(),
  type: z.string(),
  uuid: z.string(),
  instanceId: z.string(),
  instanceProfile: z.string(),
  node: z.string(),
  gpu: z.string(),
  model: z.string(),
  driver: z.string(),
  pciBus: z.string(),
  namespace: z.string(),
  pod: z.string(),
  container: z.string(),
  exportedNamespace: z.string(),
  exportedPod: z.string(),
  exportedContainer: z.string(),
  job: z.string(),
  instance: z.string(),
  firstSeen: z.number(),
  lastSeen: z.number(),
});

export type GpuSeriesRow = z.infer<typeof row>;

/** Slack for `last_seen`, which is written again only when it is an hour old. */
export const LAST_SEEN_SLACK_MS = 3_600_000;

/**
 * Every series of the named metrics that carries a GPU's identity and was seen within `windowMs` before `atMs`
 * (Unix milliseconds). Absent labels are "".
 */
export function clusterGpuSeries(options: {
  metrics: readonly string[];
  atMs: number;
  windowMs: number;
}): Query<GpuSeriesRow> {
  return {
    name: "clusterGpuSeries",
    sql: `SELECT
  metric,
  toString(id) AS series,
  kind AS type,
  ${firstLabel(UUID_LABELS)} AS uuid,
  labels['GPU_I_ID'] AS instanceId,
  labels['GPU_I_PROFILE'] AS instanceProfile,
  ${firstLabel(["Hostname", "hostname", "instance"])} AS node,
  labels['gpu'] AS gpu,
  ${firstLabel(["modelName", "model_name"])} AS model,
  labels['DCGM_FI_DRIVER_VERSION'] AS driver,
  labels['pci_bus_id'] AS pciBus,
  ${firstLabel(["namespace", "pod_namespace"])} AS namespace,
  ${firstLabel(["pod", "pod_name"])} AS pod,
  ${firstLabel(["container", "container_name"])} AS container,
  labels['exported_namespace'] AS exportedNamespace,
  labels['exported_pod'] AS exportedPod,
  labels['exported_container'] AS exportedContainer,
  labels['job'] AS job,
  labels['instance'] AS instance,
  firstSeen,
  lastSeen
FROM
(
  SELECT
    metric,
    series AS id,
    any(series.type) AS kind,
    any(series.labels) AS labels,
    toFloat64(toUnixTimestamp64Milli(min(first_seen))) AS firstSeen,
    toFloat64(toUnixTimestamp64Milli(max(last_seen))) AS lastSeen
  FROM series
  WHERE metric IN {metrics:Array(String)}
  GROUP BY metric, series
)
WHERE uuid != '' AND firstSeen <= {at:Float64} AND lastSeen >= {since:Float64}`,
    params: {
      metrics: options.metrics,
      at: options.atMs,
      since: options.atMs - options.windowMs - LAST_SEEN_SLACK_MS,
    },
    row,
  };
}

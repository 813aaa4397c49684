/** What the Prometheus API tells of metrics and of the server itself. */
import type { MetadataParams, TsdbParams } from "@lockstep/schemas/api/prometheus";
import { type SeriesCountBy, seriesCounts, seriesMetadata } from "@lockstep/schemas/queries/series-metadata";
import type { Store } from "@lockstep/store/client";
import { successBody } from "./prometheus-json.ts";

const MAX_METRICS = 100_000;
/** As Prometheus gives them where no number is asked for, and the most it gives. */
const TOP = 10;
const MOST_TOP = 10_000;
/** Series that were not seen for so long are not in Prometheus's head either. */
const HEAD_MS = 3 * 3_600_000;

type Reader = Pick<Store, "read">;

/** Help texts are not kept: they are empty, as of metrics that come without one. */
export async function metadata(store: Reader, params: MetadataParams): Promise<Generator<string>> {
  const rows = await store.read(seriesMetadata({ metric: params.metric, limit: MAX_METRICS }));
  const byMetric = [...Map.groupBy(rows, ({ metric }) => metric)].slice(0, params.limit || undefined);
  const members = byMetric.map(([metric, own]) => {
    const told = own.slice(0, params.limit_per_metric || undefined).map(({ type, unit }) => ({ type, help: "", unit }));
    return `${JSON.stringify(metric)}:${JSON.stringify(told)}`;
  });
  return successBody([`{${members.join(",")}}`]);
}

export async function tsdbStatus(
  store: Reader,
  { limit = TOP }: TsdbParams,
  nowMs: number,
): Promise<Generator<string>> {
  const sinceMs = nowMs - HEAD_MS;
  const top = Math.min(limit || TOP, MOST_TOP);
  const most = (by: SeriesCountBy, rows: number) => store.read(seriesCounts(by, { sinceMs, limit: rows }));
  // Of the first two all, since they are summed.
  const [metrics, labels, bytes, pairs] = await Promise.all([
    most("metric", MAX_METRICS),
    most("valuesOfLabel", MAX_METRICS),
    most("bytesOfLabel", top),
    most("labelPair", top),
  ]);
  const sum = (rows: typeof metrics) => rows.reduce((all, { value }) => all + value, 0);
  const data = {
    headStats: { numSeries: sum(metrics), numLabelPairs: sum(labels), minTime: sinceMs, maxTime: nowMs },
    seriesCountByMetricName: metrics.slice(0, top),
    labelValueCountByLabelName: labels.slice(0, top),
    memoryInBytesByLabelName: bytes,
    seriesCountByLabelValuePair: pairs,
  };
  return successBody([JSON.stringify(data)]);
}

/** Of this process, as far as the words of Prometheus fit it. */
export function runtimeInfo(nowMs: number, uptimeSeconds: number): Generator<string> {
  const data = {
    startTime: new Date(nowMs - uptimeSeconds * 1000).toISOString(),
    CWD: process.cwd(),
    serverTime: new Date(nowMs).toISOString(),
  };
  return successBody([JSON.stringify(data)]);
}

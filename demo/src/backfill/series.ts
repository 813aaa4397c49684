/** All series of the simulated cluster, with the labels they have once a collector has scraped them. */
import { type SeriesId, seriesId } from "@lockstep/formats/series-id";
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import type { CountersFile } from "../exporter/counters-csv.ts";
import { gpuLabels } from "../exporter/labels.ts";
import type { Cluster } from "../model/cluster.ts";
import { type Field, READINGS } from "../model/readings.ts";
import { JOB } from "../prometheus-yml.ts";

/** The series a scrape adds about itself. */
export const REPORTS = [
  "up",
  "scrape_duration_seconds",
  "scrape_samples_scraped",
  "scrape_samples_post_metric_relabeling",
  "scrape_series_added",
] as const;
export type Report = (typeof REPORTS)[number];

/** Decimals of each report's value. */
export const REPORT_DECIMALS = 6;

/** Where a series' values come from: a field of a GPU, or a report about a node. Indices into the cluster's lists. */
export type Source =
  | { readonly kind: "gpu"; readonly field: Field; readonly gpu: number }
  | { readonly kind: "node"; readonly report: Report; readonly node: number };

export type Series = {
  readonly name: string;
  readonly metric: number;
  readonly id: SeriesId;
  readonly labels: ReadonlyMap<string, string>;
  readonly type: string;
  readonly unit: string;
  readonly exponent: number;
  readonly source: Source;
};

/** In the order of the samples table: metric, then series id. */
export function listSeries(cluster: Cluster, file: CountersFile): Series[] {
  const all = cluster.nodes.flatMap((node, n): Series[] => {
    const target: [string, string][] = [
      ["instance", node.instance],
      ["job", JOB],
    ];
    const reports = REPORTS.map((report) => {
      const timed = report === "scrape_duration_seconds";
      const about = { type: "gauge", unit: timed ? "seconds" : "", exponent: timed ? REPORT_DECIMALS : 0 };
      return describe(report, target, about, { kind: "node", report, node: n });
    });
    const fields = node.gpus.flatMap((gpu) => {
      const labels = [...gpuLabels(gpu, file), ...target];
      return file.counters.map(({ field, type }) => {
        const about = { type, unit: "", exponent: READINGS[field].decimals };
        return describe(field, labels, about, { kind: "gpu", field, gpu: gpu.index });
      });
    });
    return [...reports, ...fields];
  });
  return all.sort((a, b) => a.metric - b.metric || a.id.hi - b.id.hi || a.id.lo - b.id.lo);
}

type About = Pick<Series, "type" | "unit" | "exponent">;

function describe(name: string, pairs: readonly [string, string][], about: About, source: Source): Series {
  const labels = new Map([[METRIC_NAME, name], ...pairs]);
  return { name, metric: metricId(name), id: seriesId(labels), labels, source, ...about };
}

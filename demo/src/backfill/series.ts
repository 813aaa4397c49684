/** All series of the simulated cluster, with the labels they have once a collector has scraped them. */
import { type SeriesId, seriesId } from "@lockstep/formats/series-id";
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import type { CountersFile } from "../exporter/counters-csv.ts";
import { gpuLabels } from "../exporter/labels.ts";
import type { Cluster } from "../model/cluster.ts";
import { type Field, READINGS } from "../model/readings.ts";
import { JOB, targetOf, VLLM_JOB } from "../prometheus-yml.ts";
import { servedModels } from "../serving/served-models.ts";
import { vllmFamilies } from "../serving/vllm-page.ts";

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

/**
 * Where a series' values come from: a field of a GPU, a line of a model server's page, or a report about a target. Indices
 * into the lists of the cluster and of its replicas behind vLLM; targets are the nodes, then the replicas.
 */
export type Source =
  | { readonly kind: "gpu"; readonly field: Field; readonly gpu: number }
  | { readonly kind: "served"; readonly replica: number; readonly line: number }
  | { readonly kind: "report"; readonly report: Report; readonly target: number };

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
    const fields = node.gpus.flatMap((gpu) => {
      const labels = [...gpuLabels(gpu, file), ...target];
      return file.counters.map(({ field, type }) => {
        const about = { type, unit: "", exponent: READINGS[field].decimals };
        return describe(field, labels, about, { kind: "gpu", field, gpu: gpu.index });
      });
    });
    return [...reportsAbout(target, n), ...fields];
  });
  all.push(...servedSeries(cluster));
  return all.sort((a, b) => a.metric - b.metric || a.id.hi - b.id.hi || a.id.lo - b.id.lo);
}

function reportsAbout(labels: readonly [string, string][], target: number): Series[] {
  return REPORTS.map((report) => {
    const timed = report === "scrape_duration_seconds";
    const about = { type: "gauge", unit: timed ? "seconds" : "", exponent: timed ? REPORT_DECIMALS : 0 };
    return describe(report, labels, about, { kind: "report", report, target });
  });
}

function servedSeries(cluster: Cluster): Series[] {
  const replicas = servedModels(cluster).flatMap((model) =>
    model.serves === "vllm" ? model.replicas.map(({ pod }) => ({ model, pod })) : [],
  );
  return replicas.flatMap(({ model, pod }, replica): Series[] => {
    const target: [string, string][] = [...Object.entries(targetOf(model, pod)), ["job", VLLM_JOB]];
    const lines = vllmFamilies(model.name).flatMap(({ type, lines }) => lines.map((line) => ({ ...line, type })));
    const series = lines.map(({ name, labels, decimals, type }, line) => {
      const pairs = [...labels.map(([label, value]): [string, string] => [label, value]), ...target];
      return describe(name, pairs, { type, unit: "", exponent: decimals }, { kind: "served", replica, line });
    });
    return [...reportsAbout(target, cluster.nodes.length + replica), ...series];
  });
}

type About = Pick<Series, "type" | "unit" | "exponent">;

function describe(name: string, pairs: readonly [string, string][], about: About, source: Source): Series {
  const labels = new Map([[METRIC_NAME, name], ...pairs]);
  return { name, metric: metricId(name), id: seriesId(labels), labels, source, ...about };
}

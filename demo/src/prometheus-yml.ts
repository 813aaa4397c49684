import { stringify } from "yaml";
import { NODE_EXPORTER_PORT } from "./exporter/network-page.ts";
import type { Cluster } from "./model/cluster.ts";
import { type ServedModel, servedModels } from "./serving/served-models.ts";
import { PLACES } from "./training/trace-files.ts";

/** `job` of every simulated series. */
export const JOB = "dcgm";
/** Of the series about the nodes' network cards. */
const NODE_JOB = "node";
/** Of the series of model servers. */
export const VLLM_JOB = "vllm";
const VLLM_PORT = 8000;
/** Models are judged in windows of this length, here shorter than anywhere else: what is planted lasts minutes. */
export const DRIFT_WINDOW_MS = 30_000;
export const SCRAPE_INTERVAL_MS = 15_000;

/** Labels of one replica's target, those of its GPUs' series among them. */
export function targetOf({ namespace, container }: ServedModel, pod: string): Record<string, string> {
  return { instance: `${pod}:${VLLM_PORT}`, namespace, pod, container };
}

/**
 * The configuration with which a collector scrapes the simulated exporters at `address` ("127.0.0.1:9400") and follows what
 * the training jobs write. Paths are relative to the file.
 */
export function prometheusYml(cluster: Cluster, address: string, jobs: readonly string[]): string {
  const interval = `${SCRAPE_INTERVAL_MS / 1000}s`;
  const config = {
    global: { scrape_interval: interval, scrape_timeout: "10s" },
    scrape_configs: [
      {
        job_name: JOB,
        scrape_interval: interval,
        static_configs: cluster.nodes.map(({ name, instance }) => ({
          targets: [address],
          labels: { instance, __metrics_path__: `/${name}/metrics` },
        })),
      },
      {
        job_name: NODE_JOB,
        scrape_interval: interval,
        static_configs: cluster.nodes.map(({ name }) => ({
          targets: [address],
          labels: { instance: `${name}:${NODE_EXPORTER_PORT}`, __metrics_path__: `/${name}/node_metrics` },
        })),
      },
      ...vllmScrape(cluster, address, interval),
    ],
    lockstep: {
      ...modelsSection(cluster),
      traces: [
        { inspector: PLACES.inspector },
        ...jobs.map((job) => ({ flight_recorder: PLACES.flightRecorder(job), job })),
        { kernel_log: PLACES.kernelLog },
      ],
      topology_file: PLACES.topology,
      mapping_file: PLACES.mapping,
    },
  };
  return `# Written by the demo at each start: the simulated cluster as scrape targets, and its traces.\n${stringify(config)}`;
}

function vllmScrape(cluster: Cluster, address: string, interval: string) {
  const models = servedModels(cluster).filter(({ serves }) => serves === "vllm");
  if (models.length === 0) return [];
  const targets = models.flatMap((model) =>
    model.replicas.map(({ pod }) => ({
      targets: [address],
      labels: { ...targetOf(model, pod), __metrics_path__: `/serving/${pod}/metrics` },
    })),
  );
  return [{ job_name: VLLM_JOB, scrape_interval: interval, static_configs: targets }];
}

function modelsSection(cluster: Cluster) {
  const window = `${DRIFT_WINDOW_MS / 1000}s`;
  const models = servedModels(cluster).map(({ name, serves }) =>
    serves === "vllm"
      ? { model: name, preset: "vllm", match: { model_name: name }, replica_label: "pod", window }
      : { model: name, window },
  );
  return models.length === 0 ? {} : { models };
}

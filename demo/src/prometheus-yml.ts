import { stringify } from "yaml";
import { NODE_EXPORTER_PORT } from "./exporter/network-page.ts";
import type { Cluster } from "./model/cluster.ts";
import { PLACES } from "./training/trace-files.ts";

/** `job` of every simulated series. */
export const JOB = "dcgm";
/** Of the series about the nodes' network cards. */
const NODE_JOB = "node";
export const SCRAPE_INTERVAL_MS = 15_000;

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
    ],
    lockstep: {
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

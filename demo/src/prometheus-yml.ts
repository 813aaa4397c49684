import { stringify } from "yaml";
import type { Cluster } from "./model/cluster.ts";

/** `job` of every simulated series. */
export const JOB = "dcgm";
export const SCRAPE_INTERVAL_MS = 15_000;

/** The configuration with which a collector scrapes the simulated exporters at `address` ("127.0.0.1:9400"). */
export function prometheusYml(cluster: Cluster, address: string): string {
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
    ],
  };
  return `# Written by the demo at each start: the simulated cluster as scrape targets.\n${stringify(config)}`;
}

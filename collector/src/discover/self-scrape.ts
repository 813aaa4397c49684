/** Lockstep's own processes as targets, beside those of the configuration. */
import { resolve } from "node:path";
import type { ScrapeConfig } from "@lockstep/config/config";
import { parseConfig } from "@lockstep/config/parse";
import { ConfigError } from "@lockstep/process/config-error";
import { SELF_JOB } from "@lockstep/schemas/process/self-metrics";

const INTERVAL = "15s";
const TIMEOUT = "10s";

/**
 * The scrape config of `name=host:port,name=host:port`; undefined where none is named. `tokenFile` holds the bearer token
 * that a listener beyond loopback wants. Throws ConfigError.
 */
export function selfScrapeConfig(text: string, tokenFile: string | undefined): ScrapeConfig | undefined {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length === 0) return undefined;
  const job = {
    job_name: SELF_JOB,
    scrape_interval: INTERVAL,
    scrape_timeout: TIMEOUT,
    // Watch tells verdicts of training jobs, whose names are in the label `job`: they stand as they are.
    honor_labels: true,
    enable_compression: false,
    follow_redirects: false,
    static_configs: entries.map(groupOf),
    ...(tokenFile !== undefined && { authorization: { type: "Bearer", credentials_file: resolve(tokenFile) } }),
  };
  // Through the reader, so that all else is as a configuration that says nothing of it.
  const parsed = parseConfig(JSON.stringify({ scrape_configs: [job] }), "LOCKSTEP_SELF_TARGETS");
  const config = parsed.ok ? parsed.config.scrapeConfigs[0] : undefined;
  if (config === undefined) throw new ConfigError(`LOCKSTEP_SELF_TARGETS: ${JSON.stringify(text)} cannot be used`);
  return config;
}

function groupOf(entry: string) {
  const [, name, address, port] = /^([^=\s]+)=([^=/@\s]+:(\d{1,5}))$/.exec(entry) ?? [];
  if (name === undefined || address === undefined || Number(port) > 65535 || !URL.canParse(`http://${address}/`)) {
    throw new ConfigError(
      `LOCKSTEP_SELF_TARGETS: found ${JSON.stringify(entry)}, expected NAME=HOST:PORT, such as collector=127.0.0.1:9464`,
    );
  }
  return { targets: [address], labels: { process: name } };
}

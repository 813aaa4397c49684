/** A target as the configuration would give it, for tests. */
import { parseConfig } from "@lockstep/config/parse";
import { buildTargets, type TargetSpec } from "@lockstep/config/target";

/** `scrape`: keys of one entry of scrape_configs, as they stand in a prometheus.yml. */
export function targetOf(address: string, scrape: Record<string, unknown> = {}): TargetSpec {
  const defaults = { job_name: "test", scrape_interval: "1s", scrape_timeout: "1s" };
  const entry = { ...defaults, static_configs: [{ targets: [address] }], ...scrape };
  const parsed = parseConfig(JSON.stringify({ scrape_configs: [entry] }), "/prometheus.yml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const config = parsed.config.scrapeConfigs[0]!;
  const { targets, errors } = buildTargets(config, config.staticConfigs);
  if (targets.length !== 1) throw new Error(JSON.stringify(errors));
  return targets[0]!;
}

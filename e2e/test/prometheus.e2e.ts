/** Side by side with the real Prometheus on the same targets: the same series, the same labels, the same values. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Prometheus, prometheusIsInstalled, startPrometheus } from "../src/prometheus.ts";
import { queryInstant } from "../src/prometheus-api.ts";
import { labelsKey } from "../src/reference-reader.ts";
import { type StaticExporter, serveStatic } from "../src/static-exporter.ts";
import { type System, startSystem } from "../src/system.ts";

const page = `# HELP room_temperature_celsius A gauge.
# TYPE room_temperature_celsius gauge
room_temperature_celsius{room="a",instance="own",job="own"} 21.5
room_temperature_celsius{room="b",drop="me"} -3
room_temperature_celsius{room="quoted \\"x\\" back\\\\slash new\\nline"} 1e-3
room_temperature_celsius{room="ümlaut",empty=""} 0
dropped_family{a="b"} 1
big_number 9007199254740993
precise_number 0.1234567890123456789
infinite_number +Inf
minus_infinite_number -Inf
not_a_number NaN
no_labels 7
trailing_comma{a="b",} 8
# TYPE request_seconds histogram
request_seconds_bucket{le="0.1"} 3
request_seconds_bucket{le="+Inf"} 5
request_seconds_sum 0.7
request_seconds_count 5
`;

const scrapeConfigs = (address: string, down: string) => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: plain
    static_configs: [{ targets: ["${address}"], labels: { site: north } }]
  - job_name: honored
    honor_labels: true
    static_configs: [{ targets: ["${address}"] }]
  - job_name: relabelled
    params: { module: [a, b] }
    relabel_configs:
      - { source_labels: [__address__], regex: "(.*):(.*)", target_label: port, replacement: "$2" }
      - { source_labels: [__param_module], target_label: module }
      - { target_label: instance, replacement: fixed }
    metric_relabel_configs:
      - { source_labels: [__name__], regex: "dropped_.*", action: drop }
      - { regex: drop, action: labeldrop }
      - { source_labels: [room], regex: "(.)", target_label: letter, replacement: "\${1}-room" }
      - { source_labels: [room], modulus: 8, target_label: shard, action: hashmod }
    static_configs: [{ targets: ["${address}"] }]
  - job_name: limited
    sample_limit: 3
    static_configs: [{ targets: ["${address}"] }]
  - job_name: missing
    metrics_path: /nowhere
    static_configs: [{ targets: ["${address}"] }]
  - job_name: refused
    static_configs: [{ targets: ["${down}"] }]
`;

const jobs = ["plain", "honored", "relabelled", "limited", "missing", "refused"];
/** Depends on the moment, not on the target. */
const timed = new Set(["scrape_duration_seconds", "scrape_series_added"]);

describe("beside Prometheus", () => {
  if (!prometheusIsInstalled()) {
    test("the same series and values", ({ skip }) => skip("no program called prometheus in PATH"));
    return;
  }
  let exporter: StaticExporter;
  let system: System;
  let prometheus: Prometheus;

  beforeAll(async () => {
    exporter = await serveStatic(
      new Map([
        ["/metrics", page],
        ["/metrics?module=a&module=b", page],
      ]),
    );
    const config = scrapeConfigs(exporter.address, "127.0.0.1:1");
    prometheus = await startPrometheus(config);
    system = await startSystem({ config });
    await system.ready();
    await sleep(4_000);
  });
  afterAll(async () => {
    await system?.stop();
    await prometheus?.stop();
    await exporter?.close();
  });

  test.each(jobs)("job %s", async (job) => {
    const query = job === "honored" ? '{job=~"honored|own"}' : `{job="${job}"}`;
    const [ours, theirs] = await Promise.all([read(system.url, query), read(prometheus.url, query)]);
    expect(theirs.size).toBeGreaterThan(3);
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    const differing = [...theirs].filter(
      ([key, { name, value }]) => !timed.has(name) && ours.get(key)?.value !== value,
    );
    expect(differing.map(([key, { value }]) => ({ key, theirs: value, ours: ours.get(key)?.value }))).toEqual([]);
  });
});

async function read(url: string, query: string): Promise<Map<string, { name: string; value: string }>> {
  const samples = await queryInstant(url, query);
  return new Map(
    samples.map(({ metric, value }) => [
      labelsKey(Object.entries(metric)),
      { name: metric["__name__"] ?? "", value: value[1] },
    ]),
  );
}

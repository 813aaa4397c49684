import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LockstepConfig } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { formatProblem } from "./problem.ts";

function valid(text: string, file = "/etc/lockstep/prometheus.yml"): { config: LockstepConfig; warnings: string[] } {
  const result = parseConfig(text, file);
  if (!result.ok) {
    throw new Error(result.errors.map(formatProblem).join("\n"));
  }
  return { config: result.config, warnings: result.warnings.map(formatProblem) };
}

function errors(text: string): string[] {
  const result = parseConfig(text, "p.yml");
  return result.ok ? [] : result.errors.map(formatProblem);
}

describe("defaults", () => {
  test("an empty file is a configuration", () => {
    for (const text of ["", "# nothing\n", "global:\nscrape_configs:\n"]) {
      const { config, warnings } = valid(text);
      expect(config.scrapeConfigs).toEqual([]);
      expect(warnings).toEqual([]);
      expect(config.lockstep).toEqual({
        strict: false,
        retention: { rawMs: 15 * 864e5, fiveMinutesMs: 90 * 864e5, oneHourMs: 730 * 864e5 },
        spool: { maxBytes: 10 * 1024 ** 3, maxAgeMs: 3 * 864e5 },
      });
    }
  });

  test("a scrape config is complete", () => {
    const [scrape] = valid("scrape_configs: [{job_name: gpu}]").config.scrapeConfigs;
    expect(scrape).toEqual({
      jobName: "gpu",
      scrapeIntervalMs: 60_000,
      scrapeTimeoutMs: 10_000,
      metricsPath: "/metrics",
      scheme: "http",
      params: new Map(),
      honorLabels: false,
      honorTimestamps: true,
      enableCompression: true,
      followRedirects: true,
      limits: {},
      nameScheme: "legacy",
      httpHeaders: new Map(),
      staticConfigs: [],
      fileSdConfigs: [],
      relabelConfigs: [],
      metricRelabelConfigs: [],
    });
  });

  test.each([
    ["global: {scrape_interval: 5s}", "", 5_000, 5_000],
    ["global: {scrape_interval: 30s, scrape_timeout: 20s}", "", 30_000, 20_000],
    ["global: {scrape_interval: 30s, scrape_timeout: 20s}", "scrape_interval: 15s", 15_000, 15_000],
    ["global: {scrape_interval: 0s}", "scrape_interval: 0", 60_000, 10_000],
    ["global: {scrape_interval: 30s}", "scrape_timeout: 30s", 30_000, 30_000],
  ])("interval and timeout of %s with %s", (global, own, intervalMs, timeoutMs) => {
    const { config } = valid(`${global}\nscrape_configs: [{job_name: a, ${own}}]`);
    expect(config.scrapeConfigs[0]).toMatchObject({ scrapeIntervalMs: intervalMs, scrapeTimeoutMs: timeoutMs });
  });

  test("limits come from global where a job has none or 0", () => {
    const text = `
global: {sample_limit: 10, body_size_limit: 1MB, label_limit: 3}
scrape_configs:
  - {job_name: a, sample_limit: 0, label_limit: 5, label_name_length_limit: 6, label_value_length_limit: 7}
`;
    expect(valid(text).config.scrapeConfigs[0]?.limits).toEqual({
      bodySizeBytes: 1024 ** 2,
      samples: 10,
      labels: 5,
      labelNameLength: 6,
      labelValueLength: 7,
    });
  });
});

describe("values", () => {
  test("texts are taken as they are written, as Go does it", () => {
    const text = `
scrape_configs:
  - job_name: 7
    static_configs: [{targets: [localhost], labels: {version: 1.10, on: yes, day: 2024-01-02, zero: 007, none: ~, __proto__: p}}]
    params: {'match[]': [1, 'b c']}
`;
    const [scrape] = valid(text).config.scrapeConfigs;
    expect(scrape?.jobName).toBe("7");
    expect([...(scrape?.staticConfigs[0]?.labels ?? [])]).toEqual([
      ["version", "1.10"],
      ["on", "yes"],
      ["day", "2024-01-02"],
      ["zero", "007"],
      ["none", ""],
      ["__proto__", "p"],
    ]);
    expect([...(scrape?.params ?? [])]).toEqual([["match[]", ["1", "b c"]]]);
  });

  test("paths count from the file's folder", () => {
    const text = `
scrape_configs:
  - job_name: a
    authorization: {type: Token, credentials_file: token}
    tls_config: {ca_file: /ca.pem, cert_file: c.pem, key_file: tls/k.pem, server_name: x, min_version: TLS12}
    http_headers: {X-A: {values: [1], secrets: [s], files: [h]}}
    file_sd_configs: [{files: [t/*.json], refresh_interval: 30s}]
lockstep: {token_file: token, data: ../data, clickhouse: {url: 'http://ch:8123', password_file: ch}}
`;
    const { config } = valid(text);
    expect(config.scrapeConfigs[0]).toMatchObject({
      authorization: { type: "Token", credentialsFile: "/etc/lockstep/token" },
      tls: {
        caFile: "/ca.pem",
        certFile: "/etc/lockstep/c.pem",
        keyFile: "/etc/lockstep/tls/k.pem",
        minVersion: "TLS12",
      },
      httpHeaders: new Map([["X-A", { values: ["1"], secrets: ["s"], files: ["/etc/lockstep/h"] }]]),
      fileSdConfigs: [{ files: ["/etc/lockstep/t/*.json"], refreshIntervalMs: 30_000 }],
    });
    expect(config.lockstep).toMatchObject({
      tokenFile: "/etc/lockstep/token",
      data: "/etc/data",
      clickhouse: { url: "http://ch:8123", passwordFile: "/etc/lockstep/ch" },
    });
  });

  test("bearer_token is authorization", () => {
    const { config } = valid(
      "scrape_configs: [{job_name: a, bearer_token: t}, {job_name: b, bearer_token_file: f}]",
      "f.yml",
    );
    expect(config.scrapeConfigs[0]?.authorization).toEqual({ type: "Bearer", credentials: "t" });
    expect(config.scrapeConfigs[1]?.authorization).toEqual({ type: "Bearer", credentialsFile: "f" });
  });

  test("anchors and merge keys", () => {
    const text = `
scrape_configs:
  - &base {job_name: a, scheme: https, metrics_path: /x}
  - {scheme: http, <<: *base, job_name: b}
`;
    expect(valid(text).config.scrapeConfigs[1]).toMatchObject({ jobName: "b", scheme: "http", metricsPath: "/x" });
  });

  test("UTF-8 label names once they are asked for", () => {
    const job = "job_name: a, static_configs: [{labels: {k8s.pod: x}}], relabel_configs: [{target_label: a-b}]";
    expect(valid(`global: {metric_name_validation_scheme: utf8}\nscrape_configs: [{${job}}]`).warnings).toEqual([]);
    expect(errors(`scrape_configs: [{${job}}]`)).toHaveLength(2);
  });
});

describe("warnings", () => {
  test("what Prometheus knows and Lockstep does not act on is named", () => {
    const text = `global:
  evaluation_interval: 15s
  external_labels: {cluster: a}
alerting: {alertmanagers: [{static_configs: [{targets: [am:9093]}]}]}
rule_files: [rules.yml]
scrape_configs:
  - job_name: a
    kubernetes_sd_configs: [{role: pod}]
    enable_http2: false
    scrape_native_histograms: true
    proxy_url: http://u:hunter2@proxy
remote_write: [{url: http://x}]
`;
    const ignored = (place: string, path: string, key: string) =>
      `p.yml:${place} ${path}: "${key}" is known to Prometheus and ignored by Lockstep`;
    expect(valid(text, "p.yml").warnings).toEqual([
      ignored("2:3", "global.evaluation_interval", "evaluation_interval"),
      ignored("3:3", "global.external_labels", "external_labels"),
      ignored("4:1", "alerting", "alerting"),
      ignored("5:1", "rule_files", "rule_files"),
      ignored("8:5", "scrape_configs[0].kubernetes_sd_configs", "kubernetes_sd_configs"),
      ignored("10:5", "scrape_configs[0].scrape_native_histograms", "scrape_native_histograms"),
      ignored("11:5", "scrape_configs[0].proxy_url", "proxy_url"),
      ignored("12:1", "remote_write", "remote_write"),
    ]);
  });

  test("an empty section is not worth one", () => {
    expect(valid("rule_files:\n  # - first.rules\nalerting:\n").warnings).toEqual([]);
  });

  test("files that were not given", () => {
    expect(valid("scrape_config_files: [jobs/*.yml]", "p.yml").warnings).toEqual([
      "p.yml:1:23 scrape_config_files[0]: not read: only the file itself was given",
    ]);
  });
});

describe("errors", () => {
  test("all are told, in the order of the file", () => {
    const text = `scrape_configs:
  - job_name: a
    schema: https
    scrape_interval: 5
    relabel_configs:
      - {action: kep, regex: '['}
  - job_name: a
lockstep: {prot: 1}
`;
    expect(errors(text).map((line) => line.split(" ")[0])).toEqual([
      "p.yml:3:5",
      "p.yml:4:22",
      "p.yml:6:18",
      "p.yml:6:30",
      "p.yml:7:15",
      "p.yml:8:12",
    ]);
  });

  test("no secret shows in a message", () => {
    const texts = [
      "scrape_configs: [{job_name: a, basic_auth: {password: [hunter2]}}]",
      "scrape_configs: [{job_name: a, basic_auth: {hunter2}}]",
      "scrape_configs: [{job_name: a, basic_auth: hunter2}]",
      "scrape_configs: [{job_name: a, basic_auth: {pasword: hunter2}}]",
      "scrape_configs: [{job_name: a, bearer_token: {hunter2: 1}}]",
      "scrape_configs: [{job_name: a, authorization: [hunter2]}]",
      "scrape_configs: [{job_name: a, http_headers: {X-Key: hunter2}}]",
      "scrape_configs: [{job_name: a, proxy_url: [hunter2]}]",
      "scrape_configs: [{job_name: a, static_configs: [{targets: ['http://me:hunter2@host/x']}]}]",
      "lockstep: {clickhouse: {url: hunter2}}",
      "password: } hunter2",
      "password: @hunter2",
      "a: b: hunter2",
    ];
    for (const text of texts) {
      const lines = errors(text);
      expect(lines.length, text).toBeGreaterThan(0);
      expect(lines.join("\n"), text).not.toContain("hunter2");
    }
  });

  test("a file that multiplies itself by aliases ends", () => {
    const nine = (name: string) => Array(9).fill(name).join(", ");
    const levels = Array.from({ length: 12 }, (_, i) => `  - &l${i} {<<: [${i === 0 ? "" : nine(`*l${i - 1}`)}]}`);
    expect(errors(`scrape_configs:\n${levels.join("\n")}\n`).join()).toContain("the file says too much");
  });
});

test.each(["[", "{a: ", "- ", "? "])("endless nesting of %s ends", (open) => {
  expect(errors(open.repeat(50_000))[0]).toContain("nested too deeply");
});

describe("properties", () => {
  const word = fc.constantFrom(
    "global",
    "scrape_configs",
    "job_name",
    "labels",
    "targets",
    "a",
    "<<",
    "5s",
    "*x",
    "&x",
    "~",
    "'",
    '"',
    "yes",
    "1",
    "!!str",
    "|",
  );
  const mark = fc.constantFrom(": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "# ", "? ", "---\n", "\t");
  const yamlish = fc
    .array(fc.oneof(word, mark, fc.string({ maxLength: 4 })), { maxLength: 60 })
    .map((parts) => parts.join(""));

  test("never throws, and places every problem inside the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          yamlish,
          yamlish.map((text) => `scrape_configs:\n- job_name: a\n  ${text}`),
        ),
        (text) => {
          const result = parseConfig(text, "p.yml");
          for (const { line, column } of result.ok ? result.warnings : result.errors) {
            expect(line).toBeGreaterThan(0);
            expect(column).toBeGreaterThan(0);
            expect(line).toBeLessThanOrEqual(text.split("\n").length + 1);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("any JSON under a known key never throws", () => {
    const key = fc.constantFrom("global", "scrape_configs", "lockstep", "rule_files", "scrape_config_files");
    fc.assert(
      fc.property(key, fc.jsonValue(), (name, value) => {
        parseConfig(JSON.stringify({ [name]: value }), "p.yml");
        parseConfig(
          JSON.stringify({ scrape_configs: [{ job_name: "a", static_configs: value, relabel_configs: value }] }),
          "p.yml",
        );
      }),
      { numRuns: 500 },
    );
  });
});

test("5,000 static targets are read in under a second", () => {
  const targets = Array.from({ length: 5_000 }, (_, i) => `          - node-${i}.cluster.example:9400`).join("\n");
  const text = `scrape_configs:\n  - job_name: gpu\n    static_configs:\n      - targets:\n${targets}\n`;
  const started = performance.now();
  const { config } = valid(text);
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(config.scrapeConfigs[0]?.staticConfigs[0]?.targets).toHaveLength(5_000);
});

describe("the distributed form", () => {
  test("everything of it", () => {
    const { config, warnings } = valid(`
lockstep:
  instance: rack-7
  metrics_port: 0
  shard: 2/3
  spool: {max_size: 1GB, max_age: 6h}
  kafka:
    brokers: [kafka-1:9092, 10.0.0.7:9093]
    topic_prefix: gpu.prod
    compression: none
    partitions: 12
    replication: 3
    retention: 2d
    ssl: {ca_file: ca.pem, cert_file: tls/c.pem, key_file: /k.pem, server_name: kafka}
    sasl: {mechanism: SCRAM-SHA-512, username: lockstep, password_file: secret}
`);
    expect(warnings).toEqual([]);
    expect(config.lockstep).toMatchObject({
      instance: "rack-7",
      metricsPort: 0,
      shard: { index: 2, of: 3 },
      spool: { maxBytes: 1024 ** 3, maxAgeMs: 6 * 36e5 },
      kafka: {
        brokers: ["kafka-1:9092", "10.0.0.7:9093"],
        topicPrefix: "gpu.prod",
        compression: "none",
        partitions: 12,
        replication: 3,
        retentionMs: 2 * 864e5,
        ssl: {
          caFile: "/etc/lockstep/ca.pem",
          certFile: "/etc/lockstep/tls/c.pem",
          keyFile: "/k.pem",
          serverName: "kafka",
        },
        sasl: { mechanism: "scram-sha-512", username: "lockstep", passwordFile: "/etc/lockstep/secret" },
      },
    });
  });

  test.each([
    ["true", {}],
    ["false", undefined],
    ["", undefined],
    ["{}", {}],
  ])("ssl: %s", (text, ssl) => {
    expect(valid(`lockstep: {kafka: {brokers: [k:1], ssl: ${text}}}`).config.lockstep.kafka?.ssl).toEqual(ssl);
  });

  test("the spool's age stays within what is kept", () => {
    const raw = "retention: {raw: 1d}";
    expect(valid(`lockstep: {${raw}}`).config.lockstep.spool.maxAgeMs).toBe(864e5);
    expect(valid(`lockstep: {${raw}, spool: {max_age: 2d}}`).warnings).toEqual([
      "/etc/lockstep/prometheus.yml:1:51 lockstep.spool.max_age: samples older than retention.raw (1d) are dropped when they are stored",
    ]);
  });

  test("a password on its way in the open is warned of", () => {
    const sasl = "sasl: {mechanism: plain, username: u, password_file: p}";
    expect(valid(`lockstep: {kafka: {brokers: [k:1], ${sasl}}}`).warnings.join()).toContain("without ssl");
    expect(valid(`lockstep: {kafka: {brokers: [k:1], ssl: true, ${sasl}}}`).warnings).toEqual([]);
  });
});

/** From one entry of scrape_configs as written to a complete ScrapeConfig. */
import type { PrometheusYml, RawScrapeConfig, RawTargetGroup } from "@lockstep/schemas/files/prometheus-yml";
import type { FileSdConfig, NameScheme, ScrapeConfig, ScrapeLimits, TargetGroup } from "./config.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { joinDirectory, resolveHttpClient } from "./http-client.ts";
import { childPath } from "./problem.ts";
import { checkLabelName, resolveRelabelConfigs } from "./relabel-config.ts";
import { present, type Report } from "./report.ts";
import { parseSize } from "./size.ts";

export type RawGlobal = NonNullable<PrometheusYml["global"]>;

/** What scrape configs fall back on. */
export type Globals = {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly bodySizeBytes: number | undefined;
  readonly raw: RawGlobal;
};

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_REFRESH = "5m";

export function resolveGlobals(raw: RawGlobal, report: Report): Globals {
  const interval = duration(raw.scrape_interval, "global.scrape_interval", report);
  const timeout = duration(raw.scrape_timeout, "global.scrape_timeout", report);
  // 0 means not set, as in Prometheus.
  const intervalMs = interval || DEFAULT_INTERVAL_MS;
  const timeoutMs = timeout || Math.min(DEFAULT_TIMEOUT_MS, intervalMs);
  if (timeoutMs > intervalMs && !report.failed("global.scrape_interval")) {
    timeoutTooLong("global.scrape_timeout", timeoutMs, intervalMs, report);
  }
  for (const name of raw.external_labels?.keys() ?? []) {
    checkLabelName(name, childPath("global.external_labels", name), schemeOf(raw, {}), report);
  }
  const bodySizeBytes = size(raw.body_size_limit, "global.body_size_limit", report);
  return { intervalMs, timeoutMs, bodySizeBytes, raw };
}

export function resolveScrapeConfig(
  raw: RawScrapeConfig,
  path: string,
  globals: Globals,
  directory: string,
  report: Report,
): ScrapeConfig {
  const nameScheme = schemeOf(globals.raw, raw);
  const params = new Map([...(raw.params ?? [])].map(([key, list]) => [key, present(list).map(([, value]) => value)]));
  if (!raw.job_name) {
    report.error(raw.job_name === undefined ? path : `${path}.job_name`, "job_name is empty", { expected: "a name" });
  }
  return {
    jobName: raw.job_name ?? "",
    ...resolveTiming(raw, path, globals, report),
    metricsPath: raw.metrics_path ?? "/metrics",
    scheme: raw.scheme ?? "http",
    params,
    honorLabels: raw.honor_labels ?? false,
    honorTimestamps: raw.honor_timestamps ?? true,
    enableCompression: raw.enable_compression ?? true,
    followRedirects: raw.follow_redirects ?? true,
    limits: resolveLimits(raw, path, globals, report),
    nameScheme,
    ...resolveHttpClient(raw, path, directory, report),
    staticConfigs: resolveStatic(raw, path, nameScheme, report),
    fileSdConfigs: resolveFileSd(raw, path, directory, report),
    relabelConfigs: resolveRelabelConfigs(raw.relabel_configs, `${path}.relabel_configs`, nameScheme, report),
    metricRelabelConfigs: resolveRelabelConfigs(
      raw.metric_relabel_configs,
      `${path}.metric_relabel_configs`,
      nameScheme,
      report,
    ),
  };
}

/** Prometheus 3 takes any text unless told otherwise; Lockstep, like Prometheus 2, only once it is told to. */
function schemeOf(globals: RawGlobal, raw: RawScrapeConfig): NameScheme {
  return raw.metric_name_validation_scheme ?? globals.metric_name_validation_scheme ?? "legacy";
}

/** Milliseconds; the pattern was checked, so only a length beyond bounds can be wrong here. */
export function duration(text: string | undefined, path: string, report: Report): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const ms = parseDuration(text);
  if (ms === undefined) {
    report.error(path, "duration out of range", { found: `"${text.slice(0, 40)}"`, expected: "less than 292 years" });
  }
  return ms;
}

export function size(text: string | undefined, path: string, report: Report): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const bytes = parseSize(text);
  if (bytes === undefined) {
    report.error(path, "size out of range", { found: `"${text.slice(0, 40)}"`, expected: "less than 8PB" });
  }
  return bytes;
}

function timeoutTooLong(path: string, timeoutMs: number, intervalMs: number, report: Report): void {
  report.error(path, "scrape_timeout is longer than scrape_interval", {
    found: formatDuration(timeoutMs),
    expected: `at most ${formatDuration(intervalMs)}`,
  });
}

function resolveTiming(raw: RawScrapeConfig, path: string, globals: Globals, report: Report) {
  const scrapeIntervalMs = duration(raw.scrape_interval, `${path}.scrape_interval`, report) || globals.intervalMs;
  const scrapeTimeoutMs =
    duration(raw.scrape_timeout, `${path}.scrape_timeout`, report) || Math.min(globals.timeoutMs, scrapeIntervalMs);
  const isGuess = report.failed(`${path}.scrape_interval`) || report.failed("global.scrape_interval");
  if (scrapeTimeoutMs > scrapeIntervalMs && !isGuess) {
    timeoutTooLong(`${path}.scrape_timeout`, scrapeTimeoutMs, scrapeIntervalMs, report);
  }
  return { scrapeIntervalMs, scrapeTimeoutMs };
}

/** A limit of 0 is none, and then the global one holds. */
function resolveLimits(raw: RawScrapeConfig, path: string, defaults: Globals, report: Report): ScrapeLimits {
  const globals = defaults.raw;
  const bodySizeBytes = size(raw.body_size_limit, `${path}.body_size_limit`, report) || defaults.bodySizeBytes;
  const samples = raw.sample_limit || globals.sample_limit;
  const labels = raw.label_limit || globals.label_limit;
  const labelNameLength = raw.label_name_length_limit || globals.label_name_length_limit;
  const labelValueLength = raw.label_value_length_limit || globals.label_value_length_limit;
  return {
    ...(bodySizeBytes && { bodySizeBytes }),
    ...(samples && { samples }),
    ...(labels && { labels }),
    ...(labelNameLength && { labelNameLength }),
    ...(labelValueLength && { labelValueLength }),
  };
}

function resolveStatic(raw: RawScrapeConfig, path: string, scheme: NameScheme, report: Report): TargetGroup[] {
  // With relabelling, Prometheus lets anything pass here: a URL may be on its way to __param_target.
  const bare = present(raw.relabel_configs).length === 0;
  return present(raw.static_configs).map(([index, group]) => {
    const groupPath = childPath(`${path}.static_configs`, index);
    const { targets, labels } = resolveTargetGroup(group, groupPath, scheme, report);
    for (const [at, target] of bare ? present(group.targets) : []) {
      if (target.includes("/")) {
        const found = JSON.stringify(withoutUserInfo(target));
        const expected = "host:port, with the scheme and path in scheme: and metrics_path:";
        report.error(`${groupPath}.targets[${at}]`, "a target is not a URL", { found, expected });
      }
    }
    return { targets, labels, source: String(index) };
  });
}

function withoutUserInfo(target: string): string {
  return target.slice(0, 200).replace(/\/\/[^/]*@/, "//");
}

/** A group of static_configs or of a discovered file. `source` is for the caller to name. */
export function resolveTargetGroup(
  group: RawTargetGroup,
  path: string,
  scheme: NameScheme,
  report: Report,
): Omit<TargetGroup, "source"> {
  const labels = group.labels ?? new Map<string, string>();
  for (const name of labels.keys()) {
    checkLabelName(name, childPath(`${path}.labels`, name), scheme, report);
  }
  return { targets: present(group.targets).map(([, target]) => target), labels };
}

const FILE_PATTERN = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;

function resolveFileSd(raw: RawScrapeConfig, path: string, directory: string, report: Report): FileSdConfig[] {
  return present(raw.file_sd_configs).map(([index, config]) => {
    const configPath = childPath(`${path}.file_sd_configs`, index);
    const files = present(config.files);
    if (files.length === 0) {
      report.error(configPath, "file_sd_configs without files", { expected: "files: [...]" });
    }
    for (const [at, file] of files) {
      if (!FILE_PATTERN.test(file)) {
        const expected = "a name that ends in .json, .yml or .yaml, with * in its last part only";
        report.error(`${configPath}.files[${at}]`, "bad file name", { found: JSON.stringify(file), expected });
      }
    }
    const refresh = duration(config.refresh_interval ?? DEFAULT_REFRESH, `${configPath}.refresh_interval`, report);
    return { files: files.map(([, file]) => joinDirectory(directory, file)), refreshIntervalMs: refresh ?? 0 };
  });
}

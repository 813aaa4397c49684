/** From discovered groups to targets, as Prometheus 3 populates their labels. */
import { createHash } from "node:crypto";
import { sortedEntries } from "@lockstep/schemas/domain/labels";
import type { ScrapeConfig, TargetGroup } from "./config.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { relabel } from "./relabel.ts";
import { scrapeUrl } from "./url.ts";

export type TargetSpec = {
  readonly scrapePool: string;
  readonly url: string;
  /** What every sample of the target carries: `job`, `instance` and the labels of its group, relabelled. */
  readonly labels: ReadonlyMap<string, string>;
  /** Before relabelling, `__` labels included. */
  readonly discoveredLabels: ReadonlyMap<string, string>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The same for as long as labels, URL, interval and timeout are. */
  readonly hash: string;
  readonly scrape: ScrapeConfig;
};

export type TargetProblem = { readonly source: string; readonly target: string; readonly message: string };

export type BuiltTargets = {
  /** Each once, in the order of the groups. */
  readonly targets: TargetSpec[];
  /** Targets that relabelling dropped. */
  readonly dropped: number;
  readonly errors: TargetProblem[];
};

const ADDRESS = "__address__";
const SCHEME = "__scheme__";
const METRICS_PATH = "__metrics_path__";
const INTERVAL = "__scrape_interval__";
const TIMEOUT = "__scrape_timeout__";
const PARAM = "__param_";
const META = "__meta_";

/** The targets of one scrape config. A target that cannot be scraped is an error of its own and hides no other. */
export function buildTargets(scrape: ScrapeConfig, groups: readonly TargetGroup[]): BuiltTargets {
  const targets = new Map<string, TargetSpec>();
  const errors: TargetProblem[] = [];
  let dropped = 0;
  for (const group of groups) {
    for (const address of group.targets) {
      const built = buildTarget(scrape, address, group);
      if (built === null) {
        dropped += 1;
      } else if (typeof built === "string") {
        errors.push({ source: group.source, target: withoutUserInfo(address), message: built });
      } else if (!targets.has(built.hash)) {
        targets.set(built.hash, built);
      }
    }
  }
  return { targets: [...targets.values()], dropped, errors };
}

/** null where relabelling drops the target; a text says what is wrong with it. */
function buildTarget(scrape: ScrapeConfig, address: string, group: TargetGroup): TargetSpec | string | null {
  const discovered = discoveredLabels(scrape, address, group);
  const labels = relabel(discovered, scrape.relabelConfigs);
  if (labels === null) {
    return null;
  }
  const timing = timingOf(labels);
  const fault = addressFault(labels.get(ADDRESS) ?? "") ?? schemeFault(labels.get(SCHEME)) ?? valueFault(labels);
  if (fault !== undefined || typeof timing === "string") {
    return fault ?? (timing as string);
  }
  for (const name of labels.keys()) {
    if (name.startsWith(META)) {
      labels.delete(name);
    }
  }
  const where = labels.get(ADDRESS)!;
  if (!labels.has("instance")) {
    labels.set("instance", where);
  }
  const url = scrapeUrl(labels.get(SCHEME)!, where, labels.get(METRICS_PATH) ?? "", paramsOf(scrape, labels));
  if (!URL.canParse(url)) {
    return `invalid address ${JSON.stringify(withoutUserInfo(where))}; expected host:port`;
  }
  return {
    scrapePool: scrape.jobName,
    url,
    labels: new Map([...labels].filter(([name]) => !name.startsWith("__"))),
    discoveredLabels: discovered,
    ...timing,
    hash: identity(labels, url),
    scrape,
  };
}

function discoveredLabels(scrape: ScrapeConfig, address: string, group: TargetGroup): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [name, value] of group.labels) {
    if (value !== "") {
      labels.set(name, value);
    }
  }
  if (address !== "") {
    labels.set(ADDRESS, address);
  }
  const defaults: [name: string, value: string][] = [
    ["job", scrape.jobName],
    [INTERVAL, formatDuration(scrape.scrapeIntervalMs)],
    [TIMEOUT, formatDuration(scrape.scrapeTimeoutMs)],
    [METRICS_PATH, scrape.metricsPath],
    [SCHEME, scrape.scheme],
  ];
  for (const [key, values] of scrape.params) {
    defaults.push([PARAM + key, values[0] ?? ""]);
  }
  for (const [name, value] of defaults) {
    if (value !== "" && !labels.has(name)) {
      labels.set(name, value);
    }
  }
  return labels;
}

function withoutUserInfo(address: string): string {
  return address.slice(0, 200).replace(/^(.*\/\/)?[^/]*@/, "$1");
}

function addressFault(address: string): string | undefined {
  if (address === "") {
    return "no address: __address__ is empty after relabelling; expected host:port";
  }
  if (address.includes("/")) {
    return `${JSON.stringify(withoutUserInfo(address))} is a URL; expected host:port`;
  }
  return undefined;
}

function schemeFault(scheme = ""): string | undefined {
  return scheme === "http" || scheme === "https"
    ? undefined
    : `invalid __scheme__ ${JSON.stringify(scheme.slice(0, 40))}; expected http or https`;
}

function valueFault(labels: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of labels) {
    if (!value.isWellFormed()) {
      return `invalid value of label ${name}; expected valid Unicode`;
    }
  }
  return undefined;
}

function timingOf(labels: ReadonlyMap<string, string>): { intervalMs: number; timeoutMs: number } | string {
  const interval = labels.get(INTERVAL) ?? "";
  const timeout = labels.get(TIMEOUT) ?? "";
  const intervalMs = parseDuration(interval);
  const timeoutMs = parseDuration(timeout);
  if (!intervalMs) {
    return `invalid ${INTERVAL} ${JSON.stringify(interval.slice(0, 40))}; expected a duration above 0`;
  }
  if (!timeoutMs) {
    return `invalid ${TIMEOUT} ${JSON.stringify(timeout.slice(0, 40))}; expected a duration above 0`;
  }
  if (timeoutMs > intervalMs) {
    return `scrape timeout is longer than the scrape interval; found ${timeout}, expected at most ${interval}`;
  }
  return { intervalMs, timeoutMs };
}

/** A __param_ label stands for the first value of its parameter. */
function paramsOf(scrape: ScrapeConfig, labels: ReadonlyMap<string, string>): Map<string, readonly string[]> {
  const params = new Map(scrape.params);
  for (const [name, value] of labels) {
    if (name.startsWith(PARAM)) {
      const key = name.slice(PARAM.length);
      params.set(key, [value, ...(params.get(key)?.slice(1) ?? [])]);
    }
  }
  return params;
}

function identity(labels: ReadonlyMap<string, string>, url: string): string {
  const text = sortedEntries(labels).flat().concat(url);
  return createHash("sha1").update(JSON.stringify(text)).digest("hex");
}

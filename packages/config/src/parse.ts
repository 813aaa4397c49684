import { dirname } from "node:path";
import {
  type PrometheusYml,
  prometheusYml,
  type RawScrapeConfig,
  scrapeConfigsFile,
} from "@lockstep/schemas/files/prometheus-yml";
import type { LockstepConfig, ScrapeConfig } from "./config.ts";
import { decode } from "./decode.ts";
import { resolveLockstep } from "./lockstep-section.ts";
import { resolveModels } from "./models-section.ts";
import { type ConfigProblem, childPath, sortProblems } from "./problem.ts";
import { present, reportFor } from "./report.ts";
import { type Globals, resolveGlobals, resolveScrapeConfig } from "./scrape-config.ts";
import { buildTargets } from "./target.ts";
import { resolveTraces } from "./trace-section.ts";
import { openYaml, problemOf, type YamlFile } from "./yaml-file.ts";

export type ParseResult =
  | { readonly ok: true; readonly config: LockstepConfig; readonly warnings: ConfigProblem[] }
  | { readonly ok: false; readonly errors: ConfigProblem[] };

/** A file read by its shape alone. */
export type ReadFile<T> = { readonly yaml: YamlFile; readonly raw: T | undefined };
export type MainFile = ReadFile<PrometheusYml>;
export type IncludedFile = ReadFile<{ scrape_configs?: RawScrapeConfig[] | undefined }>;

/** Reads a prometheus.yml by itself; files it names in scrape_config_files are for loadConfig. `file` is for messages, and its folder the base of relative paths. */
export function parseConfig(text: string, file: string): ParseResult {
  const main = readMain(text, file);
  for (const [index] of present(main.raw?.scrape_config_files)) {
    const path = childPath("scrape_config_files", index);
    main.yaml.warnings.push(problemOf(main.yaml, path, "not read: only the file itself was given"));
  }
  return resolveConfig(main, []);
}

export function readMain(text: string, file: string): MainFile {
  const yaml = openYaml(text, file);
  return { yaml, raw: decode(yaml, prometheusYml) };
}

/** A file of scrape_config_files: one key, scrape_configs. */
export function readIncluded(text: string, file: string): IncludedFile {
  const yaml = openYaml(text, file);
  return { yaml, raw: decode(yaml, scrapeConfigsFile) };
}

export type ResolveOptions = {
  /** Builds the static targets too; one that cannot be scraped is a warning, since Prometheus starts with it. */
  readonly tryTargets?: boolean;
};

/** The checks and defaults that take more than one key, over all files. */
export function resolveConfig(
  main: MainFile,
  included: readonly IncludedFile[],
  options: ResolveOptions = {},
): ParseResult {
  const directory = dirname(main.yaml.file);
  const report = reportFor(main.yaml);
  const globals = resolveGlobals(main.raw?.global ?? {}, report);
  const jobs = new Map<string, string>();
  const resolved = [main, ...included].map((file) => ({ file, configs: resolveJobs(file, globals, jobs) }));
  const scrapeConfigs = resolved.flatMap(({ configs }) => configs);
  const lockstep = resolveLockstep(main.raw?.lockstep, directory, report);
  const traces = resolveTraces(main.raw?.lockstep, directory, report);
  const models = resolveModels(main.raw?.lockstep?.models, report);
  const files = [main, ...included].map((file) => file.yaml);
  const errors = files.flatMap((yaml) => yaml.errors);
  if (errors.length > 0) {
    return { ok: false, errors: sortProblems(errors) };
  }
  if (options.tryTargets === true) {
    for (const { file, configs } of resolved) {
      warnOfTargets(file.yaml, configs);
    }
  }
  const warnings = sortProblems(files.flatMap((yaml) => yaml.warnings));
  return { ok: true, config: { file: main.yaml.file, scrapeConfigs, lockstep, traces, models }, warnings };
}

/** Without errors, the configs stand in the file in this order. */
function warnOfTargets(yaml: YamlFile, configs: readonly ScrapeConfig[]): void {
  const report = reportFor(yaml);
  for (const [index, scrape] of configs.entries()) {
    for (const { source, target, message } of buildTargets(scrape, scrape.staticConfigs).errors) {
      const path = `scrape_configs[${index}].static_configs[${source}].targets`;
      report.warn(path, `target ${JSON.stringify(target)} cannot be scraped: ${message}`);
    }
  }
}

/** `jobs` maps each job name seen to the place of the first that has it. */
function resolveJobs({ yaml, raw }: IncludedFile, globals: Globals, jobs: Map<string, string>): ScrapeConfig[] {
  const report = reportFor(yaml);
  return present(raw?.scrape_configs).map(([index, job]) => {
    const path = `scrape_configs[${index}]`;
    const config = resolveScrapeConfig(job, path, globals, dirname(yaml.file), report);
    const first = jobs.get(config.jobName);
    if (first !== undefined && config.jobName !== "") {
      const message = `job_name ${JSON.stringify(config.jobName)} is there twice`;
      report.error(`${path}.job_name`, message, { expected: `another name than that of ${first}` });
    }
    jobs.set(config.jobName, first ?? `${yaml.file} ${path}`);
    return config;
  });
}

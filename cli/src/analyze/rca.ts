/** `lockstep analyze rca`: a recorded case of a slow or failing service, by files alone. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type ComponentSeries, candidatesOf } from "@lockstep/analysis/linkage/call-graph-case";
import { type CauseAnswer, type RankedCause, rankCauses } from "@lockstep/analysis/linkage/rank-causes";
import {
  type MetricsTable,
  parseCallGraph,
  parseMetricsTable,
  RcaTableError,
} from "@lockstep/formats/rca/metrics-table";
import { z } from "zod";
import { StartError } from "../start/start-error.ts";
import { messageOf } from "./trace-files.ts";

/** Of the truth beside it nothing is read. */
const targetFile = z.object({
  target: z.object({ node: z.string(), metric: z.string(), agg: z.string(), timestamp: z.number() }),
});

type Target = z.infer<typeof targetFile>["target"];

/** How far above a case its graph and its normal operation may lie. */
const LEVELS = 4;

export type RcaVerdict = CauseAnswer & { readonly target: Target };

/** Rejects with StartError where a file is missing or cannot be read. */
export function judgeRca(path: string, cwd: string): RcaVerdict {
  const folder = resolve(cwd, path);
  const target = readTarget(join(folder, "target.json"));
  const issue = readTable(join(folder, "metrics.csv"));
  const usual = readTable(above(folder, join("noissue", "metrics.csv")));
  const graphFile = above(folder, "graph.csv");
  const calls = parsed(() => parseCallGraph(readText(graphFile), graphFile));
  const intervalSeconds = intervalOf(issue.times);
  const candidates = candidatesOf({
    symptom: target.node,
    worse: target.metric === "availability" ? "lower" : "higher",
    onset: target.timestamp,
    intervalSeconds,
    series: seriesOf(issue, usual, target),
  });
  const answer = rankCauses({
    symptom: target.node,
    onset: target.timestamp,
    resolution: intervalSeconds,
    candidates,
    dependencies: (entity) => calls.get(entity) ?? [],
  });
  return { ...answer, target };
}

export function rcaJson({ ranking, confidence }: RcaVerdict) {
  return { ranking: ranking.map(({ entity, ...rest }) => ({ node: entity, ...shown(rest) })), confidence };
}

function shown({ score, onset, standing, z, dose }: Omit<RankedCause, "entity">) {
  return {
    score: round(score),
    onset,
    evidence: { standing, z: round(z), ...(dose !== undefined && { dose: round(dose) }) },
  };
}

export function rcaText({ ranking, confidence, target }: RcaVerdict): string[] {
  const told = ranking.filter(
    ({ standing, dose = 0 }) => standing !== "apart" && (standing !== "unchanged" || dose > 0),
  );
  const when = new Date(target.timestamp * 1000).toISOString();
  const lines = [`${target.metric} of ${target.node} at ${when}: ${confidence} confidence`, ""];
  if (told.length === 0) return [...lines, "Nothing that it depends on left its usual range."];
  for (const { entity, z: distance, dose, standing } of told.slice(0, 10)) {
    const size = dose === undefined ? "size not known" : `explains ${Math.round(100 * dose)} % of the effect`;
    const off = `${distance.toFixed(1)} standard deviations off`;
    lines.push(`  ${standing.padEnd(9)} ${entity}: ${standing === "unchanged" ? "in its usual range" : off}, ${size}`);
  }
  return lines;
}

/** The statistic that the symptom was seen by, or the average where a component has only that. */
function seriesOf(issue: MetricsTable, usual: MetricsTable, { metric, agg }: Target): ComponentSeries[] {
  const components = [...new Set(issue.columns.map(({ component }) => component))];
  return components.flatMap((component) => {
    const column = columnOf(issue, component, metric, agg) ?? columnOf(issue, component, metric, "Average");
    if (column === undefined) return [];
    const before = columnOf(usual, component, metric, column.statistic);
    return {
      component,
      usual: before === undefined ? [] : [...before.values],
      times: issue.times,
      values: column.values,
      requests: columnOf(issue, component, "requests", "Sum")?.values,
    };
  });
}

function columnOf({ columns }: MetricsTable, component: string, metric: string, statistic: string) {
  return columns.find(
    (column) => column.component === component && column.metric === metric && column.statistic === statistic,
  );
}

function intervalOf(times: Float64Array): number {
  const gaps = Array.from(times.subarray(1), (time, i) => time - times[i]!).sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 0;
}

function readTarget(file: string): Target {
  let content: unknown;
  try {
    content = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${file}: found no JSON: ${messageOf(error)}`, { exitCode: 1 });
  }
  const target = targetFile.safeParse(content);
  if (target.success) return target.data.target;
  const [issue] = target.error.issues;
  throw new StartError(`${file}: ${issue?.path.join(".")}: ${issue?.message}`, { exitCode: 1 });
}

function readTable(file: string): MetricsTable {
  return parsed(() => parseMetricsTable(readText(file), file));
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof RcaTableError ? new StartError(error.message, { exitCode: 1 }) : error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new StartError(`cannot read ${file}: ${messageOf(error)}`, { exitCode: 1 });
  }
}

function above(folder: string, name: string): string {
  let at = folder;
  for (let level = 0; level < LEVELS; level++) {
    at = dirname(at);
    if (existsSync(join(at, name))) return join(at, name);
  }
  throw new StartError(`found no ${name} in the ${LEVELS} folders above ${folder}`, { exitCode: 1 });
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

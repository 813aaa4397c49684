/** Runs a campaign from its options to the page that is kept. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Outcome, OutcomesFile } from "./outcomes-file.ts";
import { parameters } from "./parameters.ts";
import { type CampaignOptions, type PlannedJob, planOf, seedAt } from "./plan.ts";
import { Progress } from "./progress.ts";
import { reportOf } from "./report.ts";
import type { FaultOutcome } from "./run-fault.ts";
import type { HealthyOutcome } from "./run-healthy.ts";
import { runJobs } from "./run-jobs.ts";

export type Options = CampaignOptions & {
  readonly command: string;
  readonly threads: number;
  /** Where outcomes are kept as they come, to go on from. */
  readonly keep: string | undefined;
  readonly out: string | undefined;
};

export async function stragglerCampaign(options: Options): Promise<void> {
  const began = performance.now();
  const { half, seeds, healthyWindows, only } = options;
  const file = new OutcomesFile(options.keep, {
    plan: JSON.stringify({ half, seeds, healthyWindows, only }),
    parameters: parametersHash(),
    detector: sourceHash(join(import.meta.dirname, "../../../../packages/analysis/src")),
  });
  const plan = planOf(options);
  const outcomes = new Map<number, Outcome>(file.known.map((outcome) => [outcome.job, outcome]));
  const left = [...plan.keys()].filter((job) => !outcomes.has(job));
  const progress = new Progress(
    "windows and jobs",
    plan.reduce((n, job) => n + weightOf(job), 0),
  );
  for (const { job } of file.known) progress.skip(weightOf(plan[job]!));
  await runJobs(left, options, options.threads, (outcome) => {
    // As it is read from the file again, so that a campaign in pieces and one in a go give the same page.
    outcomes.set(outcome.job, JSON.parse(JSON.stringify(outcome)) as Outcome);
    file.add(outcome);
    const planned = plan[outcome.job]!;
    progress.add(weightOf(planned), nameOf(planned));
  });
  const page = reportOf({
    command: options.command,
    half,
    seeds: `${half === "tune" ? "even" : "odd"} seeds, ${seedAt(half, 0)} to ${seedAt(half, seeds - 1)} and 1,000,000 on for healthy jobs`,
    parametersHash: parametersHash(),
    minutes: (performance.now() - began) / 60_000,
    ...inOrder(outcomes, plan.length),
  });
  process.stdout.write(page);
  if (options.out !== undefined) await writeFile(options.out, page);
}

function weightOf(planned: PlannedJob): number {
  return planned.fault === undefined ? planned.healthy.windows : 1;
}

function nameOf(planned: PlannedJob): string {
  return planned.fault === undefined ? `healthy, ${planned.healthy.layout.name}` : planned.fault.layout.name;
}

function inOrder(outcomes: ReadonlyMap<number, Outcome>, jobs: number) {
  const faults: FaultOutcome[] = [];
  const healthy: HealthyOutcome[] = [];
  for (let job = 0; job < jobs; job++) {
    const outcome = outcomes.get(job)!;
    if ("healthy" in outcome) healthy.push(outcome.healthy);
    else if (outcome.fault !== undefined) faults.push(outcome.fault);
  }
  return { faults, healthy };
}

/** Tells whether two campaigns had the same noise and faults. */
export function parametersHash(): string {
  return shortHash(JSON.stringify(parameters));
}

/** Of all source files below a folder, tests aside. */
function sourceHash(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  return shortHash(
    files
      .sort()
      .map((name) => `${name}\n${readFileSync(join(folder, name), "utf8")}`)
      .join(""),
  );
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

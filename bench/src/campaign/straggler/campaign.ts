/** Runs a campaign from its options to the page that is kept. */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { parameters } from "./parameters.ts";
import { type CampaignOptions, faultJobs, healthyJobs, scenarioOf, seedAt } from "./plan.ts";
import { Progress } from "./progress.ts";
import { reportOf } from "./report.ts";
import { type FaultOutcome, runFault } from "./run-fault.ts";
import { type HealthyOutcome, runHealthy } from "./run-healthy.ts";
import { drawScenario } from "./scenario.ts";

export type Options = CampaignOptions & { readonly command: string; readonly out: string | undefined };

export async function stragglerCampaign(options: Options): Promise<void> {
  const began = performance.now();
  const faults = runFaults(options);
  const healthy = runAllHealthy(options);
  const page = reportOf({
    command: options.command,
    half: options.half,
    seeds: `${options.half === "tune" ? "even" : "odd"} seeds, ${seedAt(options.half, 0)} to ${seedAt(options.half, options.seeds - 1)} and 1,000,000 on for healthy jobs`,
    parametersHash: parametersHash(),
    minutes: (performance.now() - began) / 60_000,
    faults,
    healthy,
  });
  process.stdout.write(page);
  if (options.out !== undefined) await writeFile(options.out, page);
}

/** Tells whether two campaigns had the same noise and faults. */
export function parametersHash(): string {
  return createHash("sha256").update(JSON.stringify(parameters)).digest("hex").slice(0, 16);
}

function runFaults(options: CampaignOptions): FaultOutcome[] {
  const jobs = [...faultJobs(options)];
  const progress = new Progress("jobs with a fault", jobs.length);
  const outcomes: FaultOutcome[] = [];
  for (const job of jobs) {
    const scenario = scenarioOf(job);
    if (scenario) outcomes.push(runFault(scenario));
    progress.add(1, job.layout.name);
  }
  return outcomes;
}

function runAllHealthy(options: CampaignOptions): HealthyOutcome[] {
  const jobs = [...healthyJobs(options)];
  const progress = new Progress(
    "healthy windows",
    jobs.reduce((n, { windows }) => n + windows, 0),
  );
  return jobs.map(({ layout, sequenceCv, seed, windows }) => {
    const outcome = runHealthy(drawScenario({ layout, sequenceCv, seed })!, windows);
    progress.add(windows, `${layout.name}, ${outcome.falseIncidents.length} false`);
    return outcome;
  });
}

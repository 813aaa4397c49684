/** One of the threads that run a campaign's jobs: gets the number of a job in the plan, gives its outcome. */
import { parentPort, workerData } from "node:worker_threads";
import type { Outcome } from "./outcomes-file.ts";
import { type CampaignOptions, planOf, scenarioOf } from "./plan.ts";
import { runFault } from "./run-fault.ts";
import { runHealthy } from "./run-healthy.ts";
import { drawScenario } from "./scenario.ts";

const plan = planOf(workerData as CampaignOptions);

function run(job: number): Outcome {
  const planned = plan[job]!;
  if (planned.fault === undefined) {
    const { layout, sequenceCv, seed, windows } = planned.healthy;
    return { job, healthy: runHealthy(drawScenario({ layout, sequenceCv, seed })!, windows) };
  }
  const scenario = scenarioOf(planned.fault);
  return { job, fault: scenario && runFault(scenario) };
}

parentPort!.on("message", (job: number) => parentPort!.postMessage(run(job)));

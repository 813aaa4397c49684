/** Runs the jobs of a plan on some threads, each taking the next one when it is done. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Outcome } from "./outcomes-file.ts";
import type { CampaignOptions } from "./plan.ts";

/** `jobs`: numbers in the plan of `options`. Outcomes come in any order. An error in a job ends it all. */
export async function runJobs(
  jobs: readonly number[],
  options: CampaignOptions,
  threads: number,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  const { half, seeds, healthyWindows, only } = options;
  const waiting = jobs.values();
  const work = async () => {
    const worker = new Worker(new URL("./job-worker.ts", import.meta.url), {
      workerData: { half, seeds, healthyWindows, only },
    });
    try {
      for (const job of waiting) {
        worker.postMessage(job);
        const [outcome] = (await once(worker, "message")) as [Outcome];
        onOutcome(outcome);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work));
}

/** Web's own metrics. */
import { exitCodeOf } from "@lockstep/process/exit-code";
import type { Histogram } from "@lockstep/process/metrics";
import { startSelfMetrics } from "@lockstep/process/self-metrics";
import { processEnv } from "@lockstep/schemas/process/env";
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";

/** On globalThis, because Next gives the instrumentation and each route module instances of their own. */
const slot = globalThis as { lockstepRequestSeconds?: Histogram };

const ENV = processEnv.pick({
  LOCKSTEP_HOST: true,
  LOCKSTEP_METRICS_PORT: true,
  LOCKSTEP_TOKEN_FILE: true,
  LOCKSTEP_INSTANCE: true,
});

/** Ends the process where its metrics cannot be served: a web that looks well and is not watched helps nobody. */
export async function startWebMetrics(): Promise<void> {
  if (slot.lockstepRequestSeconds !== undefined) return;
  try {
    const { meter } = await startSelfMetrics("web", ENV.parse(process.env));
    slot.lockstepRequestSeconds = meter.createHistogram(SELF_METRICS.requestSeconds, {
      description: "Until the answer's headers, by route and status.",
    });
  } catch (error) {
    process.stderr.write(`web: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

/** Counts how long `answer` takes to give a response, under a route whose names are few. */
export async function measured(route: string, answer: () => Promise<Response>): Promise<Response> {
  const requests = slot.lockstepRequestSeconds;
  if (requests === undefined) return answer();
  const start = performance.now();
  let status = 500;
  try {
    const response = await answer();
    status = response.status;
    return response;
  } finally {
    requests.record((performance.now() - start) / 1000, { route, status });
  }
}

/** What watch counts of its own work; see schemas/src/process/self-metrics.ts for what each means. */
import type { Leadership } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import { SECONDS_BOUNDS, SELF_METRICS } from "@lockstep/schemas/process/self-metrics";

export type WatchMetrics = {
  timed(task: string, run: () => Promise<void>): Promise<void>;
  failed(task: string): void;
};

export function createWatchMetrics(meter: Meter, leadership: Leadership): WatchMetrics {
  meter.createObservableGauge(SELF_METRICS.watchLeads).addCallback((result) => {
    result.observe(leadership.leads ? 1 : 0);
  });
  const advice = { explicitBucketBoundaries: [...SECONDS_BOUNDS] };
  const seconds = meter.createHistogram(SELF_METRICS.taskSeconds, { unit: "s", advice });
  const failures = meter.createCounter(SELF_METRICS.taskFailures);
  return {
    async timed(task, run) {
      const began = performance.now();
      try {
        await run();
      } finally {
        seconds.record((performance.now() - began) / 1000, { task });
      }
    },
    failed: (task) => failures.add(1, { task }),
  };
}

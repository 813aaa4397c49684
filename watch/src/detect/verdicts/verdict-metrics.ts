/** Verdicts on the page of this watch's metrics; schemas/src/process/verdict-metrics.ts says what each means. */
import type { Meter, ObservableResult } from "@lockstep/process/metrics";
import { VERDICT_METRICS } from "@lockstep/schemas/process/verdict-metrics";
import type { JobVerdict, VerdictBoard } from "./verdict-board.ts";

/**
 * Counters too are given as gauges: what a gauge no longer shows is gone from the page, where a counter would show a job that
 * ended for ever. A query's rate() takes either.
 */
export function showVerdicts(meter: Meter, board: VerdictBoard): void {
  const gauge = (name: string, observe: (result: ObservableResult, job: string, verdict: JobVerdict) => void) =>
    meter.createObservableGauge(name).addCallback((result) => {
      for (const [job, verdict] of board.jobs) observe(result, job, verdict);
    });
  const perJob = (name: string, value: (verdict: JobVerdict) => number | undefined) =>
    gauge(name, (result, job, verdict) => {
      const told = value(verdict);
      if (told !== undefined) result.observe(told, { job });
    });
  perJob(VERDICT_METRICS.jobStepSeconds, ({ stepSeconds }) => stepSeconds);
  perJob(VERDICT_METRICS.jobSlowdown, ({ slowdown }) => slowdown);
  perJob(VERDICT_METRICS.jobRanks, ({ ranks }) => ranks);
  perJob(VERDICT_METRICS.wasteGpuSeconds, ({ ranks, wasteGpuSeconds }) =>
    ranks === undefined ? undefined : wasteGpuSeconds,
  );
  perJob(VERDICT_METRICS.hang, ({ hangs }) => (hangs === undefined ? undefined : Number(hangs)));
  gauge(VERDICT_METRICS.stragglerScore, (result, job, { scores }) => {
    for (const { rank, node = "", gpu = "", score } of scores)
      result.observe(score, { job, rank: String(rank), node, gpu });
  });
  gauge(VERDICT_METRICS.rankWaitSeconds, (result, job, { waited }) => {
    for (const { labels, seconds } of waited.values()) result.observe(seconds, { job, ...labels });
  });
}

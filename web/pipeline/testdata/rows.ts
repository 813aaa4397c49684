/** Series of the last five minutes, as pipelineNow gives them. */
import type { PipelineRow } from "@lockstep/schemas/queries/pipeline-now";

export const NOW = 1_800_000_000_000;

type Labels = Readonly<Record<string, string>>;

const row = (metric: string, labels: Labels): PipelineRow => ({
  metric,
  labels: { __name__: metric, job: "lockstep", ...labels },
  value: null,
  first: null,
  peak: null,
  rise: null,
  seconds: 300,
  born: 0,
  ts: NOW,
});

/** It rose by `rise`; `born`: from zero, and its first sample was `born`. */
export function counter(metric: string, labels: Labels, rise: number | null, born?: number): PipelineRow {
  const first = born ?? 1000;
  const value = first + (rise ?? 0);
  return { ...row(metric, labels), first, value, peak: value, rise, born: born === undefined ? 0 : 1 };
}

export function gauge(metric: string, labels: Labels, value: number | null, first = value): PipelineRow {
  const known = [value, first].filter((one) => one !== null);
  return { ...row(metric, labels), value, first, peak: known.length === 0 ? null : Math.max(...known), rise: 0 };
}

/** A histogram in which all of `count` took `seconds`. */
export function timed(metric: string, labels: Labels, count: number, seconds: number): PipelineRow[] {
  return [
    counter(`${metric}_count`, labels, count),
    counter(`${metric}_sum`, labels, count * seconds),
    counter(`${metric}_bucket`, { ...labels, le: String(seconds) }, count),
    counter(`${metric}_bucket`, { ...labels, le: "+Inf" }, count),
  ];
}

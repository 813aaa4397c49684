/** Figures of many outcomes. Unknown figures are NaN: a share of nothing is not 0. */
import type { FaultOutcome } from "./run-fault.ts";

export type Tally = {
  readonly jobs: number;
  /** Jobs in which an incident with the right kind and place was opened. */
  readonly recall: number;
  /** Jobs in which a window said it, before it lasted long enough for an incident. */
  readonly found: number;
  /** Right incidents of right and false ones. */
  readonly precision: number;
  /** Of the jobs in which anything was opened, those where the first was right. */
  readonly top1: number;
  /** Of the right findings, those whose cause is right. */
  readonly cause: number;
  /** Steps from the onset to the opened incident. */
  readonly stepsMedian: number;
  readonly stepsP95: number;
  /** Said slow-down less the true one, in points of the step without the fault. */
  readonly slowdownErrorMedian: number;
  readonly slowdownErrorP95: number;
  /** Said waste of the true one. */
  readonly wasteRatio: number;
  readonly trueSlowdown: number;
};

export function tally(outcomes: readonly FaultOutcome[]): Tally {
  const opened = outcomes.filter(({ openedAfter }) => openedAfter !== undefined);
  const answered = outcomes.filter(({ firstIsRight }) => firstIsRight !== undefined);
  const caused = outcomes.flatMap(({ cause }) => (cause ? [cause] : []));
  const falseIncidents = outcomes.reduce((n, outcome) => n + outcome.falseIncidents.length, 0);
  const steps = sorted(opened.map(({ openedAfter }) => openedAfter!));
  const costs = outcomes.flatMap(({ cost }) => (cost ? [cost] : []));
  const errors = costs.flatMap(({ truth, said }) =>
    said.slowdown === undefined ? [] : [Math.abs(said.slowdown - truth.slowdown)],
  );
  const wastes = costs.flatMap(({ truth, said }) =>
    said.wasteGpuSeconds === undefined ? [] : [said.wasteGpuSeconds / truth.wasteGpuSeconds],
  );
  return {
    jobs: outcomes.length,
    recall: opened.length / outcomes.length,
    found: outcomes.filter(({ foundAfter }) => foundAfter !== undefined).length / outcomes.length,
    precision: opened.length / (opened.length + falseIncidents),
    top1: answered.filter(({ firstIsRight }) => firstIsRight).length / answered.length,
    cause: caused.filter(({ right }) => right).length / caused.length,
    stepsMedian: quantile(steps, 0.5),
    stepsP95: quantile(steps, 0.95),
    slowdownErrorMedian: quantile(sorted(errors), 0.5),
    slowdownErrorP95: quantile(sorted(errors), 0.95),
    wasteRatio: quantile(sorted(wastes), 0.5),
    trueSlowdown: quantile(sorted(costs.map(({ truth }) => truth.slowdown)), 0.5),
  };
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** Of sorted values, the nearest rank. */
export function quantile(values: readonly number[], p: number): number {
  return values[Math.max(0, Math.ceil(p * values.length) - 1)] ?? Number.NaN;
}

/** In the order in which the keys first appear. */
export function groupBy<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const name = key(value);
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}

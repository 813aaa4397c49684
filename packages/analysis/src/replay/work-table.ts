/** How long each worker worked in each step, by its own clock: what is compared before anybody is named. */
import { median } from "../stats/median.ts";
import type { WhatIf } from "./what-if.ts";

/** Seconds, [worker * steps + step]; NaN where the worker has nothing in the step or the step cannot be replayed. */
export type WorkTable = {
  /** Of forward and backward. */
  readonly compute: Float64Array;
  /** All that it does alone: compute, what ends by itself, and the gaps before operations that nothing recorded explains. */
  readonly self: Float64Array;
  /** The gaps in `self`. */
  readonly gaps: Float64Array;
};

export function workTable({ trace, workerSteps, graph, recorded, delay, usable }: WhatIf): WorkTable {
  const size = trace.workers.length * trace.steps.length;
  const [compute, self, gaps] = [0, 1, 2].map(() => new Float64Array(size).fill(Number.NaN));
  for (const own of workerSteps) {
    if (!usable[own.step] || own.compute.length === 0) continue;
    const at = own.worker * trace.steps.length + own.step;
    const sum = (values: Float64Array, rows: readonly number[]) => rows.reduce((total, row) => total + values[row]!, 0);
    const alone = [...own.beside, ...own.tail].filter((row) => graph.group[row]! < 0);
    compute![at] = sum(recorded, own.compute);
    gaps![at] = sum(delay, own.compute) + sum(delay, own.tail) + sum(delay, own.beside);
    self![at] = compute![at]! + sum(recorded, alone) + gaps![at]!;
  }
  return { compute: compute!, self: self!, gaps: gaps! };
}

/**
 * Per step: logarithm of a worker's value over the median of the others'; NaN where it or all others are not known.
 */
export function logRatios(
  values: Float64Array,
  steps: number,
  worker: number,
  others: readonly number[],
): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) => {
    const peers = others.map((other) => values[other * steps + step]!);
    return Math.log(values[worker * steps + step]! / median(peers));
  });
}

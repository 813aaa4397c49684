/**
 * Micro-batches of unequal work. Forward and backward of the same micro-batch are then long together; pauses of the host
 * lengthen one of them. Correlation alone is not enough, healthy jobs reach 0.90 of next to no variation.
 */
import { correlation } from "../stats/correlation.ts";
import { median } from "../stats/median.ts";
import { leastSlowdown } from "./slow-workers.ts";
import { meanOf, type WhatIf } from "./what-if.ts";

export type UnevenBatches = {
  /** Medians over the workers: correlation of forward and backward, coefficient of variation of a micro-batch's compute. */
  readonly correlation: number;
  readonly variation: number;
  /** Of the workers that show both. */
  readonly share: number;
  /** Step time / step time with every compute of a worker as long as the mean of its kind. */
  readonly slowdown: number;
  /** Whether lengths explain it: long together. */
  readonly byLength: boolean;
};

const leastCorrelation = 0.95;
const leastVariation = 0.1;
/** Without the correlation the variation has no known reason, and is told only where it costs much. */
const leastUnexplained = 1.05;

export function unevenBatches(whatIf: WhatIf): UnevenBatches | undefined {
  const byWorker = whatIf.trace.workers
    .map((_, worker) => pairsOf(whatIf, worker))
    .filter(({ total }) => total.length > 2);
  if (byWorker.length === 0) return undefined;
  const measured = byWorker.map(({ forward, backward, total }) => ({
    correlation: correlation(forward, backward),
    variation: variationOf(total),
  }));
  const varied = measured.filter(({ variation }) => variation >= leastVariation);
  const share = varied.filter((each) => each.correlation >= leastCorrelation).length / measured.length;
  if (varied.length < 0.5 * measured.length) return undefined;
  const slowdown = slowdownOfVariation(whatIf);
  const byLength = share >= 0.5;
  if (slowdown < (byLength ? leastSlowdown : leastUnexplained)) return undefined;
  return {
    correlation: median(measured.map((each) => each.correlation)),
    variation: median(measured.map(({ variation }) => variation)),
    share,
    slowdown,
    byLength,
  };
}

type Pairs = { readonly forward: number[]; readonly backward: number[]; readonly total: number[] };

/** Computes of the worker's micro-batches, each over the mean of its model chunk. */
function pairsOf({ trace, workerSteps, recorded, usable }: WhatIf, worker: number): Pairs {
  const byChunk = new Map<number, Pairs>();
  for (const own of workerSteps) {
    if (own.worker !== worker || !usable[own.step]) continue;
    const key = (row: number, place: number) =>
      `${trace.modelChunk[row]}/${trace.microBatch[row]! >= 0 ? trace.microBatch[row] : place}`;
    const backward = new Map(own.backward.map((row, place) => [key(row, place), row]));
    for (const [place, row] of own.forward.entries()) {
      const same = backward.get(key(row, place));
      if (same === undefined) continue;
      const chunk = trace.modelChunk[row]!;
      const pairs = byChunk.get(chunk) ?? { forward: [], backward: [], total: [] };
      byChunk.set(chunk, pairs);
      pairs.forward.push(recorded[row]!);
      pairs.backward.push(recorded[same]!);
      pairs.total.push(recorded[row]! + recorded[same]!);
    }
  }
  const scaled = (values: readonly number[]) => {
    const mean = meanOf(Float64Array.from(values));
    return values.map((value) => value / mean);
  };
  const chunks = [...byChunk.values()];
  return {
    forward: chunks.flatMap(({ forward }) => scaled(forward)),
    backward: chunks.flatMap(({ backward }) => scaled(backward)),
    total: chunks.flatMap(({ total }) => scaled(total)),
  };
}

/** Standard deviation of values whose mean is 1. */
function variationOf(values: readonly number[]): number {
  return Math.sqrt(meanOf(Float64Array.from(values, (value) => (value - 1) ** 2)));
}

function slowdownOfVariation(whatIf: WhatIf): number {
  const { trace, recorded, workerSteps, usable } = whatIf;
  const even = recorded.slice();
  const places = new Map<string, number[]>();
  for (const own of workerSteps) {
    if (!usable[own.step]) continue;
    for (const row of own.compute) {
      const key = `${own.worker}/${trace.optype[row]}/${trace.modelChunk[row]}`;
      const rows = places.get(key);
      if (rows) rows.push(row);
      else places.set(key, [row]);
    }
  }
  for (const rows of places.values()) {
    const mean = meanOf(Float64Array.from(rows, (row) => recorded[row]!));
    for (const row of rows) even[row] = mean;
  }
  return whatIf.stepTime({ seconds: recorded }) / whatIf.stepTime({ seconds: even });
}

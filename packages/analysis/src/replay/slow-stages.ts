/** Pipeline stages that have more to compute than the others, on all replicas alike. */
import { type Excess, excessOf, isPersistent } from "./persistent-excess.ts";
import { leastSlowdown } from "./slow-workers.ts";
import { meanOf, type WhatIf } from "./what-if.ts";
import { logRatios, type WorkTable } from "./work-table.ts";

export type SlowStage = {
  readonly stage: number;
  /** Of the worker in the lower middle of the stage: one slow worker does not make it slow. */
  readonly excess: Excess;
  /** Indexes into the trace's workers. */
  readonly workers: readonly number[];
  /** Step time / step time with the same compute spread evenly over the stages. */
  readonly slowdown: number;
};

/** Of the stage's workers that must be slow one by one. */
const slowShare = 0.8;

export function slowStages(whatIf: WhatIf, { compute }: WorkTable): SlowStage[] {
  const { trace } = whatIf;
  if (trace.stages < 2) return [];
  const steps = trace.steps.length;
  // Against the other stages of the same replica: these have the same batches, however uneven those are.
  const excess = trace.workers.map(({ dpRank, stage }, worker) => {
    const others = trace.workers.flatMap((each, other) =>
      each.dpRank === dpRank && each.stage !== stage ? [other] : [],
    );
    return excessOf(logRatios(compute, steps, worker, others));
  });
  const found = Array.from({ length: trace.stages }, (_, stage) => stage).flatMap((stage) => {
    const workers = trace.workers.flatMap((each, worker) => (each.stage === stage ? [worker] : []));
    const ranked = workers.map((worker) => excess[worker]!).sort((a, b) => a.score - b.score);
    const middle = ranked[Math.floor((ranked.length - 1) / 2)];
    if (middle === undefined || !isPersistent(middle)) return [];
    if (ranked.filter(isPersistent).length < slowShare * ranked.length) return [];
    return [{ stage, workers, excess: middle }];
  });
  if (found.length === 0) return [];
  const slowdown = slowdownOfPartition(whatIf);
  return slowdown >= leastSlowdown ? found.map((each) => ({ ...each, slowdown })) : [];
}

/** Every stage's computes scaled to the mean of all stages; those of a direction by themselves, as their shares differ. */
function slowdownOfPartition(whatIf: WhatIf): number {
  const { trace, recorded, workerSteps } = whatIf;
  const places = trace.stages * trace.optypes.length;
  const sum = new Float64Array(places);
  const count = new Float64Array(places);
  const place = (row: number) => trace.optype[row]! * trace.stages + trace.stage[row]!;
  const rows = workerSteps.flatMap((own) => (whatIf.usable[own.step] ? own.compute : []));
  for (const row of rows) {
    sum[place(row)]! += recorded[row]!;
    count[place(row)]!++;
  }
  const even = recorded.slice();
  for (const row of rows) {
    const from = trace.optype[row]! * trace.stages;
    const means = sum.subarray(from, from + trace.stages).map((total, stage) => total / count[from + stage]!);
    even[row]! *= meanOf(means) / means[trace.stage[row]!]!;
  }
  return meanOf(whatIf.stepTimes({ seconds: recorded })) / meanOf(whatIf.stepTimes({ seconds: even }));
}

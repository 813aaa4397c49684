/** Joins the step rows of a job's ranks, operation by operation, into the columns that are judged. */

import { medianOfPrefix } from "../stats/median.ts";
import type { JobWindow } from "../straggler/job-window.ts";
import { inferTopology } from "../topology/infer-topology.ts";
import type { JobTopology } from "../topology/job-topology.ts";
import { alignSteps, type StepShifts } from "./align-steps.ts";
import type { StepRow } from "./step-row.ts";
import { WindowColumns } from "./window-columns.ts";

export type WindowOptions = {
  readonly firstStep: number;
  readonly steps: number;
  /** Else inferred from the rows. */
  readonly topology?: JobTopology;
  /** Else from the rows: give them where the rows hold no more than the window. */
  readonly shifts?: StepShifts;
};

/** Numbers in the columns of a window, at most: 200 MB. */
export const maxWindowNumbers = 25_000_000;

export class WindowTooLargeError extends Error {
  override readonly name = "WindowTooLargeError";
}

/**
 * `rows` of one job, in any order; those of other steps and odd ones are left out, as are earlier runs of a process.
 * What was not heard is NaN. Throws WindowTooLargeError where the columns would hold more than `maxWindowNumbers`.
 */
export function buildWindow(rows: Iterable<StepRow>, options: WindowOptions): JobWindow {
  const { firstStep, steps } = options;
  const newest = newestRuns([...rows]);
  const topology = options.topology ?? inferTopology(newest);
  const shifts = options.shifts ?? alignSteps(newest);
  refuseMoreThan(maxWindowNumbers, topology.ranks.length * steps, topology, options);
  const columns = new WindowColumns(topology, steps);
  const stepTime = new Float64Array(topology.ranks.length * steps).fill(Number.NaN);
  const self = new Float64Array(topology.ranks.length * steps).fill(Number.NaN);
  const ended = new Float64Array(topology.ranks.length * steps).fill(Number.NaN);
  let kernelTiming = newest.length > 0;
  for (const row of newest) {
    const step = row.step + shifts.shiftOf(row.process, row.step) - firstStep;
    if (step < 0 || step >= steps) continue;
    const rank = columns.indexOf(row.process);
    if (rank === undefined) continue;
    const cell = rank * steps + step;
    if (row.ended !== undefined) ended[cell] = row.ended;
    if (row.odd) continue;
    if (row.timing !== "kernel_gpu") kernelTiming = false;
    columns.count(row, step);
    if (row.step_us !== undefined) stepTime[cell] = row.step_us;
    if (row.self_us !== undefined) self[cell] = row.self_us + (Number.isNaN(self[cell]) ? 0 : self[cell]!);
  }
  refuseMoreThan(maxWindowNumbers, columns.numbers, topology, options);
  return {
    job: topology.job,
    firstStep,
    steps,
    ranks: topology.ranks,
    communicators: columns.communicators,
    operations: columns.join(),
    stepTime,
    self,
    endedAt: medianEnds(ended, topology.ranks.length, steps),
    kernelTiming,
  };
}

function refuseMoreThan(most: number, found: number, { job, ranks }: JobTopology, { firstStep, steps }: WindowOptions) {
  if (found <= most) return;
  const place = `${job}, steps ${firstStep} to ${firstStep + steps - 1}`;
  throw new WindowTooLargeError(
    `${place}: found ${found} numbers of ${ranks.length} ranks, expected at most ${most}: take fewer steps`,
  );
}

/** A process that began again counts its steps anew: only its last run is of this window. */
function newestRuns(rows: readonly StepRow[]): readonly StepRow[] {
  const runs = new Map<string, number>();
  let several = false;
  for (const { process, run } of rows) {
    const known = runs.get(process);
    if (known !== undefined && known !== run) several = true;
    if (known === undefined || run > known) runs.set(process, run);
  }
  return several ? rows.filter(({ process, run }) => runs.get(process) === run) : rows;
}

/** Milliseconds. */
function medianEnds(ended: Float64Array, ranks: number, steps: number): Float64Array {
  const buffer = new Float64Array(ranks);
  return Float64Array.from({ length: steps }, (_, step) => {
    let n = 0;
    for (let rank = 0; rank < ranks; rank++) {
      const us = ended[rank * steps + step]!;
      if (!Number.isNaN(us)) buffer[n++] = us;
    }
    return medianOfPrefix(buffer, n) / 1e3;
  });
}

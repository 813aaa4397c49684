/** Self time of each rank and step, from the best that the source gives. */
import { median, medianOfPrefix } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";

/**
 * measured: the time between operations on the rank's own clock. subtracted: step time less the time in operations.
 * relative: neither is dated; only differences between ranks are known, by who waited less.
 */
export type SelfTimeSource = "measured" | "subtracted" | "relative" | "none";

export type SelfTime = {
  readonly source: SelfTimeSource;
  /** Microseconds, [rank * steps + step]. */
  readonly self: Float64Array;
  /** Of the job by step, microseconds: the median over its ranks; NaN where nothing is dated. */
  readonly jobStep: Float64Array;
  /** The same, or where it is NaN the longest time that a rank spent in operations: no step is shorter. For shares only. */
  readonly shareOf: Float64Array;
};

export function selfTime(window: JobWindow): SelfTime {
  const jobStep = medianOverRanks(window, window.stepTime);
  const cells = window.ranks.length * window.steps;
  const measured = finiteCount(window.self);
  if (measured > cells / 2) return { source: "measured", self: window.self, jobStep, shareOf: jobStep };

  const busy = timeInOperations(window);
  const self = new Float64Array(cells);
  for (let cell = 0; cell < cells; cell++) self[cell] = positive(window.stepTime[cell]! - busy[cell]!);
  const shareOf = jobStep.map((us, step) => (Number.isNaN(us) ? maxOverRanks(window, busy, step) : us));
  if (finiteCount(self) > cells / 2) return { source: "subtracted", self, jobStep, shareOf };

  const source = finiteCount(busy) > 0 ? "relative" : measured > 0 ? "measured" : "none";
  if (source !== "relative") return { source, self: window.self, jobStep, shareOf };
  return { source, self: relativeSelf(window, busy), jobStep, shareOf };
}

/**
 * All ranks leave a step together, so a rank that spent less time in operations worked that much longer. The differences
 * are exact; they are put on top of the longest time in operations, so that ratios count them in shares of the time that
 * the others wait and transfer. How many times longer the rank works cannot be known.
 */
function relativeSelf(window: JobWindow, busy: Float64Array): Float64Array {
  const typical = medianOverRanks(window, busy);
  const self = new Float64Array(busy.length);
  for (let step = 0; step < window.steps; step++) {
    const longest = maxOverRanks(window, busy, step);
    for (let rank = 0; rank < window.ranks.length; rank++) {
      const cell = rank * window.steps + step;
      self[cell] = positive(longest + typical[step]! - busy[cell]!);
    }
  }
  return self;
}

/** NaN where one of the rank's operations in the step was not heard: the rest of the sum would pass for self time. */
function timeInOperations(window: JobWindow): Float64Array {
  const { steps } = window;
  const busy = new Float64Array(window.ranks.length * steps);
  const heard = new Uint8Array(window.ranks.length);
  for (const { communicator, slots, exec } of window.operations) {
    const { members } = window.communicators[communicator]!;
    for (let member = 0; member < members.length; member++) {
      const rank = members[member]!;
      if (rank < 0) continue;
      heard[rank] = 1;
      for (let row = 0; row < steps * slots; row++) {
        busy[rank * steps + Math.floor(row / slots)]! += exec[row * members.length + member]!;
      }
    }
  }
  for (let rank = 0; rank < heard.length; rank++) {
    if (!heard[rank]) busy.fill(Number.NaN, rank * steps, (rank + 1) * steps);
  }
  return busy;
}

function medianOverRanks(window: JobWindow, values: Float64Array): Float64Array {
  const buffer = new Float64Array(window.ranks.length);
  const result = new Float64Array(window.steps);
  for (let step = 0; step < window.steps; step++) {
    let n = 0;
    for (let rank = 0; rank < window.ranks.length; rank++) {
      const value = values[rank * window.steps + step]!;
      if (Number.isFinite(value)) buffer[n++] = value;
    }
    result[step] = medianOfPrefix(buffer, n);
  }
  return result;
}

function maxOverRanks(window: JobWindow, values: Float64Array, step: number): number {
  let max = Number.NaN;
  for (let rank = 0; rank < window.ranks.length; rank++) {
    const value = values[rank * window.steps + step]!;
    if (!(value <= max) && Number.isFinite(value)) max = value;
  }
  return max;
}

/** By rank, microseconds. */
export function medianOverSteps(values: Float64Array, ranks: number, steps: number): Float64Array {
  return Float64Array.from({ length: ranks }, (_, rank) => median(values.subarray(rank * steps, (rank + 1) * steps)));
}

function positive(value: number): number {
  return value > 0 ? value : Number.NaN;
}

function finiteCount(values: Float64Array): number {
  let count = 0;
  for (const value of values) if (Number.isFinite(value)) count++;
  return count;
}

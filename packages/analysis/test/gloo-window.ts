/** The recorded four-process all-reduce run as windows; undefined where the recordings are absent. */
import { existsSync, readFileSync } from "node:fs";
import type { JobWindow } from "../src/straggler/job-window.ts";

const folder = new URL("../../../../shared/vectors/gloo_runs/", import.meta.url);

type Run = {
  readonly rank: number;
  readonly recs: readonly (readonly [sequence: number, start: number, end: number])[];
};

export function glooRun(): Run[] | undefined {
  if (!existsSync(folder)) return undefined;
  return [0, 1, 2, 3].map((rank) => JSON.parse(readFileSync(new URL(`r${rank}.json`, folder), "utf8")) as Run);
}

/**
 * A step is from the end of one operation to the end of the next, on the rank's own clock, so the first record only dates
 * the beginning of step 1. `shiftSeconds` moves a rank's clock.
 */
export function glooWindow(
  runs: readonly Run[],
  firstStep: number,
  steps: number,
  shiftSeconds = [0, 0, 0, 0],
): JobWindow {
  const exec = new Float32Array(steps * 4);
  const stepTime = new Float64Array(4 * steps);
  const self = new Float64Array(4 * steps);
  const endedAt = new Float64Array(steps);
  for (const { rank, recs } of runs) {
    const shift = shiftSeconds[rank]!;
    for (let step = 0; step < steps; step++) {
      const before = recs[firstStep + step - 1]![2] + shift;
      const [, start, end] = recs[firstStep + step]!;
      exec[step * 4 + rank] = (end - start) * 1e6;
      self[rank * steps + step] = (start + shift - before) * 1e6;
      stepTime[rank * steps + step] = (end + shift - before) * 1e6;
      if (rank === 1) endedAt[step] = end * 1e3;
    }
  }
  return {
    job: "gloo",
    firstStep,
    steps,
    ranks: runs.map(({ rank }) => ({ rank, process: `rank ${rank}`, node: undefined, gpu: undefined })),
    communicators: [{ id: "all", kind: "WORLD", members: Int32Array.of(0, 1, 2, 3) }],
    operations: [{ communicator: 0, collective: "AllReduce", bytes: Number.NaN, slots: 1, perSlot: 1, exec }],
    stepTime,
    self,
    endedAt,
    kernelTiming: false,
  };
}

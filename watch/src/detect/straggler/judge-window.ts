/** From the step rows of one window to its judgement. Pure. */
import { alignSteps, type StepShifts } from "@lockstep/analysis/fold/align-steps";
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import { buildWindow } from "@lockstep/analysis/fold/window";
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import { judge } from "@lockstep/analysis/straggler/judge";
import type { JobHistory, Judgement } from "@lockstep/analysis/straggler/judgement";
import { inferTopology } from "@lockstep/analysis/topology/infer-topology";
import type { RankNumbering } from "@lockstep/analysis/topology/job-topology";
import type { GpuInventory } from "../places/gpu-inventory.ts";
import type { Places } from "../places/place-files.ts";
import type { WindowPlan } from "./plan-windows.ts";

export type Surroundings = {
  readonly topology: Places["topology"];
  readonly inventory: GpuInventory;
  readonly history: JobHistory;
};

/** Processes count their steps otherwise than others do, and nothing tells by how much. */
export class UnjoinedStepsError extends Error {
  override readonly name = "UnjoinedStepsError";
}

/** With fewer of the ranks in the window, those who wait for the others would be blamed for it. */
const leastJoined = 0.8;

/** Throws WindowTooLargeError and UnjoinedStepsError. */
export function judgeWindow(
  job: string,
  rows: readonly StepRow[],
  plan: WindowPlan,
  { topology: told, inventory, history }: Surroundings,
): { readonly window: JobWindow; readonly judgement: Judgement; readonly numbering: RankNumbering } {
  const inferred = inferTopology(rows, told === undefined ? {} : { ranks: told });
  const gpus = inventory.gpusOf(job, inferred.ranks);
  const ranks = inferred.ranks.map((rank, at) => {
    const gpu = gpus[at];
    return { ...rank, gpu, gpuIndex: gpu === undefined ? undefined : inventory.indexOf(rank.node, gpu) };
  });
  const topology = { ...inferred, job, ranks };
  const place = placeOf(rows, plan);
  const window = buildWindow(rows, { ...place, steps: plan.steps, topology });
  if (place.shifts !== undefined) refuseUnjoined(window);
  return { window, judgement: judge(window, { history }), numbering: inferred.numbering };
}

/**
 * Where some processes count their steps otherwise, joining may renumber those that the window was planned by, if they are
 * the fewer: the window is where they went.
 */
function placeOf(
  rows: readonly StepRow[],
  { firstStep, steps, read }: WindowPlan,
): { readonly firstStep: number; readonly shifts?: StepShifts } {
  if (read.every((step) => step >= firstStep && step < firstStep + steps)) return { firstStep };
  const shifts = alignSteps(rows);
  const votes = new Map<number, number>();
  for (const { process, step } of rows) {
    if (step < firstStep || step >= firstStep + steps) continue;
    const shift = shifts.shiftOf(process, step);
    votes.set(shift, (votes.get(shift) ?? 0) + 1);
  }
  const [shift = 0] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { firstStep: firstStep + shift, shifts };
}

function refuseUnjoined({ ranks, steps, stepTime, self }: JobWindow): void {
  const heard = ranks.filter((_, rank) => {
    for (let at = rank * steps; at < (rank + 1) * steps; at++)
      if (!Number.isNaN(stepTime[at]!) || !Number.isNaN(self[at]!)) return true;
    return false;
  }).length;
  if (heard >= leastJoined * ranks.length) return;
  throw new UnjoinedStepsError(
    `${ranks.length - heard} of ${ranks.length} ranks number their steps otherwise, and no communicator joins them with the others: record small operations too (NCCL_INSPECTOR_DUMP_MIN_SIZE_BYTES=0), such as the all-reduce of the gradient norm`,
  );
}

/** Why a window cannot be judged, in the words that tell what to set or wait for. */
import type { JobWindow } from "./job-window.ts";
import type { Thresholds } from "./thresholds.ts";

export const inspectorEnvironment =
  "set NCCL_INSPECTOR_ENABLE=1 NCCL_INSPECTOR_DUMP_VERBOSE=1 NCCL_INSPECTOR_DUMP_THREAD_ENABLE=1 NCCL_INSPECTOR_DUMP_THREAD_INTERVAL_MICROSECONDS=1000000 NCCL_INSPECTOR_DUMP_MIN_SIZE_BYTES=0";

/** Before judging; undefined where there is enough to try. */
export function notEnoughToJudge(window: JobWindow, thresholds: Thresholds): string | undefined {
  const { ranks, steps, operations } = window;
  if (ranks.length < 2) {
    return `${ranks.length} rank(s) heard, at least 2 are compared: collect the traces of all ranks of the job`;
  }
  if (steps < thresholds.minSteps) {
    return `${steps} step(s) found, at least ${thresholds.minSteps} are judged together: wait for more`;
  }
  const timed = operations.some(({ exec }) => exec.some((us) => !Number.isNaN(us)));
  const dated = window.self.some((us) => !Number.isNaN(us));
  if (!timed && !dated) {
    return `no operation of ${ranks.length} ranks has a duration and none is dated: ${inspectorEnvironment}`;
  }
  return undefined;
}

export type Judged = {
  readonly ranksWithPeers: number;
  readonly groupsWithPeers: number;
  readonly stages: number;
  readonly slowRanks: number;
  readonly ranksWithLateness: number;
};

/** After judging without a finding; undefined where that means that all is well. */
export function notEnoughToAcquit(window: JobWindow, thresholds: Thresholds, judged: Judged): string | undefined {
  if (judged.slowRanks > 0 && judged.ranksWithLateness === 0) {
    return `${judged.slowRanks} rank(s) work longer than their peers, but no durations of all-reduce, all-gather, reduce-scatter or all-to-all of 8 KiB and more show whether others waited: ${inspectorEnvironment}`;
  }
  if (judged.ranksWithPeers === 0 && judged.groupsWithPeers === 0 && judged.stages < 2) {
    const need = thresholds.minPeers + 1;
    return `of ${window.ranks.length} ranks heard no ${need} do the same work, and no ${need} groups: nothing to compare; collect the traces of all ranks, or wait for earlier windows to compare with`;
  }
  return undefined;
}

/**
 * What a job's step would take if its operations were all as long as they are in the middle, and whose difference from that
 * makes it longer: the what-if analysis of Lin et al., "Understanding Stragglers in Large Model Training Using What-if
 * Analysis" (OSDI 2025), written from its definitions.
 */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { optypeFamily } from "./optype-role.ts";
import { meanOf, type Rows, WhatIf } from "./what-if.ts";

export type Replay = {
  /** S: mean step time replayed without launch delays / the same with ideal operations; 1 is ideal. */
  readonly slowdown: number;
  /** Of the GPU-hours: 1 - 1/S. */
  readonly waste: number;
  /** M_W: share of the slow-down that goes away if the worst 3 % of the workers (rounded up) are ideal; NaN without a slow-down. */
  readonly workersShare: number;
  /** M_S: the same for the last stage. Above 1 where the others then run better than ideal. */
  readonly lastStageShare: number;
  /** S_t: slow-down with everything ideal but these operations; both ends of a direction's transfers are one type. The largest first. */
  readonly byOptype: readonly { readonly optype: string; readonly slowdown: number }[];
  /** S_dp, by data-parallel rank. */
  readonly byReplica: Float64Array;
  /** By pipeline stage. */
  readonly byStage: Float64Array;
  /** S_w, by index in the trace's workers: the lesser of its replica's and its stage's. */
  readonly byWorker: Float64Array;
  /** Mean step time as recorded / replayed: what the gaps before operations cost. */
  readonly launchSlowdown: number;
  /** Seconds by step of the trace; NaN of steps that cannot be replayed. */
  readonly stepTimeS: {
    readonly recorded: Float64Array;
    readonly replayed: Float64Array;
    readonly ideal: Float64Array;
  };
};

/** Of the workers, whose effect M_W measures. */
const worstShare = 0.03;

export function replay(trace: StepTrace): Replay {
  return replayOf(new WhatIf(trace));
}

export function replayOf(whatIf: WhatIf): Replay {
  const { trace } = whatIf;
  const stepTimeS = {
    recorded: whatIf.recordedStepTimes(),
    replayed: whatIf.stepTimes({ seconds: whatIf.recorded }),
    ideal: whatIf.stepTimes({ seconds: whatIf.ideal }),
  };
  const replayedS = meanOf(stepTimeS.replayed);
  const idealS = meanOf(stepTimeS.ideal);
  const alone = (rows: Rows) => whatIf.stepTime(whatIf.only(rows)) / idealS;
  const byReplica = Float64Array.from({ length: trace.dpSize }, (_, rank) =>
    alone((row) => trace.dpRank[row] === rank),
  );
  const byStage = Float64Array.from({ length: trace.stages }, (_, stage) => alone((row) => trace.stage[row] === stage));
  const byWorker = Float64Array.from(trace.workers, ({ dpRank, stage }) =>
    Math.min(byReplica[dpRank]!, byStage[stage]!),
  );
  const shareOf = (rows: Rows) =>
    replayedS > idealS ? (replayedS - whatIf.stepTime(whatIf.fixed(rows))) / (replayedS - idealS) : Number.NaN;
  const worst = worstWorkers(trace, byWorker);
  return {
    slowdown: replayedS / idealS,
    waste: 1 - idealS / replayedS,
    workersShare: shareOf((row) => worst.has(trace.worker[row]!)),
    lastStageShare: shareOf((row) => trace.stage[row] === trace.stages - 1),
    byOptype: slowdownByOptype(trace, alone),
    byReplica,
    byStage,
    byWorker,
    launchSlowdown: meanOf(stepTimeS.recorded) / replayedS,
    stepTimeS,
  };
}

function slowdownByOptype(trace: StepTrace, alone: (rows: Rows) => number): { optype: string; slowdown: number }[] {
  const families = trace.optypes.map(optypeFamily);
  return [...new Set(families)]
    .map((optype) => ({ optype, slowdown: alone((row) => families[trace.optype[row]!] === optype) }))
    .sort((a, b) => b.slowdown - a.slowdown);
}

function worstWorkers(trace: StepTrace, slowdown: Float64Array): Set<number> {
  const order = trace.workers
    .map((_, worker) => worker)
    .sort((a, b) => slowdown[b]! - slowdown[a]! || trace.workers[a]!.rank - trace.workers[b]!.rank);
  return new Set(order.slice(0, Math.ceil(worstShare * order.length)));
}

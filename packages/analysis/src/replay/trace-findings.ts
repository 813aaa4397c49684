/** Findings about a step trace, in words and numbers. */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import type { Confidence, Evidence, Finding } from "@lockstep/schemas/domain/finding";
import type { Excess } from "./persistent-excess.ts";
import type { Replay } from "./replay.ts";
import type { SlowStage } from "./slow-stages.ts";
import type { SlowTransfer } from "./slow-transfers.ts";
import { mostly, type SlowReplica, type SlowWorker } from "./slow-workers.ts";
import type { UnevenBatches } from "./uneven-batches.ts";
import { meanOf } from "./what-if.ts";

export type Scene = {
  readonly job: string;
  readonly trace: StepTrace;
  readonly replay: Replay;
  readonly slowdownEvidence: readonly Evidence[];
};

function frame({ job, trace }: Scene): Pick<Finding, "job" | "first_step" | "last_step"> {
  return { job, first_step: trace.steps[0]!, last_step: trace.steps.at(-1)! };
}

/** Of all workers but those to blame, over the steps of the trace; the trace counts workers, of which each may be several GPUs. */
function waste({ trace, replay }: Scene, slowdown: number, blamed: number): number {
  const seconds =
    replay.stepTimeS.recorded.filter((time) => !Number.isNaN(time)).length * meanOf(replay.stepTimeS.recorded);
  return seconds * (1 - 1 / slowdown) * (trace.workers.length - blamed);
}

function confidence(weaknesses: number): Confidence {
  return weaknesses === 0 ? "high" : weaknesses === 1 ? "medium" : "low";
}

const fewSteps = ({ steps }: Excess) => (steps < 8 ? 1 : 0);

function excessEvidence(what: string, { score, z, slowShare, steps }: Excess): Evidence[] {
  return [
    { what, value: score, unit: "x", peers: { median: 1, low: 1, high: 1 }, z },
    { what: `steps slower by more than 5 %, of ${steps}`, value: 100 * slowShare, unit: "%" },
  ];
}

const ranksOf = ({ trace }: Scene, workers: readonly number[]) => workers.map((worker) => trace.workers[worker]!.rank);

export function workerFinding(scene: Scene, { worker, excess, peers, slowdown, inGaps }: SlowWorker): Finding {
  const { rank, stage, dpRank } = scene.trace.workers[worker]!;
  const few = peers.length < 3 ? 1 : 0;
  return {
    kind: "slow_rank",
    ...frame(scene),
    rank,
    stage,
    score: excess.score,
    z: excess.z,
    slowdown,
    waste_gpu_seconds: waste(scene, slowdown, 1),
    confidence: confidence(few + fewSteps(excess)),
    cause:
      inGaps > mostly
        ? { code: "cpu_starved", text: "its operations start late, its compute is no slower: the host holds it up" }
        : { code: "unknown", text: "its compute itself takes longer: GPU telemetry of that time would tell why" },
    summary: `rank ${rank} (replica ${dpRank}, stage ${stage}) is ${excess.score.toFixed(2)}x slower than its peers`,
    evidence: [
      ...excessEvidence("self time of a step against the same stage of other replicas", excess),
      { what: "peers", value: peers.length, unit: "ranks" },
      { what: "of its excess, in gaps before operations", value: 100 * inGaps, unit: "%" },
      { what: "step time against the same with its peers' times", value: slowdown, unit: "x" },
      ...scene.slowdownEvidence,
    ],
  };
}

export function replicaFinding(scene: Scene, { dpRank, workers, slowdown }: SlowReplica): Finding {
  const worst = workers.reduce((a, b) => (b.excess.score > a.excess.score ? b : a));
  return {
    kind: "imbalance",
    ...frame(scene),
    ranks: ranksOf(
      scene,
      workers.map(({ worker }) => worker),
    ),
    score: worst.excess.score,
    z: worst.excess.z,
    slowdown,
    waste_gpu_seconds: waste(scene, slowdown, workers.length),
    confidence: confidence(1 + fewSteps(worst.excess)),
    cause: {
      code: "unknown",
      text: "all stages of one replica take longer: it has more work, or its machines share a fault",
    },
    summary: `replica ${dpRank} is slower than the others on ${workers.length} of its stages, up to ${worst.excess.score.toFixed(2)}x`,
    evidence: [
      ...excessEvidence("self time of a step against the same stage of other replicas, worst stage", worst.excess),
      ...scene.slowdownEvidence,
    ],
  };
}

export function stageFinding(scene: Scene, { stage, excess, workers, slowdown }: SlowStage): Finding {
  return {
    kind: "slow_stage",
    ...frame(scene),
    stage,
    ranks: ranksOf(scene, workers),
    score: excess.score,
    z: excess.z,
    slowdown,
    waste_gpu_seconds: waste(scene, slowdown, workers.length),
    // A stage of one worker cannot be told from a slow worker.
    confidence: confidence((workers.length < 2 ? 2 : 0) + fewSteps(excess)),
    cause: {
      code: "stage_partitioning",
      text: "all ranks of the stage have more to compute: layers are spread unevenly",
    },
    summary: `pipeline stage ${stage} computes ${excess.score.toFixed(2)}x as long as the other stages, on all of its ranks`,
    evidence: [
      ...excessEvidence("compute of a step against the other stages of the replica", excess),
      { what: "step time against the same with compute spread evenly", value: slowdown, unit: "x" },
      ...scene.slowdownEvidence,
    ],
  };
}

export function transferFinding(scene: Scene, found: SlowTransfer): Finding {
  const { optype, group, workers, score, z, groupsCompared, transferS, usualS, slowdown } = found;
  const located = group !== undefined;
  return {
    kind: "slow_group",
    ...frame(scene),
    communicator: located ? `${optype}, ${group}` : optype,
    ranks: ranksOf(scene, workers),
    score,
    ...(Number.isNaN(z) ? {} : { z }),
    slowdown,
    waste_gpu_seconds: waste(scene, slowdown, 0),
    confidence: confidence(located ? (groupsCompared < 3 ? 1 : 0) : 2),
    cause: {
      code: "unknown",
      text: "the transfer itself takes longer: counters of the links on its way would tell why",
    },
    summary: located
      ? `${optype} of ${group} transfers ${score.toFixed(2)}x as long as the other groups`
      : `${optype} takes ${slowdown.toFixed(2)}x of the step by transfers that vary, in no group more than in another`,
    evidence: [
      {
        what: located ? "transfer time" : "transfer time, 95th percentile",
        value: 1e6 * transferS,
        unit: "us",
        peers: { median: 1e6 * usualS, low: 1e6 * usualS, high: 1e6 * usualS },
        ...(Number.isNaN(z) ? {} : { z }),
      },
      { what: "step time against the same with usual transfers", value: slowdown, unit: "x" },
      ...scene.slowdownEvidence,
    ],
  };
}

export function unevenFinding(
  scene: Scene,
  { correlation, variation, share, slowdown, byLength }: UnevenBatches,
): Finding {
  return {
    kind: "imbalance",
    ...frame(scene),
    slowdown,
    waste_gpu_seconds: waste(scene, slowdown, 0),
    confidence: byLength ? "high" : "low",
    cause: byLength
      ? {
          code: "sequence_length",
          text: "forward and backward of a micro-batch are long together: sequences of unequal length",
        }
      : {
          code: "unknown",
          text: "computes vary, forward and backward not together: pauses of the host, such as garbage collection",
        },
    summary: `micro-batches differ in compute by ${(100 * variation).toFixed(0)} %: the step is ${slowdown.toFixed(2)}x as long as with even ones`,
    evidence: [
      { what: "correlation of forward and backward of a micro-batch", value: correlation, unit: "" },
      { what: "coefficient of variation of a micro-batch's compute", value: 100 * variation, unit: "%" },
      { what: "workers that show both", value: 100 * share, unit: "%" },
      { what: "step time against the same with even micro-batches", value: slowdown, unit: "x" },
      ...scene.slowdownEvidence,
    ],
  };
}

/** What is true about a planted fault, as `/truth` tells it and detectors are held against. */
import { type FaultKind, isDecoy, isOfJob, isOn, type PlantedFault } from "../model/faults.ts";
import { stageOf, type TrainingJob } from "../training/job.ts";

/** What a detector has to find; undefined where it has to be silent. */
const FINDINGS: Readonly<Partial<Record<FaultKind, string>>> = {
  "thermal-throttle": "slow_rank",
  "power-brake": "slow_rank",
  "data-loader-stall": "slow_rank",
  "noisy-neighbour": "slow_rank",
  "slow-nic": "slow_link",
  "slow-nvlink": "slow_group",
  "slow-stage": "slow_stage",
  "sequence-imbalance": "imbalance",
  hang: "hang",
  "xid-79": "hang",
};

export type Truth = {
  readonly kind: FaultKind;
  readonly source: string;
  readonly truth: string;
  readonly active: boolean;
  /** True: looks like a fault and is none. */
  readonly decoy: boolean;
  /** What `lockstep analyze` should call it; absent for decoys and where no training job suffers. */
  readonly finding?: string;
  /** The training job that suffers. */
  readonly job?: string;
  /** Job ranks: the one to blame, or those that a group or stage consists of. */
  readonly ranks?: readonly number[];
  readonly stage?: number;
  readonly node?: string;
  /** Number on its node. */
  readonly gpu?: number;
  readonly uuid?: string;
  /** ISO 8601; `start` and `end` are the same, as earlier versions called them. */
  readonly since: string;
  readonly until: string;
  readonly start: string;
  readonly end: string;
};

export function truthOf(fault: PlantedFault, jobs: readonly TrainingJob[], nowMs: number): Truth {
  const { kind, source, truth, startMs, endMs } = fault;
  const since = new Date(startMs).toISOString();
  const until = new Date(endMs).toISOString();
  const suffering = isOfJob(fault) ? jobs.find(({ name }) => name === fault.job) : jobOfGpu(fault, jobs);
  const finding = suffering && FINDINGS[kind];
  return {
    kind,
    source,
    truth,
    active: isOn(fault, nowMs),
    decoy: isDecoy(kind),
    ...(finding && { finding }),
    ...(suffering && { job: suffering.name, ranks: ranksOf(fault, suffering) }),
    ...(fault.kind === "slow-stage" && { stage: fault.stage }),
    ...("node" in fault && { node: fault.node, gpu: fault.gpu }),
    ...("node" in fault && uuidOf(fault, jobs)),
    since,
    until,
    start: since,
    end: until,
  };
}

type Place = { readonly node: string; readonly gpu: number };

function rankOn({ gpus }: TrainingJob, { node, gpu }: Place): number {
  return gpus.findIndex((one) => one.node === node && one.gpu === gpu);
}

function jobOfGpu(place: Place, jobs: readonly TrainingJob[]): TrainingJob | undefined {
  return jobs.find((job) => rankOn(job, place) >= 0);
}

function uuidOf(place: Place, jobs: readonly TrainingJob[]): { uuid?: string } {
  const job = jobOfGpu(place, jobs);
  return job === undefined ? {} : { uuid: job.gpus[rankOn(job, place)]!.uuid };
}

function ranksOf(fault: PlantedFault, job: TrainingJob): number[] {
  if (fault.kind === "slow-stage") return [...job.gpus.keys()].filter((rank) => stageOf(job, rank) === fault.stage);
  if (isOfJob(fault)) return [...job.gpus.keys()];
  const rank = rankOn(job, fault);
  if (fault.kind !== "slow-nvlink") return [rank];
  // Its NVLinks carry its tensor-parallel group.
  const group = job.groups.find(({ kind, members }) => kind === "TP" && members.includes(rank));
  return [...(group?.members ?? [rank])];
}

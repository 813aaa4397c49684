/** What is true about a planted fault, as `/truth` tells it and detectors are held against. */
import {
  type FaultKind,
  isDecoy,
  isOfJob,
  isOfModel,
  isOn,
  type ModelFault,
  type PlantedFault,
} from "../model/faults.ts";
import type { ServedModel } from "../serving/served-models.ts";
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
  "prompt-shift": "drift",
  "broken-replica": "broken_replica",
  "feature-missing": "data_quality",
  "new-category": "data_quality",
  "concept-drift": "performance",
  deploy: "drift",
};

export type Truth = {
  readonly kind: FaultKind | "weekend-rhythm";
  readonly source: string;
  readonly truth: string;
  readonly active: boolean;
  /** True: looks like a fault and is none. */
  readonly decoy: boolean;
  /** What `lockstep analyze` should call it; absent for decoys and where no training job suffers. */
  readonly finding?: string;
  /** The served model, and where it is one's fault alone: of its features, its replicas (a pod), its versions. */
  readonly model?: string;
  readonly feature?: string;
  readonly replica?: string;
  readonly version?: string;
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

export function truthOf(
  fault: PlantedFault,
  jobs: readonly TrainingJob[],
  nowMs: number,
  models: readonly ServedModel[] = [],
): Truth {
  const { kind, source, truth, startMs, endMs } = fault;
  const since = new Date(startMs).toISOString();
  const until = new Date(endMs).toISOString();
  const suffering = sufferingJob(fault, jobs);
  const finding = suffering || isOfModel(fault) ? FINDINGS[kind] : undefined;
  return {
    kind,
    source,
    truth,
    active: isOn(fault, nowMs),
    decoy: isDecoy(kind),
    ...(finding && { finding }),
    ...(suffering && { job: suffering.name, ranks: ranksOf(fault, suffering) }),
    ...(fault.kind === "slow-stage" && { stage: fault.stage }),
    ...(isOfModel(fault) && ofModel(fault, models)),
    ...("node" in fault && { node: fault.node, gpu: fault.gpu }),
    ...("node" in fault && uuidOf(fault, jobs)),
    since,
    until,
    start: since,
    end: until,
  };
}

function ofModel(fault: ModelFault, models: readonly ServedModel[]): Partial<Truth> {
  const { model } = fault;
  switch (fault.kind) {
    case "prompt-shift":
      return { model, feature: "prompt_tokens" };
    case "broken-replica": {
      const pod = models.find(({ name }) => name === model)?.replicas[fault.replica]?.pod;
      return { model, feature: "prompt_tokens", replica: pod ?? `${model}-${fault.replica}` };
    }
    case "feature-missing":
    case "new-category":
      return { model, feature: fault.feature };
    case "deploy":
      return { model, feature: "score", version: fault.version };
    default:
      return { model };
  }
}

function sufferingJob(fault: PlantedFault, jobs: readonly TrainingJob[]): TrainingJob | undefined {
  if (isOfModel(fault)) return undefined;
  return isOfJob(fault) ? jobs.find(({ name }) => name === fault.job) : jobOfGpu(fault, jobs);
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
  if (isOfModel(fault)) return [];
  if (fault.kind === "slow-stage") return [...job.gpus.keys()].filter((rank) => stageOf(job, rank) === fault.stage);
  if (isOfJob(fault)) return [...job.gpus.keys()];
  const rank = rankOn(job, fault);
  if (fault.kind !== "slow-nvlink") return [rank];
  // Its NVLinks carry its tensor-parallel group.
  const group = job.groups.find(({ kind, members }) => kind === "TP" && members.includes(rank));
  return [...(group?.members ?? [rank])];
}
